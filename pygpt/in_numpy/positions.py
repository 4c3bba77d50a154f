"""How a GPT knows where a token stands. A position has three hooks, each doing nothing unless a kind needs it.

B batch  T queries  S keys  C width  H heads  G key and value heads  D head width
"""

import math

from ..tables import alibi_bias, rope_table, sinusoid_table
from .backend import array_module
from .constants import Constant
from .functional import rope_backward, rope_forward
from .layers import INIT_STD, Embedding
from .module import Module


class Position(Module):
    """The hooks, all of them identity: `embed` before the first block, `rotate` and `bias` for every attention."""

    def __init__(self, config=None, rng=None):
        pass

    def embed(self, x, start, tape=None):
        """x (B, T, C) whose first position is `start` -> x with positions in it."""
        return x

    def embed_backward(self, dx, tape):
        """dx (B, T, C) -> the gradient of embed's input, the same shape."""
        return dx

    def rotate(self, x, start):
        """Queries or keys (B, G, R, T, D) whose first position is `start` -> the same, turned by their positions."""
        return x

    def rotate_backward(self, dx, start):
        return dx

    def bias(self, n_query, n_key):
        """What to add to the scores beside the mask, (H, T, S) or a number; NumPy, taken once as the model is built."""
        return 0


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


class SinusoidalPosition(Position):
    """A fixed row of sines and cosines for each position, added to the token's (Vaswani et al. 2017).

    The rows are as large as fresh token rows. Full-sized ones would drown them; the paper enlarges the tokens instead.
    """

    def __init__(self, config, rng=None):
        size = INIT_STD * math.sqrt(2)   # sines and cosines have a spread of sqrt(1/2)
        self.table = Constant(size * sinusoid_table(config.block_size, config.n_embd))

    def embed(self, x, start, tape=None):
        return x + self.table.like(x)[start:start + x.shape[1]]


class RoPE(Position):
    """Queries and keys are turned by their position, so that scores depend on the distance (Su et al. 2021)."""

    def __init__(self, config, rng=None):
        self.pairs = config.rope_pairs
        cos, sin = rope_table(config.block_size, config.head_size, config.rope_theta)
        self.cos, self.sin = Constant(cos), Constant(sin)

    def angles(self, x, start):
        """cos and sin (T, D/2) of the positions of x (..., T, D)."""
        rows = slice(start, start + x.shape[-2])
        return self.cos.like(x)[rows], self.sin.like(x)[rows]

    def rotate(self, x, start):
        return rope_forward(x, *self.angles(x, start), self.pairs)[0]

    def rotate_backward(self, dx, start):
        return rope_backward(dx, (*self.angles(dx, start), self.pairs))


class ALiBi(Position):
    """Scores fall with distance, at another rate in every head; nothing is added to the tokens (Press et al. 2022)."""

    def __init__(self, config, rng=None):
        self.n_head = config.n_head

    def bias(self, n_query, n_key):
        return alibi_bias(self.n_head, n_query, n_key)


POSITIONS = {"learned": LearnedPosition, "sinusoidal": SinusoidalPosition, "rope": RoPE, "alibi": ALiBi,
             "none": Position}
