"""Right answers of 07_feed_forward in float64: one number at a time, from the definitions. No line of the package.

C width  H hidden width of a plain MLP  F hidden width of a gated one
"""

import math

import numpy as np


def gelu_inner(x):
    """u of the tanh form, for one number."""
    return math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)


def gelu(x):
    """x (...) -> y (...), gate (...): x times (1 + tanh u) / 2, and that factor."""
    gate = np.array([(1 + math.tanh(gelu_inner(value))) / 2 for value in x.ravel().tolist()]).reshape(x.shape)
    return x * gate, gate


def gelu_slope(x):
    """x (...) -> the slope of x (1 + tanh u) / 2, by the product rule, with tanh' = 1 - tanh squared."""
    slopes = []
    for value in x.ravel().tolist():
        tanh = math.tanh(gelu_inner(value))
        inner_slope = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * value ** 2)
        slopes.append((1 + tanh) / 2 + value / 2 * (1 - tanh ** 2) * inner_slope)
    return np.array(slopes).reshape(x.shape)


def silu(x):
    """x (...) -> x / (1 + e^-x), without a power that overflows."""
    values = [value / (1 + math.exp(-value)) if value > -700 else 0.0 for value in x.ravel().tolist()]
    return np.array(values).reshape(x.shape)


def silu_slope(x):
    """x (...) -> slope of SiLU by the quotient rule: (1 + e^-x + x e^-x) / (1 + e^-x)^2."""
    slopes = []
    for value in x.ravel().tolist():
        power = math.exp(-value) if value > -300 else math.inf
        slopes.append((1 + power + value * power) / (1 + power) ** 2 if power < math.inf else 0.0)
    return np.array(slopes).reshape(x.shape)


def swiglu(a, up):
    """a, up (..., F) -> SiLU(a) times up."""
    return silu(a) * up


def swiglu_gradients(dy, a, up):
    """da, dup (..., F): the product rule."""
    return dy * up * silu_slope(a), dy * silu(a)


def plain_count(C, H, bias):
    """Trained numbers of an MLP: up (H, C), down (C, H), a bias for each row."""
    return H * C + C * H + (H + C if bias else 0)


def gated_count(C, F, bias):
    """Trained numbers of a gated MLP: gate and up (F, C), down (C, F), a bias for each row."""
    return 2 * F * C + C * F + (2 * F + C if bias else 0)


def gated_width(C, H, bias=False):
    """Try every width, keep the one whose count lies nearest."""
    wanted = plain_count(C, H, bias)
    return min(range(1, H + 1), key=lambda F: abs(gated_count(C, F, bias) - wanted))
