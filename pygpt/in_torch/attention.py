"""The twin of in_numpy/attention.py.

B batch  T queries  S keys  C width  D head width
H query heads, in G groups of R that share one key and value head: H = G R
"""

from functools import partial

from torch import nn

from .fast_parts import NormedLinear
from .functional import attention
from .layers import INIT_STD, Dropout, Linear


class Attention(nn.Module):
    """H heads of width D attend side by side; their results are joined and mixed by o_proj."""

    def __init__(self, config, residual_std=INIT_STD):
        super().__init__()
        C, kv_width = config.n_embd, config.kv_heads * config.head_size
        self.n_groups, self.head_size = config.kv_heads, config.head_size
        linear = partial(NormedLinear, head_size=config.head_size) if config.qk_norm else Linear
        self.q_proj = linear(C, C, bias=config.bias)
        self.k_proj = linear(C, kv_width, bias=config.bias)
        self.v_proj = Linear(C, kv_width, bias=config.bias)
        self.o_proj = Linear(C, C, bias=config.bias, std=residual_std)
        self.dropout = Dropout(config.dropout)

    def split_heads(self, x):
        """(B, T, C) -> (B, G, R, T, D), a view; R is 1 for keys and values."""
        B, T, _ = x.shape
        return x.view(B, T, self.n_groups, -1, self.head_size).permute(0, 2, 3, 1, 4)

    def join_heads(self, x):
        """(B, G, R, T, D) -> (B, T, C)."""
        B, G, R, T, D = x.shape
        return x.permute(0, 3, 1, 2, 4).reshape(B, T, G * R * D)

    def forward(self, x, position, mask, cache=None, layer=0):
        """x (B, T, C), mask (T, S) or (G, R, T, S) -> (B, T, C). With a KV cache, S counts what it already holds."""
        start = 0 if cache is None else cache.length
        q = position.rotate(self.split_heads(self.q_proj(x)), start)
        k = position.rotate(self.split_heads(self.k_proj(x)), start)
        v = self.split_heads(self.v_proj(x))
        if cache is not None:
            k, v = cache.update(layer, k, v)
        y = attend_in_groups(q, k, v, mask)
        return self.dropout(self.o_proj(self.join_heads(y)))


def attend_in_groups(q, k, v, mask):
    """q (B, G, R, T, D), k and v (B, G, 1, S, D), mask (T, S) or (G, R, T, S) -> y (B, G, R, T, D).

    NumPy lets one key meet R queries by broadcasting; torch's fused kernels want a single axis of heads, (B, H, S, D).
    """
    shape = *q.shape[:3], *k.shape[-2:]
    k, v = (x.expand(shape).flatten(1, 2) for x in (k, v))
    mask = mask.flatten(0, 1) if mask.ndim > 2 else mask
    return attention(q.flatten(1, 2), k, v, mask).view(q.shape)
