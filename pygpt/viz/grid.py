"""Many small heatmaps side by side: the heads of a layer, or kinds of mask.

T queries  S keys
"""

import math

from ..errors import PyGPTError
from .style import STYLE, pyplot
from .tokens import attention_of, for_matplotlib, visible

SQUARE = 0.13, 0.28   # inches: the side of one square lies between these


def attention_grid(tables, tokens, columns=3, label="attention weight"):
    """Draw name -> table (T, S), values from 0 to 1, as heatmaps with one colour scale; returns their axes, in order.

    tokens: S strings, the keys; the queries are the last T of them. label: what the colour means.
    """
    if not tables:
        raise PyGPTError("no table to draw; give at least one: attention_grid({'head 0': weights}, tokens)")
    columns = min(columns, len(tables))
    rows = math.ceil(len(tables) / columns)
    side = len(tokens) * min(max(4.5 / len(tokens), SQUARE[0]), SQUARE[1])
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
    figure.colorbar(image, ax=grid, label=label, shrink=0.7 if rows > 1 else 0.9)
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
    return image
