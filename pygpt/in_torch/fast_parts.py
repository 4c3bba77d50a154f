"""The twin of in_numpy/fast_parts.py.

B batch  T positions  C width  D head width
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from .layers import INIT_STD, Linear


def unit_rms(x, eps=1e-5):
    """x (..., D) -> y (..., D): each row to mean square 1, with nothing to learn."""
    return F.rms_norm(x, x.shape[-1:], eps=eps)


def token_shift(x, before, mix):
    """x (B, T, C), before (B, 1, C) the row ahead of x, mix (C,) -> y (B, T, C): each row plus mix times the last."""
    return x + mix * torch.cat([before, x[:, :-1]], dim=1)


class NormedLinear(Linear):
    """A linear map whose output has mean square 1 in every head."""

    def __init__(self, n_in, n_out, head_size, bias=True):
        super().__init__(n_in, n_out, bias=bias)
        self.head_size = head_size

    def forward(self, x):
        y = super().forward(x)
        return unit_rms(y.unflatten(-1, (-1, self.head_size))).flatten(-2)


class TokenShift(nn.Module):
    """Adds some of the row before to every row, channel by channel; how much is learnt, from nothing on."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(width))

    def forward(self, x, cache=None):
        """x (B, T, C) -> (B, T, C). A KV cache remembers the last row for the next call."""
        before = torch.zeros_like(x[:, :1]) if cache is None else cache.row_before(x)
        return token_shift(x, before, self.weight)


@torch.no_grad()
def start_at_zero(model):
    """Rescale a fresh model's GPT-2 weights: what writes into the stream and the head starts at zero."""
    for name, parameter in model.named_parameters():
        parameter.mul_(zero_scale(name, parameter.shape))


def zero_scale(name, shape):
    """The factor that turns an initial array of GPT-2's into ours."""
    first, last = name.split(".")[0], name.split(".")[-2]
    if first == "lm_head" or last in ("o_proj", "down_proj"):
        return 0.0
    if first == "wte":
        return 1 / INIT_STD
    return 0.5 / math.sqrt(shape[1]) / INIT_STD if last.endswith("_proj") and len(shape) == 2 else 1.0
