"""The twin of in_numpy/functional.py: the forwards only, since autograd derives the rest.

B batch  T queries  S keys  C width  H heads  D head width  V vocabulary
"""

import torch
import torch.nn.functional as F


def linear(x, weight, bias=None):
    """x (..., I), weight (O, I), bias (O,) -> y (..., O)."""
    return F.linear(x, weight, bias)


def embedding(ids, weight):
    """ids (...) ints, weight (V, C) -> y (..., C)."""
    return F.embedding(ids, weight)


def layer_norm(x, weight, bias, eps=1e-5):
    """x (..., C), weight (C,), bias (C,) or None -> y (..., C)."""
    return F.layer_norm(x, weight.shape, weight, bias, eps)


def rms_norm(x, weight, eps=1e-5):
    """x (..., C), weight (C,) -> y (..., C)."""
    return F.rms_norm(x, weight.shape, weight, eps)


def gelu(x):
    """x (...) -> y (...), in the tanh form."""
    return F.gelu(x, approximate="tanh")


def gelu_exact(x):
    """x (...) -> y (...) = x times the chance that a normal number lies below x."""
    return F.gelu(x)


def silu(x):
    """x (...) -> y (...) = x times the logistic function of x."""
    return F.silu(x)


class _SquaredReLU(torch.autograd.Function):
    """Autograd's own way keeps x and its positive part and goes back in five passes over the row; this takes two."""

    @staticmethod
    def forward(ctx, x):
        positive = x.clamp(min=0)
        ctx.save_for_backward(positive)
        return positive * positive

    @staticmethod
    def backward(ctx, dy):
        return (dy * ctx.saved_tensors[0]).mul_(2)


def relu2(x):
    """x (...) -> y (...) = max(x, 0) squared."""
    return _SquaredReLU.apply(x)


def rope(x, cos, sin, pairs="half"):
    """x (..., T, D), cos and sin (T, D/2) -> y (..., T, D): each pair of coordinates turned by its position's angle."""
    if pairs == "half":                     # [a, b] -> [a, b] cos + [-b, a] sin: fewer, longer passes over the array
        swapped = x.roll(x.shape[-1] // 2, -1)
        return torch.addcmul(x * torch.cat([cos, cos], -1), swapped, torch.cat([-sin, sin], -1))
    first, second = (x[..., part] for part in split_pairs(x.shape[-1], pairs))
    return torch.stack([first * cos - second * sin, first * sin + second * cos], -1).flatten(-2)


def split_pairs(head_size, pairs):
    """The two slices of the last axis whose coordinates are turned together."""
    half = head_size // 2
    return (slice(half), slice(half, None)) if pairs == "half" else (slice(0, None, 2), slice(1, None, 2))


def dropout_mask(x, p):
    """A mask like x: 0 with probability p, else 1 / (1 - p). Torch draws it: the same law as NumPy's, other numbers."""
    return torch.empty_like(x).bernoulli_(1 - p).div_(1 - p)


def dropout(x, mask):
    """x (...), mask (...) -> y (...)."""
    return x * mask


def softmax(x):
    """x (..., S) -> y (..., S)."""
    return x.softmax(-1)


def attention(q, k, v, mask=None):
    """q (..., T, D), k (..., S, D), v (..., S, D), mask (T, S) to add or None -> y (..., T, D)."""
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
