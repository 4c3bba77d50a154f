"""Vectors as points on a plane: which tokens lie near each other?"""

import numpy as np

from ..errors import PyGPTError
from .style import COLOURS, MARKERS, axes_or_new
from .tokens import for_matplotlib


def token_map(points, tokens, groups, xlabel, ylabel, ax=None, title=None):
    """Write each token at its point; returns the axes.

    points: (V, 2). groups: name -> the tokens in it; each group has a colour and a marker, and every token is in one.
    """
    points, tokens = np.asarray(points, dtype=np.float64), list(tokens)
    group_of = {token: number for number, members in enumerate(groups.values()) for token in members}
    homeless = [token for token in tokens if token not in group_of]
    if points.shape != (len(tokens), 2) or homeless or len(groups) > len(COLOURS):
        raise PyGPTError(f"{len(tokens)} tokens, points of shape {points.shape}, {len(groups)} groups, in none: "
                         f"{homeless}; give each token one point (x, y) and one of at most {len(COLOURS)} groups")
    ax = axes_or_new(ax, figsize=(7.6, 5.8))
    for number, name in enumerate(groups):
        mine = [i for i, token in enumerate(tokens) if group_of[token] == number]
        colour = COLOURS[number]
        ax.scatter(*points[mine].T, s=14, color=colour, marker=MARKERS[number], label=name)
        for i in mine:
            ax.annotate(for_matplotlib(tokens[i]), points[i], xytext=(3, 3), textcoords="offset points",
                        color=colour, fontsize=11, fontweight="bold")
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.legend()
    return ax
