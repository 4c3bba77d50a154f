"""Noise on the embeddings while training: the same sentence is never quite the same twice (Jain et al. 2023, NEFTune).

B batch  T positions  C width
"""

import math

import numpy as np

from ..swapping import swap
from .backend import array_module
from .functional import embedding_backward, embedding_forward
from .module import Module


class NoisyEmbedding(Module):
    """An embedding that adds uniform noise of +- alpha / sqrt(T C) while training, and nothing while evaluating.

    Put it around a model's own, before the first step: swap(model, "wte", lambda wte: NoisyEmbedding(wte, alpha)).
    """

    def __init__(self, embedding, alpha, rng=None):
        self.weight, self.alpha = embedding.weight, alpha   # the same weight under the same name
        self.rng = np.random.default_rng(rng)

    def forward(self, ids, tape=None):
        y, cache = embedding_forward(ids, self.weight.data)   # (B, T) -> (B, T, C)
        if tape is not None:
            tape.save(self, cache)
        return y + self.draw(y) if self.training and self.alpha else y

    def backward(self, dy, tape):
        """The noise is a constant that was added: it changes nothing on the way back."""
        self.weight.accumulate(embedding_backward(dy, tape.load(self)))

    def draw(self, y):
        """Fresh noise for y. To compare two models, give both the same: layer.draw = lambda y: noise."""
        size = self.alpha / math.sqrt(y.shape[-2] * y.shape[-1])
        noise = self.rng.uniform(-size, size, y.shape)   # on the host: every array library has the same
        return array_module(y).asarray(noise, dtype=y.dtype)


def add_embedding_noise(model, alpha):
    """Wrap the token embedding of a GPT; its noise comes from the model's own generator, so a resumed run repeats."""
    swap(model, "wte", lambda wte: NoisyEmbedding(wte, alpha, model.rng))
