"""Bars with a label each: probabilities of the next token, or the gradient of its logits."""

from ..errors import PyGPTError
from .style import BLUE, FAINT, INK, ORANGE, axes_or_new
from .tokens import for_matplotlib


def bar_chart(labels, values, xlabel, ylabel, ax=None, title=None, mark=None):
    """Draw one bar for each label, blanks made visible; returns the axes. mark: the place of a bar to point out.

    Bars below zero are fine: a gradient has both signs.
    """
    labels = [for_matplotlib(label) for label in labels]
    if len(labels) != len(values) or not labels:
        raise PyGPTError(f"{len(labels)} labels for {len(values)} values; give one label for each bar")
    ax = axes_or_new(ax)
    drawn = ax.bar(range(len(labels)), values, color=BLUE)
    if mark is not None:
        drawn[mark].set(facecolor=ORANGE, edgecolor=INK, linewidth=1.5)
    ax.axhline(0, color=FAINT, linewidth=0.8)
    ax.set_xticks(range(len(labels)), labels)
    ax.grid(False, axis="x")
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    return ax
