"""Multi-head causal self-attention.

B batch  T queries  S keys  C width  H heads  D head width
"""

from .functional import attention_backward, attention_forward
from .layers import INIT_STD, Dropout, Linear
from .module import Module


class Attention(Module):
    """H heads of width D attend side by side; their results are joined and mixed by o_proj."""

    def __init__(self, config, rng=None, residual_std=INIT_STD):
        C = config.n_embd
        self.n_head, self.head_size = config.n_head, config.head_size
        self.q_proj = Linear(C, C, bias=config.bias, rng=rng)
        self.k_proj = Linear(C, C, bias=config.bias, rng=rng)
        self.v_proj = Linear(C, C, bias=config.bias, rng=rng)
        self.o_proj = Linear(C, C, bias=config.bias, rng=rng, std=residual_std)
        self.dropout = Dropout(config.dropout, rng=rng)

    def split_heads(self, x):
        """(B, T, C) -> (B, H, T, D), a view."""
        B, T, _ = x.shape
        return x.reshape(B, T, self.n_head, self.head_size).swapaxes(1, 2)

    def join_heads(self, x):
        """(B, H, T, D) -> (B, T, C)."""
        B, H, T, D = x.shape
        return x.swapaxes(1, 2).reshape(B, T, H * D)

    def forward(self, x, position, mask, tape=None, cache=None, layer=0):
        """x (B, T, C), mask (T, S) -> (B, T, C). With a KV cache, S counts the positions that it already holds."""
        start = 0 if cache is None else cache.length
        q = self.split_heads(self.q_proj(x, tape))
        k = self.split_heads(self.k_proj(x, tape))
        v = self.split_heads(self.v_proj(x, tape))
        q, k = position.rotate(q, k, start)
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
        dq, dk = position.rotate_backward(dq, dk, start)
        dx = self.v_proj.backward(self.join_heads(dv), tape)
        dx += self.k_proj.backward(self.join_heads(dk), tape)
        dx += self.q_proj.backward(self.join_heads(dq), tape)   # x fed all three: their gradients add up
        return dx
