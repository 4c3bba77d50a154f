"""Many small heatmaps side by side: the heads of a layer, or kinds of mask.

T queries  S keys
"""

import math

import numpy as np

from ..errors import PyGPTError
from .style import STYLE, pyplot
from .tokens import attention_of, for_matplotlib, visible

PANEL, SMALLEST, LARGEST = 2.9, 0.11, 0.28   # inches: the side of a heatmap, and limits for one of its squares
LINES_UP_TO = 12                             # with more keys than that, lines between the squares only disturb


def attention_grid(tables, tokens, columns=3):
    """Draw name -> table (T, S) as heatmaps with one colour scale; returns their axes, in order.

    tables: attention weights, or True where a query may look. tokens: S strings, the keys; the queries are the last T.
    """
    if not tables:
        raise PyGPTError("no table to draw; give at least one: attention_grid({'head 0': weights}, tokens)")
    columns = min(columns, len(tables))
    rows = math.ceil(len(tables) / columns)
    side = len(tokens) * min(max(PANEL / len(tokens), SMALLEST), LARGEST)
    with pyplot().rc_context(STYLE):
        figure, grid = pyplot().subplots(rows, columns, squeeze=False, figsize=(
            columns * (side + 0.5) + 1.0, rows * (side + 0.7) + 0.3))
    axes = list(grid.flat)
    for ax in axes[len(tables):]:
        ax.set_axis_off()
    for place, (name, table) in enumerate(tables.items()):
        image = draw_table(axes[place], *attention_of(table, tokens), name)
        if place % columns == 0:
            axes[place].set_ylabel("query: looks")
        if place + columns >= len(tables):
            axes[place].set_xlabel("key: is looked at")
    bar = figure.colorbar(image, ax=grid, shrink=0.7 if rows > 1 else 0.9)
    if all(np.asarray(table).dtype.kind == "b" for table in tables.values()):
        bar.set_ticks([0, 1], labels=["hidden", "may look"])
    else:
        bar.set_label("attention weight")
    return axes[:len(tables)]


def draw_table(ax, table, tokens, title):
    T, S = table.shape
    labels = [for_matplotlib(token) for token in tokens]
    size = 8 if S <= 20 else 7
    image = ax.imshow(table, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    ax.set_xticks(range(S), labels, fontsize=size, rotation=45 if max(map(len, map(visible, tokens))) > 2 else 0)
    ax.set_yticks(range(T), labels[S - T:], fontsize=size)
    ax.tick_params(length=0, pad=2)
    ax.set_title(title, fontsize=10)
    ax.grid(False)
    if S <= LINES_UP_TO:
        ax.set_xticks([s + 0.5 for s in range(S - 1)], minor=True)
        ax.set_yticks([t + 0.5 for t in range(T - 1)], minor=True)
        ax.tick_params(which="minor", length=0)
        ax.grid(True, which="minor", color="white", linewidth=0.8)
    return image
