"""The twin of in_numpy/attention.py.

B batch  T queries  S keys  C width  H heads  D head width
"""

from torch import nn

from .functional import attention
from .layers import INIT_STD, Dropout, Linear


class Attention(nn.Module):
    """H heads of width D attend side by side; their results are joined and mixed by o_proj."""

    def __init__(self, config, residual_std=INIT_STD):
        super().__init__()
        C = config.n_embd
        self.n_head, self.head_size = config.n_head, config.head_size
        self.q_proj = Linear(C, C, bias=config.bias)
        self.k_proj = Linear(C, C, bias=config.bias)
        self.v_proj = Linear(C, C, bias=config.bias)
        self.o_proj = Linear(C, C, bias=config.bias, std=residual_std)
        self.dropout = Dropout(config.dropout)

    def split_heads(self, x):
        """(B, T, C) -> (B, H, T, D), a view."""
        B, T, _ = x.shape
        return x.view(B, T, self.n_head, self.head_size).transpose(1, 2)

    def join_heads(self, x):
        """(B, H, T, D) -> (B, T, C)."""
        B, H, T, D = x.shape
        return x.transpose(1, 2).reshape(B, T, H * D)

    def forward(self, x, position, mask, cache=None, layer=0):
        """x (B, T, C), mask (T, S) -> (B, T, C). With a KV cache, S counts the positions that it already holds."""
        start = 0 if cache is None else cache.length
        q = self.split_heads(self.q_proj(x))
        k = self.split_heads(self.k_proj(x))
        v = self.split_heads(self.v_proj(x))
        q, k = position.rotate(q, k, start)
        if cache is not None:
            k, v = cache.update(layer, k, v)
        y = attention(q, k, v, mask)
        return self.dropout(self.o_proj(self.join_heads(y)))
