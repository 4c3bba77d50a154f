"""The residual stream: one line from left to right, with what branches off it and is added back."""

from ..errors import PyGPTError
from .flow import HALF_HEIGHT, HALF_WIDTH, draw_arrow
from .style import BLUE, INK, ORANGE, axes_or_new, need

BOX, GAP, RISE, RADIUS = 2 * HALF_WIDTH + 0.26, 0.62, 1.25, 0.2   # in the picture's own units


def stream_chart(parts, ax=None, title=None):
    """Draw a residual stream; returns the axes.

    parts, from left to right: a tuple of names is a branch, which leaves the stream, passes these boxes and is added
    back; a plain name is a box that stands on the stream itself, in everybody's way.
    """
    parts = list(parts)
    if not parts or any(isinstance(part, tuple) and not part for part in parts):
        raise PyGPTError(f"no stream to draw in {parts}; give names for boxes on it, and tuples of names for branches, "
                         'for example [("norm_1", "attn"), ("norm_2", "mlp")]')
    length = GAP + sum(width(part) for part in parts)
    ax = axes_or_new(ax, figsize=(0.62 * (length + 1.6), 2.2))
    draw_arrow(ax, (-0.5, 0), (length + 0.5, 0), BLUE)
    ax.plot([-0.5, length + 0.3], [0, 0], color=BLUE, linewidth=5, solid_capstyle="butt", zorder=1)
    x = GAP
    for part in parts:
        (draw_branch if isinstance(part, tuple) else draw_on_stream)(ax, x, part)
        x += width(part)
    ax.text(-0.65, 0, "x", ha="right", va="center", color=INK)
    ax.text(length + 0.65, 0, "y", ha="left", va="center", color=INK)
    ax.set(xlim=(-1.0, length + 1.0), ylim=(-0.75, RISE + 0.6), title=title, aspect="equal")
    ax.axis("off")
    return ax


def width(part):
    """The room that a part takes along the stream."""
    return BOX * len(part) + 2 * GAP + RADIUS if isinstance(part, tuple) else BOX + GAP


def draw_on_stream(ax, x, name):
    box(ax, x + BOX / 2, 0, name)


def draw_branch(ax, x, names):
    """Up from the stream at x, through the boxes, and down into a plus."""
    end = x + BOX * len(names) + GAP
    ax.plot([x, x], [0, RISE], color=ORANGE, linewidth=1.6, zorder=2)
    left = x
    for place, name in enumerate(names):
        centre = x + GAP / 2 + BOX * (place + 0.5)
        draw_arrow(ax, (left, RISE), (centre - HALF_WIDTH, RISE), ORANGE)
        box(ax, centre, RISE, name)
        left = centre + HALF_WIDTH
    ax.plot([left, end], [RISE, RISE], color=ORANGE, linewidth=1.6, zorder=2)
    draw_arrow(ax, (end, RISE), (end, RADIUS), ORANGE)
    ax.add_patch(need("matplotlib.patches").Circle((end, 0), RADIUS, facecolor="white", edgecolor=INK, linewidth=1.4,
                                                   zorder=3))
    ax.text(end, 0, "+", ha="center", va="center", color=INK, fontsize=13, zorder=4)


def box(ax, x, y, name):
    """A box with its name, in front of the stream."""
    shape = need("matplotlib.patches").FancyBboxPatch(
        (x - HALF_WIDTH + 0.08, y - HALF_HEIGHT + 0.08), 2 * HALF_WIDTH - 0.16, 2 * HALF_HEIGHT - 0.16,
        boxstyle="round,pad=0.08", facecolor="#EAF3FA", edgecolor=BLUE, linewidth=1.4, zorder=3)
    ax.add_patch(shape)
    ax.text(x, y, name, ha="center", va="center", color=INK, fontsize=10, zorder=4)
