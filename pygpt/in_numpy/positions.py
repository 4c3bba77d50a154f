"""How a GPT knows where a token stands. A position has three hooks, each doing nothing unless a kind needs it.

B batch  T queries  S keys  C width  H heads  D head width
"""

from .backend import array_module
from .layers import Embedding
from .module import Module


class Position(Module):
    """The hooks, all of them identity: `embed` before the first block, `rotate` and `bias` inside every attention."""

    def embed(self, x, start, tape=None):
        """x (B, T, C) whose first position is `start` -> x with positions in it."""
        return x

    def embed_backward(self, dx, tape):
        """dx (B, T, C) -> the gradient of embed's input, the same shape."""
        return dx

    def rotate(self, q, k, start):
        """q (B, H, T, D), k (B, H, T, D) whose first position is `start` -> both, turned by their positions."""
        return q, k

    def rotate_backward(self, dq, dk, start):
        return dq, dk

    def bias(self, n_query, n_key):
        """What to add to the scores, (H, T, S) or None."""
        return None


class LearnedPosition(Embedding, Position):
    """A trained row for each position, added to the token's (Vaswani et al. 2017; GPT-2)."""

    def __init__(self, config, rng=None):
        Embedding.__init__(self, config.block_size, config.n_embd, rng=rng)

    def embed(self, x, start, tape=None):
        positions = array_module(x).arange(start, start + x.shape[1])
        return x + self.forward(positions, tape)   # (B, T, C) + (T, C)

    def embed_backward(self, dx, tape):
        self.backward(dx.sum(0), tape)             # every sequence of the batch used the same rows
        return dx


POSITIONS = {"learned": LearnedPosition}
