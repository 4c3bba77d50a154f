"""Is this curve normal? A band says where the validation loss of a healthy run lies, step by step.

A band is a list of (step, lowest, highest), from several seeds; between two steps its edges are straight lines.
"""

import numpy as np

from .errors import PyGPTError

CAUSES = {
    "inside": "as such runs go",
    "above": "it learns worse than such runs do. Usual causes: a learning rate that is too high or too low, a warm-up "
             "that is too short, another corpus or tokenizer, smaller batches, a gradient that is cut off or too small",
    "below": "it does better than such runs do. Usual causes: validation text that is also in the training text, "
             "another corpus or tokenizer, a target that the model can see, more training than the band was made with",
}


def verdict(band, step, loss):
    """"inside", "above" or "below" the band; None where the band says nothing of that step."""
    steps, low, high = columns(band)
    if not steps[0] <= step <= steps[-1]:
        return None
    if not loss <= np.interp(step, steps, high):   # a loss that is no number is above, too
        return "above"
    return "below" if loss < np.interp(step, steps, low) else "inside"


def judge(band, history):
    """(verdict, one sentence) on the last evaluation of a history that the band speaks of; (None, why) without one."""
    if not len(band):
        return None, "no band is known for these settings; the configs that come with the course carry one"
    judged = [(entry, verdict(band, entry["step"], entry["val_loss"])) for entry in history if "val_loss" in entry]
    judged = [(entry, word) for entry, word in judged if word]
    if not judged:
        return None, f"no evaluation between steps {band[0][0]:,} and {band[-1][0]:,}, where the band lies"
    entry, word = judged[-1]
    steps, low, high = columns(band)
    edges = (np.interp(entry["step"], steps, edge) for edge in (low, high))
    return word, (f"validation loss {entry['val_loss']:.3f} at step {entry['step']:,} is {word} the expected "
                  f"{' to '.join(f'{edge:.3f}' for edge in edges)}: {CAUSES[word]}")


def outside_band(history, band):
    """The steps of a history whose validation loss leaves the band; an empty list means that the run is normal.

    Steps beyond the band's ends, and evaluations without a validation loss, say nothing; a history with nothing to
    compare raises PyGPTError, since silence would pass for health.
    """
    words = [(entry["step"], verdict(band, entry["step"], entry["val_loss"])) for entry in history
             if "val_loss" in entry]
    if not any(word for _, word in words):
        steps = columns(band)[0]
        raise PyGPTError(f"no validation loss between steps {steps[0]:g} and {steps[-1]:g}; evaluate there, or take "
                         "the band of this run's settings")
    return [step for step, word in words if word not in (None, "inside")]


def columns(band):
    """steps, low, high of a band as arrays; PyGPTError where it is no band."""
    rows = np.array(band, dtype=np.float64) if len(band) else np.empty(0)
    if rows.ndim != 2 or rows.shape[1] != 3 or (np.diff(rows[:, 0]) <= 0).any() or (rows[:, 1] > rows[:, 2]).any():
        raise PyGPTError("a band is a list of (step, lowest, highest), steps rising and lowest at most highest; "
                         f"got an array of shape {rows.shape}")
    return rows.T
