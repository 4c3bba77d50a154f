"""One calm look for every figure: colours that colour-blind readers tell apart, thin lines, room to breathe."""

import importlib

from ..errors import PyGPTError

# Okabe and Ito's palette without its yellow, which is too faint for a line on white.
BLUE, ORANGE, GREEN, PINK, SKY, RED = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"
COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, RED)
MARKERS = ("o", "s", "^", "D", "v", "P")   # a second sign beside the colour, for print in grey
INK, FAINT = "#222222", "#8A8F98"

STYLE = {
    "figure.figsize": (6.4, 3.8),
    "figure.dpi": 100,
    "figure.facecolor": "white",           # readable on a dark page too
    "figure.constrained_layout.use": True,
    "axes.facecolor": "white",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E5E8",
    "grid.linewidth": 0.8,
    "font.size": 10,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "xtick.color": INK,
    "ytick.color": INK,
}


def need(module):
    """Import one of the packages that figures need; PyGPTError says how to get it where it is missing."""
    package = module.partition(".")[0]
    try:
        importlib.import_module(package)
    except ModuleNotFoundError as missing:
        if missing.name != package:
            raise
        raise PyGPTError(f'{package} is not installed, and figures need it; '
                         'run: pip install "pygpt-course[viz]"') from None
    return importlib.import_module(module)


def pyplot():
    """matplotlib.pyplot, imported when the first figure is drawn: it takes longer than all of pygpt."""
    return need("matplotlib.pyplot")


def use_style():
    """Give this style to every figure that follows, the reader's own too."""
    plt = pyplot()
    plt.rcParams.update(STYLE | {"axes.prop_cycle": need("matplotlib").cycler(color=COLOURS)})


def axes_or_new(ax, figsize=None):
    """The axes to draw on: the reader's, or those of a new figure in the course's style."""
    if ax is not None:
        return ax
    plt = pyplot()
    with plt.rc_context(STYLE):
        return plt.subplots(figsize=figsize)[1]
