"""Learning curves: is this run going as such runs go?

A history is a list of dicts with "step" and any of "train_loss", "val_loss" (as `train` returns them) and "loss" (as it
logs them, one a step). A band is a list of (step, lowest, highest): where the validation loss of a healthy run lies.
"""

from ..bands import columns
from ..errors import PyGPTError
from .style import COLOURS, FAINT, MARKERS, axes_or_new

# key of a history's entries -> its name in the legend and how its line looks beside the others of the same run
LINES = {
    "loss": ("every batch", dict(linewidth=1.0, alpha=0.4)),
    "train_loss": ("train", dict(linestyle="--", markerfacecolor="white")),
    "val_loss": ("validation", dict(linestyle="-")),
}


def learning_curve(history_or_histories, ax=None, band=None, title=None):
    """Draw the loss by step of one run, or of several on top of each other; returns the axes.

    history_or_histories: one history, or name -> history. Every run has a colour and a marker of its own; its
    training loss is dashed, its validation loss solid. band: the range to expect, shaded.
    """
    histories = named(history_or_histories)
    ax = axes_or_new(ax)
    if band is not None:
        steps, low, high = columns(band)
        ax.fill_between(steps, low, high, color=FAINT, alpha=0.25, linewidth=0, label="expected validation loss")
    for number, (name, history) in enumerate(histories.items()):
        draw_run(ax, name, history, number)
    ax.set(xlabel="training step", ylabel="loss (nats per token)", title=title)
    ax.legend()
    return ax


def draw_run(ax, name, history, number):
    for key, (what, look) in LINES.items():
        points = [(entry["step"], entry[key]) for entry in history if key in entry]
        if points:
            marker = None if key == "loss" else MARKERS[number % len(MARKERS)]   # a marker a step would be a smear
            ax.plot(*zip(*points, strict=True), label=f"{name}: {what}" if name else what,
                    color=COLOURS[number % len(COLOURS)], marker=marker, **look)


def named(history_or_histories):
    """name -> history, whichever of the two was given; PyGPTError where there is nothing to draw."""
    given = history_or_histories
    histories = dict(given) if isinstance(given, dict) else {"": given}
    for name, history in histories.items():
        if not any(key in entry for entry in history for key in LINES):
            raise PyGPTError(f"the history {name!r} holds no loss; give a list of entries with step and one of "
                             f"{', '.join(LINES)}, such as the history that train() returns")
    return histories
