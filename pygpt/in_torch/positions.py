"""The twin of in_numpy/positions.py: three hooks, each doing nothing unless a kind needs it.

B batch  T queries  S keys  C width  H heads  D head width
"""

import torch
from torch import nn

from .layers import Embedding


class Position(nn.Module):
    """The hooks, all of them identity."""

    def embed(self, x, start):
        """x (B, T, C) whose first position is `start` -> x with positions in it."""
        return x

    def rotate(self, q, k, start):
        """q (B, H, T, D), k (B, H, T, D) whose first position is `start` -> both, turned by their positions."""
        return q, k

    def bias(self, n_query, n_key):
        """What to add to the scores, (H, T, S) or None."""
        return None


class LearnedPosition(Embedding, Position):
    """A trained row for each position, added to the token's."""

    def __init__(self, config):
        Embedding.__init__(self, config.block_size, config.n_embd)

    def embed(self, x, start):
        return x + self(torch.arange(start, start + x.shape[1], device=x.device))   # (B, T, C) + (T, C)


POSITIONS = {"learned": LearnedPosition}
