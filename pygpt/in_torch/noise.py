"""Noise on the embeddings while training: the same sentence is never quite the same twice (Jain et al. 2023, NEFTune).

B batch  T positions  C width
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from ..swapping import swap


class NoisyEmbedding(nn.Module):
    """An embedding that adds uniform noise of +- alpha / sqrt(T C) while training, and nothing while evaluating.

    Put it around a model's own, before the first step: swap(model, "wte", lambda wte: NoisyEmbedding(wte, alpha)).
    """

    def __init__(self, embedding, alpha):
        super().__init__()
        self.weight, self.alpha = embedding.weight, alpha   # the same weight under the same name

    def forward(self, ids):
        y = F.embedding(ids, self.weight)   # (B, T) -> (B, T, C)
        return y + self.draw(y) if self.training and self.alpha else y

    def draw(self, y):
        """Fresh noise for y. To compare two models, give both the same: layer.draw = lambda y: noise."""
        size = self.alpha / math.sqrt(y.shape[-2] * y.shape[-1])
        return torch.empty_like(y).uniform_(-size, size)


def add_embedding_noise(model, alpha):
    """Wrap the token embedding of a GPT."""
    swap(model, "wte", lambda wte: NoisyEmbedding(wte, alpha))
