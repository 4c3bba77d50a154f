"""The few places where NumPy and CuPy differ. Everything else asks its input: `xp = array_module(x)`."""

import sys

import numpy as np


def array_module(x):
    """The module whose functions work on x: numpy, or cupy for an array on a GPU.

    CuPy is never imported here: an array of its own proves that somebody else has.
    """
    cupy = sys.modules.get("cupy")
    return cupy if cupy is not None and isinstance(x, cupy.ndarray) else np


def erf(x):
    """The error function of every element. NumPy has none: SciPy does, and CuPy under SciPy's name."""
    if array_module(x) is np:   # imported here, since only exact GELU should pay for it
        from scipy.special import erf as function
    else:
        from cupyx.scipy.special import erf as function
    return function(x)


def to_host(x):
    """Any backend's array as a NumPy array: CuPy's are copied from the GPU, NumPy's come back as they are."""
    return x.get() if hasattr(x, "get") else np.asarray(x)
