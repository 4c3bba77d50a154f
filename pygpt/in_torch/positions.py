"""The twin of in_numpy/positions.py: three hooks, each doing nothing unless a kind needs it.

B batch  T queries  S keys  C width  H heads  G key and value heads  D head width
"""

import math

import torch
from torch import nn

from ..tables import alibi_bias, rope_table, sinusoid_table
from .constants import Constant
from .functional import rope
from .layers import INIT_STD, Embedding


class Position(nn.Module):
    """The hooks, all of them identity."""

    def __init__(self, config=None):
        super().__init__()

    def embed(self, x, start):
        """x (B, T, C) whose first position is `start` -> x with positions in it."""
        return x

    def rotate(self, x, start):
        """Queries or keys (B, G, R, T, D) whose first position is `start` -> the same, turned by their positions."""
        return x

    def bias(self, n_query, n_key):
        """What to add to the scores beside the mask, (H, T, S) or a number; NumPy, taken once as the model is built."""
        return 0


class LearnedPosition(Embedding, Position):
    """A trained row for each position, added to the token's."""

    def __init__(self, config):
        Embedding.__init__(self, config.block_size, config.n_embd)

    def embed(self, x, start):
        return x + self(torch.arange(start, start + x.shape[1], device=x.device))   # (B, T, C) + (T, C)


class SinusoidalPosition(Position):
    """A fixed row of sines and cosines for each position, added to the token's."""

    def __init__(self, config):
        super().__init__()
        size = INIT_STD * math.sqrt(2)   # sines and cosines have a spread of sqrt(1/2)
        self.table = Constant(size * sinusoid_table(config.block_size, config.n_embd))

    def embed(self, x, start):
        return x + self.table.like(x)[start:start + x.shape[1]]


class RoPE(Position):
    """Queries and keys are turned by their position, so that scores depend on the distance."""

    def __init__(self, config):
        super().__init__()
        self.pairs = config.rope_pairs
        cos, sin = rope_table(config.block_size, config.head_size, config.rope_theta)
        self.cos, self.sin = Constant(cos), Constant(sin)

    def angles(self, x, start):
        """cos and sin (T, D/2) of the positions of x (..., T, D)."""
        rows = slice(start, start + x.shape[-2])
        return self.cos.like(x)[rows], self.sin.like(x)[rows]

    def rotate(self, x, start):
        return rope(x, *self.angles(x, start), self.pairs)


class ALiBi(Position):
    """Scores fall with distance, at another rate in every head; nothing is added to the tokens."""

    def __init__(self, config):
        super().__init__()
        self.n_head = config.n_head

    def bias(self, n_query, n_key):
        return alibi_bias(self.n_head, n_query, n_key)


POSITIONS = {"learned": LearnedPosition, "sinusoidal": SinusoidalPosition, "rope": RoPE, "alibi": ALiBi,
             "none": Position}
