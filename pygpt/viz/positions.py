"""Pictures of where a token stands: tables with numbers of both signs, and pairs of coordinates turning like hands.

T positions  P pairs
"""

import numpy as np

from ..errors import PyGPTError
from .style import BLUE, FAINT, INK, STYLE, axes_or_new, pyplot

NUMBERS_UP_TO = 12   # more columns than that, and numbers no longer fit into their squares


def signed_heatmap(table, xlabel, ylabel, ax=None, title=None, label="value", limit=None, names=None, numbers=False):
    """Draw a table (rows, columns) of numbers of both signs; returns the axes. White is 0, blue above it, red below.

    limit: the number that gets the deepest colour, the table's largest if left out. names: one for each column (and
    row, where there are as many). numbers: write them into the squares, if there are few enough.
    """
    table = np.asarray(table, dtype=float)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise PyGPTError(f"a heatmap needs finite numbers (rows, columns), got an array of shape {table.shape}")
    ax = axes_or_new(ax)
    limit = limit or np.abs(table).max() or 1.0
    image = ax.imshow(table, cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
    if names is not None:
        ax.set_xticks(range(table.shape[1]), names)
        if len(names) == len(table):
            ax.set_yticks(range(len(table)), names)
    if numbers and table.shape[1] <= NUMBERS_UP_TO:
        for (row, column), value in np.ndenumerate(table):
            ax.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=8,
                    color="white" if abs(value) > 0.6 * limit else INK)
    ax.grid(False)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.figure.colorbar(image, ax=ax, label=label)
    return ax


def turning_pairs(angles, titles=None):
    """Draw angles (T, P): a dial for each pair, with a hand for each position; returns the axes.

    The hands grow darker from position 0 on, and each carries its position's number.
    """
    angles = np.asarray(angles, dtype=float)
    if angles.ndim != 2 or not angles.size:
        raise PyGPTError(f"turning pairs need angles (positions, pairs), got an array of shape {angles.shape}")
    T, P = angles.shape
    titles = titles or [f"pair {pair}" for pair in range(P)]
    with pyplot().rc_context(STYLE):
        figure, grid = pyplot().subplots(1, P, squeeze=False, figsize=(2.6 * P, 2.9))
        for ax, turns, title in zip(grid[0], angles.T, titles, strict=True):
            ax.add_patch(pyplot().Circle((0, 0), 1, fill=False, color=FAINT, linewidth=0.8))
            for t, angle in enumerate(turns):
                x, y = np.cos(angle), np.sin(angle)
                ax.annotate("", (x, y), (0, 0), arrowprops=dict(arrowstyle="-|>", color=BLUE, alpha=0.3 + 0.7 * t / T))
                ax.text(1.17 * x, 1.17 * y, str(t), ha="center", va="center", fontsize=9)
            ax.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal", title=title, xticks=[], yticks=[],
                   xlabel="first coordinate", ylabel="second coordinate")
            ax.grid(False)
    return list(grid[0])
