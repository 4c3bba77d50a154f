"""Plain charts in the course's style."""

from .style import COLOURS, MARKERS, axes_or_new


def line_chart(x, series, xlabel, ylabel, ax=None, title=None, xscale="linear", yscale="linear"):
    """Draw one line for each name -> values of `series` over x; returns the axes. A scale of "log" has base 2 on x.

    Every line has a marker of its own, so that it is told apart without its colour.
    """
    ax = axes_or_new(ax)
    for number, (name, values) in enumerate(series.items()):
        ax.plot(x, values, label=name, color=COLOURS[number % len(COLOURS)], marker=MARKERS[number % len(MARKERS)])
    if xscale == "log":
        ax.set_xscale("log", base=2)
        ax.set_xticks(list(x), [f"{value:g}" for value in x])
        ax.minorticks_off()
    else:
        ax.set_xscale(xscale)
    ax.set_yscale(yscale)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.legend()
    return ax
