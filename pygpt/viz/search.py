"""A search over settings at a glance: how it went, and what each setting does to the loss.

Trials are the plain dicts of pygpt.tune: number, settings, state and loss.
"""

import math

import numpy as np

from ..errors import PyGPTError
from ..tune.space import to_text
from .style import BLUE, FAINT, INK, ORANGE, STYLE, pyplot

PANEL, COLUMNS = (3.3, 2.8), 3   # inches of one panel; panels in a row
FAR = 8                          # losses so many times as far from the best as the median is would squash the rest
# state -> its name in the legend and how its points look; the shape tells them apart without the colour
LOOKS = {
    "finished": ("ran to the end", dict(marker="o", color=BLUE)),
    "pruned": ("stopped early", dict(marker="v", color="white", edgecolors=FAINT, linewidths=1.3)),
    "failed": ("came to nothing", dict(marker="x", color=INK, linewidths=1.3)),
}


def search_chart(trials, log=(), title=None):
    """Draw loss by trial, with the best so far as a line, and loss by value, one panel a setting; returns the axes.

    log: names of the settings to draw on a logarithmic axis. The best trial is a star. What came to nothing has no
    loss and stands at the upper edge; so do losses far above the others.
    """
    shown = [trial for trial in trials if trial["state"] in LOOKS]
    finished = [trial for trial in shown if trial["state"] == "finished"]
    if not finished:
        raise PyGPTError("no trial has finished, so there is nothing to draw; let the search run on")
    names = list(finished[0]["settings"])
    axes = panels(1 + len(names))
    heights = heights_of(shown)
    draw_points(axes[0], shown, [trial["number"] for trial in shown], heights)
    draw_best_so_far(axes[0], finished, heights.max())
    axes[0].set(xlabel="trial", title=title)
    axes[0].xaxis.get_major_locator().set_params(integer=True)
    for ax, name in zip(axes[1:], names, strict=True):
        draw_points(ax, shown, places_on(ax, [trial["settings"][name] for trial in shown], name in log), heights)
        ax.set_xlabel(name)
    for ax in axes[::columns_for(len(axes))]:
        ax.set_ylabel("validation loss")
    axes[0].figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5,
                          frameon=False)
    return axes


def panels(count):
    """Axes in rows, all with the same scale of losses."""
    columns = columns_for(count)
    rows = math.ceil(count / columns)
    with pyplot().rc_context(STYLE):
        _, grid = pyplot().subplots(rows, columns, squeeze=False, sharey=True,
                                    figsize=(columns * PANEL[0], rows * PANEL[1] + 0.4))
    for ax in grid.flat[count:]:
        ax.set_axis_off()
    return list(grid.flat[:count])


def columns_for(count):
    return 2 if count == 4 else min(count, COLUMNS)


def heights_of(trials):
    """Where each trial's point stands: its loss, or the upper edge."""
    losses = np.array([math.inf if trial["loss"] is None else trial["loss"] for trial in trials])
    known = losses[np.isfinite(losses)]
    edge = known.min() + FAR * max(np.median(known) - known.min(), 0.02)
    return np.minimum(losses, edge if len(known) < len(losses) else min(edge, known.max()))


def draw_points(ax, trials, places, heights):
    best = min((trial for trial in trials if trial["state"] == "finished"), key=lambda trial: trial["loss"])
    for state, (label, look) in LOOKS.items():
        points = [point for trial, *point in zip(trials, places, heights, strict=True)
                  if trial["state"] == state and trial is not best]
        if points:
            ax.scatter(*zip(*points, strict=True), s=34, label=label, zorder=3, **look)
    i = trials.index(best)
    ax.scatter(places[i], heights[i], marker="*", s=190, color=ORANGE, edgecolors=INK, linewidths=0.8, zorder=4,
               label="the best")


def draw_best_so_far(ax, finished, edge):
    lowest = np.minimum.accumulate([trial["loss"] for trial in finished])
    ax.step([trial["number"] for trial in finished], np.minimum(lowest, edge), where="post", color=ORANGE,
            label="best so far", zorder=1)


def places_on(ax, values, log):
    """Where the values lie on the x axis: by size for numbers, side by side for names."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        if log:
            ax.set_xscale("log")
        elif all(isinstance(value, int) for value in values) and len(set(values)) <= 8:
            ax.set_xticks(sorted(set(values)))
            ax.margins(x=0.2)
        return values
    values = [to_text(value) for value in values]
    names = sorted(set(values))
    ax.set_xticks(range(len(names)), names)
    ax.set_xlim(-0.5, len(names) - 0.5)
    return [names.index(value) for value in values]
