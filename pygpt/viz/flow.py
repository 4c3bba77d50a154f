"""Pictures of what follows what: boxes from left to right, with an arrow back where the end feeds the start."""

from ..errors import PyGPTError
from .style import BLUE, INK, ORANGE, axes_or_new, need

STRIDE, HALF_WIDTH, HALF_HEIGHT = 2.4, 0.92, 0.34   # of boxes, in the picture's own units


def flow_chart(boxes, back=None, ax=None, title=None):
    """Draw boxes joined by arrows; returns the axes.

    boxes: (name, caption) each; the caption, which may have lines, stands below. back: (from, to, words), two places
    in `boxes` and what the arrow that runs back above them says.
    """
    boxes = list(boxes)
    if not boxes or back is not None and not 0 <= back[1] < back[0] < len(boxes):
        raise PyGPTError(f"{len(boxes)} boxes and back={back}; allowed: one box or more, and an arrow from a later one "
                         "to an earlier one")
    ax = axes_or_new(ax, figsize=(1.62 * len(boxes) + 0.3, 2.3 if back else 1.6))
    for place, (name, caption) in enumerate(boxes):
        draw_box(ax, place, name, caption)
        if place:
            draw_arrow(ax, (STRIDE * (place - 1) + HALF_WIDTH, 0), (STRIDE * place - HALF_WIDTH, 0), INK)
    if back is not None:
        draw_back(ax, *back)
    ax.set(xlim=(-1.1, STRIDE * (len(boxes) - 1) + 1.1), ylim=(-1.25, 1.45 if back else 0.6), title=title)
    ax.axis("off")
    return ax


def draw_box(ax, place, name, caption):
    shape = need("matplotlib.patches").FancyBboxPatch(
        (STRIDE * place - HALF_WIDTH + 0.08, -HALF_HEIGHT + 0.08), 2 * HALF_WIDTH - 0.16, 2 * HALF_HEIGHT - 0.16,
        boxstyle="round,pad=0.08", facecolor="#EAF3FA", edgecolor=BLUE, linewidth=1.4)
    ax.add_patch(shape)
    ax.text(STRIDE * place, 0, no_formula(name), ha="center", va="center", color=INK, fontsize=10)
    ax.text(STRIDE * place, -0.5, no_formula(caption), ha="center", va="top", color="#5A5F66", fontsize=8.5)


def draw_arrow(ax, start, end, colour, style="-|>"):
    ax.annotate("", xy=end, xytext=start, arrowprops=dict(arrowstyle=style, color=colour, linewidth=1.4,
                                                          shrinkA=1, shrinkB=1, mutation_scale=11))


def draw_back(ax, start, end, words):
    """Up from box `start`, along above the boxes, and down into box `end`."""
    height, left, right = 0.95, STRIDE * end, STRIDE * start
    ax.plot([right, right, left], [HALF_HEIGHT, height, height], color=ORANGE, linewidth=1.4)
    draw_arrow(ax, (left, height), (left, HALF_HEIGHT), ORANGE)
    ax.text((left + right) / 2, height + 0.1, no_formula(words), ha="center", va="bottom", color=INK, fontsize=9)


def no_formula(words):
    """Text whose dollar signs start no formula; its spaces and line ends stay what they are."""
    return str(words).replace("$", r"\$")
