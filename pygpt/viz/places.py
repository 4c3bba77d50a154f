"""Batches seen from above: which places hold text, whose, and which hold padding.

B batch  T positions
"""

import numpy as np

from ..errors import PyGPTError
from .style import BLUE, ORANGE, SKY, STYLE, need, pyplot

PADDING = -1
WIDTH = 9.5   # inches, of the longest row


def batch_map(tables, title=None):
    """Draw name -> table (B, T), one below the other at one scale; returns their axes, in order.

    tables: the number of the text that the token of each place belongs to, -1 for padding. Texts take turns in two
    blues, padding is orange.
    """
    tables = {name: np.asarray(table) for name, table in tables.items()}
    if not tables or any(table.ndim != 2 or not table.size or table.min() < PADDING for table in tables.values()):
        raise PyGPTError("batch_map draws name -> (B, T) numbers of texts, -1 for padding; got shapes "
                         f"{[table.shape for table in tables.values()]}")
    colours = need("matplotlib.colors").ListedColormap([ORANGE, BLUE, SKY])
    heights = [len(table) for table in tables.values()]
    longest = max(table.shape[1] for table in tables.values())
    with pyplot().rc_context(STYLE):
        figure, grid = pyplot().subplots(len(tables), 1, squeeze=False, height_ratios=heights, sharex=True,
                                         figsize=(WIDTH, 0.13 * sum(heights) + 0.75 * len(tables) + 0.3))
    for ax, (name, table) in zip(grid.flat, tables.items(), strict=True):
        kinds = np.where(table == PADDING, 0, 1 + table % 2)
        ax.imshow(kinds, cmap=colours, vmin=0, vmax=2, aspect="auto", interpolation="nearest",
                  extent=(0, table.shape[1], len(table), 0))
        ax.set_xlim(0, longest)
        ax.set_yticks([0, len(table)])
        ax.set(ylabel="row")
        ax.set_title(f"{name}: {(table == PADDING).mean():.1%} padding", fontsize=10, loc="left")
        ax.grid(False)
    ax.set_xlabel("place in the row (tokens)")
    patch = need("matplotlib.patches").Patch
    figure.legend(handles=[patch(color=BLUE), patch(color=SKY), patch(color=ORANGE)],
                  labels=["text", "the next text", "padding"], loc="outside upper right", ncols=3)
    if title:
        figure.suptitle(title)
    return list(grid.flat)
