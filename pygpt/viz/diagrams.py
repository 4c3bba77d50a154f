"""Diagrams drawn by hand, for the one picture that opens a lesson."""

import numpy as np

from ..errors import PyGPTError
from .style import BLUE, FAINT, INK, ORANGE, axes_or_new, need
from .tokens import for_matplotlib


def attention_arcs(row, tokens, query, ax=None):
    """Draw how one token looks back: an arc to each token it may see, the thicker the more it looks. Returns the axes.

    row: one weight a token, those after `query` unused. query: the index of the token that looks.
    """
    row, tokens = np.asarray(row, dtype=np.float64), list(tokens)
    if row.shape != (len(tokens),) or not 0 <= query < len(tokens):
        raise PyGPTError(f"{row.shape} weights, {len(tokens)} tokens and query {query}; allowed: one weight for each "
                         "token, and a query that is one of them")
    ax = axes_or_new(ax, figsize=(1.05 * len(tokens) + 0.6, 2.9))
    for place, token in enumerate(tokens):
        write_token(ax, place, token, row[place], query)
    for key in range(query + 1):
        draw_arc(ax, key, query, row[key])
    ax.set(xlim=(-0.6, len(tokens) - 0.4), ylim=(-0.75, 0.35 + 0.2 * max(query, 1)), yticks=[], xticks=[],
           xlabel="position in the sentence: what stands to the right is hidden")
    ax.grid(False)
    ax.spines[:].set_visible(False)
    return ax


def write_token(ax, place, token, weight, query):
    seen = place <= query
    edge = ORANGE if place == query else "none"
    ax.text(place, -0.2, for_matplotlib(token), ha="center", va="center", color=INK if seen else FAINT,
            fontsize=11, bbox=dict(boxstyle="round,pad=0.35", facecolor="none", edgecolor=edge, linewidth=1.8))
    ax.text(place, -0.57, f"{weight:.0%}" if seen else "hidden", ha="center", va="center", fontsize=9,
            color=BLUE if seen else FAINT)


def draw_arc(ax, key, query, weight):
    """Half an ellipse from the query back to the key; a small loop where it looks at itself."""
    width, centre = (query - key, (query + key) / 2) if key != query else (0.3, query)
    height = 0.4 * width
    ax.add_patch(need("matplotlib.patches").Arc((centre, 0.08), width, height, theta1=0, theta2=180, color=BLUE,
                                                linewidth=0.8 + 7 * weight, alpha=0.25 + 0.75 * weight))
