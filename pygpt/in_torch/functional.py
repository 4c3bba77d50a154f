"""The twin of in_numpy/functional.py: the forwards only, since autograd derives the rest.

B batch  T queries  S keys  C width  H heads  D head width  V vocabulary
"""

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


def gelu(x):
    """x (...) -> y (...), in the tanh form."""
    return F.gelu(x, approximate="tanh")


def dropout(x, p, training=True):
    """x (...) -> y (...): torch draws the mask, so the two backends agree in law, not number by number."""
    return F.dropout(x, p, training)


def softmax(x):
    """x (..., S) -> y (..., S)."""
    return x.softmax(-1)


def attention(q, k, v, mask=None):
    """q (..., T, D), k (..., S, D), v (..., S, D), mask (T, S) to add or None -> y (..., T, D)."""
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
