"""Multi-head causal self-attention.

B batch  T queries  S keys  C width  D head width
H query heads, in G groups of R that share one key and value head: H = G R
"""

from functools import partial

from .fast_parts import NormedLinear
from .functional import attention_backward, attention_forward
from .layers import INIT_STD, Dropout, Linear
from .module import Module


class Attention(Module):
    """H heads of width D attend side by side; their results are joined and mixed by o_proj.

    With fewer key and value heads than query heads (G < H) each serves a group: grouped-query attention (Ainslie et
    al. 2023), or multi-query for G = 1. Groups are an axis of their own, so one key meets R queries by broadcasting.
    """

    def __init__(self, config, rng=None, residual_std=INIT_STD):
        C, kv_width = config.n_embd, config.kv_heads * config.head_size
        self.n_groups, self.head_size = config.kv_heads, config.head_size
        linear = partial(NormedLinear, head_size=config.head_size) if config.qk_norm else Linear
        self.q_proj = linear(C, C, bias=config.bias, rng=rng)
        self.k_proj = linear(C, kv_width, bias=config.bias, rng=rng)
        self.v_proj = Linear(C, kv_width, bias=config.bias, rng=rng)
        self.o_proj = Linear(C, C, bias=config.bias, rng=rng, std=residual_std)
        self.dropout = Dropout(config.dropout, rng=rng)

    def split_heads(self, x):
        """(B, T, C) -> (B, G, R, T, D), a view; R is 1 for keys and values."""
        B, T, _ = x.shape
        return x.reshape(B, T, self.n_groups, -1, self.head_size).transpose(0, 2, 3, 1, 4)

    def join_heads(self, x):
        """(B, G, R, T, D) -> (B, T, C)."""
        B, G, R, T, D = x.shape
        return x.transpose(0, 3, 1, 2, 4).reshape(B, T, G * R * D)

    def forward(self, x, position, mask, tape=None, cache=None, layer=0):
        """x (B, T, C), mask (T, S) or (G, R, T, S) -> (B, T, C). With a KV cache, S counts what it already holds."""
        start = 0 if cache is None else cache.length
        q = position.rotate(self.split_heads(self.q_proj(x, tape)), start)
        k = position.rotate(self.split_heads(self.k_proj(x, tape)), start)
        v = self.split_heads(self.v_proj(x, tape))
        if cache is not None:
            k, v = cache.update(layer, k, v)
        y, saved = attention_forward(q, k, v, mask)
        if tape is not None:
            tape.save(self, (saved, start))
        return self.dropout(self.o_proj(self.join_heads(y), tape), tape)

    def backward(self, dy, position, tape):
        dy = self.o_proj.backward(self.dropout.backward(dy, tape), tape)
        saved, start = tape.load(self)
        dq, dk, dv = attention_backward(self.split_heads(dy), saved)
        dv = dv.sum(2, keepdims=True)                           # one value head served R query heads
        dk = position.rotate_backward(dk.sum(2, keepdims=True), start)
        dq = position.rotate_backward(dq, start)
        dx = self.v_proj.backward(self.join_heads(dv), tape)
        dx += self.k_proj.backward(self.join_heads(dk), tape)
        dx += self.q_proj.backward(self.join_heads(dq), tape)   # x fed all three: their gradients add up
        return dx
