"""How tokens are written on figures."""

import numpy as np

from ..errors import PyGPTError

VISIBLE = {" ": "␣", "\n": "↵", "\t": "⇥"}


def visible(token):
    """A token as text with its blanks to be seen; an empty one as ∅."""
    return "".join(VISIBLE.get(character, character) for character in str(token)) or "∅"


def for_matplotlib(token):
    """Visible, and with no dollar left that would start a formula."""
    return visible(token).replace("$", r"\$")


def attention_of(weights, tokens):
    """weights (T, S) as float64, and the S tokens as a list; PyGPTError where they do not fit."""
    weights, tokens = np.asarray(weights, dtype=np.float64), list(tokens)
    if weights.ndim != 2 or 0 in weights.shape:
        raise PyGPTError(f"weights of shape {weights.shape}; allowed: (queries, keys) of one head; "
                         "of a whole batch pass weights[0, 0]")
    T, S = weights.shape
    if len(tokens) != S or T > S:
        raise PyGPTError(f"weights of shape {weights.shape} and {len(tokens)} tokens; allowed: one column for each "
                         "token, and one row for each of the last tokens")
    return weights, tokens
