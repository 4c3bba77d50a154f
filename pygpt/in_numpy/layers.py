"""The layers that hold weights, each a thin shell around a functional pair.

B batch  T positions  C width
"""

import numpy as np

from .functional import (
    dropout_backward,
    dropout_forward,
    dropout_mask,
    embedding_backward,
    embedding_forward,
    layer_norm_backward,
    layer_norm_forward,
    linear_backward,
    linear_forward,
    rms_norm_backward,
    rms_norm_forward,
)
from .module import Module, Parameter

INIT_STD = 0.02   # GPT-2's standard deviation for every matrix and table


class Linear(Module):
    """y = x weightᵀ + bias, with weight (out, in) as torch stores it."""

    def __init__(self, n_in, n_out, bias=True, rng=None, std=INIT_STD):
        rng = np.random.default_rng(rng)
        self.weight = Parameter(rng.normal(0, std, (n_out, n_in)))
        self.bias = Parameter(np.zeros(n_out)) if bias else None

    def forward(self, x, tape=None):
        bias = None if self.bias is None else self.bias.data
        y, cache = linear_forward(x, self.weight.data, bias)
        if tape is not None:
            tape.save(self, cache)
        return y

    def backward(self, dy, tape):
        dx, dweight, dbias = linear_backward(dy, tape.load(self))
        self.weight.accumulate(dweight)
        if self.bias is not None:
            self.bias.accumulate(dbias)
        return dx


class Embedding(Module):
    """A table with one row of width C for each of n ids."""

    def __init__(self, n, width, rng=None):
        self.weight = Parameter(np.random.default_rng(rng).normal(0, INIT_STD, (n, width)))

    def forward(self, ids, tape=None):
        y, cache = embedding_forward(ids, self.weight.data)
        if tape is not None:
            tape.save(self, cache)
        return y

    def backward(self, dy, tape):
        """Ids have no gradient, so nothing comes back."""
        self.weight.accumulate(embedding_backward(dy, tape.load(self)))


class LayerNorm(Module):
    """Each position to mean 0 and variance 1 over its width, then a learned scale and shift."""

    def __init__(self, width, eps=1e-5, bias=True):
        self.weight = Parameter(np.ones(width))
        self.bias = Parameter(np.zeros(width)) if bias else None
        self.eps = eps

    def forward(self, x, tape=None):
        bias = None if self.bias is None else self.bias.data
        y, cache = layer_norm_forward(x, self.weight.data, bias, self.eps)
        if tape is not None:
            tape.save(self, cache)
        return y

    def backward(self, dy, tape):
        dx, dweight, dbias = layer_norm_backward(dy, tape.load(self))
        self.weight.accumulate(dweight)
        if self.bias is not None:
            self.bias.accumulate(dbias)
        return dx


class RMSNorm(Module):
    """Each position to mean square 1, then a learned scale. It has no shift: `bias` is there so norms build alike."""

    def __init__(self, width, eps=1e-5, bias=False):
        self.weight = Parameter(np.ones(width))
        self.eps = eps

    def forward(self, x, tape=None):
        y, cache = rms_norm_forward(x, self.weight.data, self.eps)
        if tape is not None:
            tape.save(self, cache)
        return y

    def backward(self, dy, tape):
        dx, dweight = rms_norm_backward(dy, tape.load(self))
        self.weight.accumulate(dweight)
        return dx


class Dropout(Module):
    """Drops values while training, does nothing while evaluating (Srivastava et al. 2014)."""

    def __init__(self, p, rng=None):
        self.p = p
        self.rng = np.random.default_rng(rng)

    def forward(self, x, tape=None):
        if not self.training or self.p == 0:
            return x
        y, mask = dropout_forward(x, self.draw(x))
        if tape is not None:
            tape.save(self, mask)
        return y

    def draw(self, x):
        """A fresh mask for x. To compare two models, give both the same ones: layer.draw = lambda x: mask."""
        return dropout_mask(x, self.p, self.rng)

    def backward(self, dy, tape):
        if not self.training or self.p == 0:
            return dy
        return dropout_backward(dy, tape.load(self))


NORMS = {"layernorm": LayerNorm, "rmsnorm": RMSNorm}
