"""Parts with which a GPT learns in fewer steps: normed queries and keys, a look at the token before, a quiet start.

B batch  T positions  C width  D head width
"""

import math

import numpy as np

from .backend import array_module
from .functional import column_sums
from .layers import INIT_STD, Linear
from .module import Module, Parameter


def unit_rms_forward(x, eps=1e-5):
    """x (..., D) -> y (..., D): each row to mean square 1, with nothing to learn. Cache: y, 1 / root mean square."""
    xp = array_module(x)
    rrms = 1 / xp.sqrt(xp.einsum("...d,...d->...", x, x)[..., None] / x.shape[-1] + eps)
    y = x * rrms
    return y, (y, rrms)


def unit_rms_backward(dy, cache):
    """dy (..., D) -> dx (..., D): what would only change a row's length is taken out of the gradient."""
    y, rrms = cache
    dx = dy - y * (array_module(dy).einsum("...d,...d->...", dy, y)[..., None] / dy.shape[-1])
    dx *= rrms
    return dx


def token_shift_forward(x, before, mix):
    """x (B, T, C), before (B, 1, C) the row ahead of x, mix (C,) -> y (B, T, C): each row plus mix times the last one.

    Cache: the rows one place later, and mix. Peng et al. 2023, RWKV.
    """
    earlier = array_module(x).concatenate([before, x[:, :-1]], axis=1)
    return x + mix * earlier, (earlier, mix)


def token_shift_backward(dy, cache):
    """dy (B, T, C) -> dx (B, T, C), dmix (C,). A row shows up twice: in its own place and in the next one."""
    earlier, mix = cache
    dmix = column_sums((dy * earlier).reshape(-1, dy.shape[-1]))
    dx = dy.copy()
    dx[:, :-1] += mix * dy[:, 1:]
    return dx, dmix


class NormedLinear(Linear):
    """A linear map whose output has mean square 1 in every head (Henry et al. 2020, QK-norm).

    Scores of such queries and keys are at most sqrt(D), however large the weights grow: high learning rates stay calm.
    """

    def __init__(self, n_in, n_out, head_size, bias=True, rng=None):
        super().__init__(n_in, n_out, bias=bias, rng=rng)
        self.head_size = head_size

    def forward(self, x, tape=None):
        y = super().forward(x, tape)
        heads, cache = unit_rms_forward(y.reshape(-1, self.head_size))
        if tape is not None:
            tape.save(self, cache)
        return heads.reshape(y.shape)

    def backward(self, dy, tape):
        dheads = unit_rms_backward(dy.reshape(-1, self.head_size), tape.load(self))
        return super().backward(dheads.reshape(dy.shape), tape)


class TokenShift(Module):
    """Adds some of the row before to every row, channel by channel; how much is learnt, from nothing on."""

    def __init__(self, width):
        self.weight = Parameter(np.zeros(width))

    def forward(self, x, tape=None, cache=None):
        """x (B, T, C) -> (B, T, C). A KV cache remembers the last row for the next call."""
        before = array_module(x).zeros_like(x[:, :1]) if cache is None else cache.row_before(x)
        y, saved = token_shift_forward(x, before, self.weight.data)
        if tape is not None:
            tape.save(self, saved)
        return y

    def backward(self, dy, tape):
        dx, dmix = token_shift_backward(dy, tape.load(self))
        self.weight.accumulate(dmix)
        return dx


def start_at_zero(model):
    """Rescale a fresh model's GPT-2 weights: what writes into the stream and the head starts at zero.

    Every block then begins as the identity and every prediction as a fair guess, so that no early step has to undo
    chance. Rows of the token table start as long as a normed row, matrices at half of what keeps the size of a row.
    """
    for name, parameter in model.named_parameters():
        parameter.data *= zero_scale(name, parameter.data.shape)


def zero_scale(name, shape):
    """The factor that turns an initial array of GPT-2's into ours."""
    first, last = name.split(".")[0], name.split(".")[-2]
    if first == "lm_head" or last in ("o_proj", "down_proj"):
        return 0.0
    if first == "wte":
        return 1 / INIT_STD
    return 0.5 / math.sqrt(shape[1]) / INIT_STD if last.endswith("_proj") and len(shape) == 2 else 1.0
