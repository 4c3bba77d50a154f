"""Right answers for the norms in float64, written for certainty, not for speed: one row at a time, from the definition.

They share no line with pygpt.in_numpy, so that a fault there cannot hide here. The backward passes go through the whole
Jacobian of a row.

C width
"""

import math

import numpy as np

from .reference import central_differences


def layer_norm(x, weight, bias, eps=1e-5):
    """x (..., C) -> y (..., C), normed (..., C), rstd (..., 1)."""
    x = np.asarray(x, dtype=float)
    C = x.shape[-1]
    y, normed, rstd = np.zeros(x.shape), np.zeros(x.shape), np.zeros((*x.shape[:-1], 1))
    for row in np.ndindex(x.shape[:-1]):
        mean = math.fsum(x[row]) / C
        variance = math.fsum((value - mean) ** 2 for value in x[row]) / C
        rstd[row] = 1 / math.sqrt(variance + eps)
        for c in range(C):
            normed[row][c] = (x[row][c] - mean) / math.sqrt(variance + eps)
            y[row][c] = normed[row][c] * weight[c] + (0.0 if bias is None else bias[c])
    return y, normed, rstd


def rms_norm(x, weight, eps=1e-5):
    """x (..., C) -> y (..., C), normed (..., C), rrms (..., 1)."""
    x = np.asarray(x, dtype=float)
    C = x.shape[-1]
    y, normed, rrms = np.zeros(x.shape), np.zeros(x.shape), np.zeros((*x.shape[:-1], 1))
    for row in np.ndindex(x.shape[:-1]):
        root = math.sqrt(math.fsum(value * value for value in x[row]) / C + eps)
        rrms[row] = 1 / root
        for c in range(C):
            normed[row][c] = x[row][c] / root
            y[row][c] = normed[row][c] * weight[c]
    return y, normed, rrms


def layer_norm_gradients(dy, normed, rstd, weight, has_bias):
    """dx, dweight, dbias or None."""
    C = dy.shape[-1]
    dx = np.zeros(dy.shape)
    for row in np.ndindex(dy.shape[:-1]):
        n = normed[row]
        jacobian = (np.eye(C) - 1 / C - np.outer(n, n) / C) * rstd[row][0]   # d normed_i / d x_j
        dx[row] = jacobian.T @ (dy[row] * weight)
    dweight, dbias = scale_and_shift_gradients(dy, normed)
    return dx, dweight, dbias if has_bias else None


def rms_norm_gradients(dy, normed, rrms, weight):
    """dx, dweight."""
    C = dy.shape[-1]
    dx = np.zeros(dy.shape)
    for row in np.ndindex(dy.shape[:-1]):
        n = normed[row]
        jacobian = (np.eye(C) - np.outer(n, n) / C) * rrms[row][0]
        dx[row] = jacobian.T @ (dy[row] * weight)
    return dx, scale_and_shift_gradients(dy, normed)[0]


def scale_and_shift_gradients(dy, normed):
    """Every row used the same scale and shift, so their gradients add up over the rows."""
    dweight, dbias = np.zeros(dy.shape[-1]), np.zeros(dy.shape[-1])
    for at in np.ndindex(dy.shape):
        dweight[at[-1]] += dy[at] * normed[at]
        dbias[at[-1]] += dy[at]
    return dweight, dbias


def layer_norm_by_differences(dy, cache, eps=1e-5):
    """The gradients by nudging the forward pass. x = normed / rstd has the normalised rows that the cache holds."""
    normed, rstd, weight, _ = cache
    x, bias = normed / rstd, np.zeros(dy.shape[-1])
    return {"dx": central_differences(lambda a: layer_norm(a, weight, bias, eps)[0], x, dy),
            "dweight": central_differences(lambda a: layer_norm(x, a, bias, eps)[0], weight, dy),
            "dbias": central_differences(lambda a: layer_norm(x, weight, a, eps)[0], bias, dy)}


def rms_norm_by_differences(dy, cache, eps=1e-5):
    """The gradients by nudging the forward pass."""
    normed, rrms, weight = cache
    x = normed / rrms
    return {"dx": central_differences(lambda a: rms_norm(a, weight, eps)[0], x, dy),
            "dweight": central_differences(lambda a: rms_norm(x, a, eps)[0], weight, dy)}
