"""Inputs for the checks: random, but the same on every machine and every call, and exact in float32.

A learner may compute in float32; rounding the inputs first keeps the comparison about formulas, not about rounding.
"""

import numpy as np


def normal(seed, *shape, scale=1.0):
    """Normal numbers (shape), in float64 but each exact in float32."""
    return (np.random.default_rng(seed).normal(size=shape) * scale).astype(np.float32).astype(float)


def whole(seed, limit, *shape):
    """Whole numbers from -limit to limit, as floats: large scores with nothing to round."""
    return np.random.default_rng(seed).integers(-limit, limit, shape, endpoint=True).astype(float)


def token_ids(seed, n_vocab, *shape):
    """Token ids 0 .. n_vocab - 1; small vocabularies repeat some."""
    return np.random.default_rng(seed).integers(0, n_vocab, shape)


def label(**arrays):
    """Name the inputs of a case for the learner: label(dy=dy, y=y) -> "dy (3, 5), y (3, 5)"."""
    return ", ".join(f"{name} {np.shape(array)}" for name, array in arrays.items())
