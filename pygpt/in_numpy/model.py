"""The GPT, from ids to logits and back.

B batch  T queries  S keys  C width  V vocabulary
"""

import math

import numpy as np

from ..errors import ModelInputError
from ..tables import context_mask
from .backend import array_module
from .block import BLOCKS, SHIFTED_BLOCKS
from .constants import Constant
from .fast_parts import start_at_zero
from .kv_cache import KVCache
from .layers import INIT_STD, NORMS, Dropout, Embedding, Linear
from .module import Module
from .positions import POSITIONS


class GPT(Module):
    """ids (B, T) -> logits (B, T, V). Weights start as GPT-2's do (Radford et al. 2019)."""

    backend = "numpy"

    def __init__(self, config, rng=None, dtype="float32"):
        """rng: a seed or a np.random.Generator; the same seed gives the same weights in either dtype."""
        rng = np.random.default_rng(rng)
        residual_std = INIT_STD / math.sqrt(2 * config.n_layer)   # 2 n_layer branches add up in the stream
        self.config = config
        self.rng = rng                                            # dropout draws from it, after the weights
        self.wte = Embedding(config.vocab_size, config.n_embd, rng=rng)
        self.wpe = POSITIONS[config.position](config, rng=rng)
        self.dropout = Dropout(config.dropout, rng=rng)
        self.blocks = [block(config, rng, residual_std) for block in block_kinds(config)]
        self.norm_f = NORMS[config.norm](config.n_embd, config.norm_eps, bias=config.bias)
        self.lm_head = Linear(config.n_embd, config.vocab_size, bias=False, rng=rng)
        if config.tie_weights:
            self.lm_head.weight = self.wte.weight
        if config.init == "zero":
            start_at_zero(self)
        self.astype(dtype)
        mask = context_mask(config.attention, config.block_size, config.window)
        self.mask = Constant(mask + position_bias(self.wpe, config))

    def astype(self, dtype):
        """Cast every parameter, for instance to float64 for a gradient check."""
        for parameter in self.parameters():
            parameter.data = parameter.data.astype(dtype)
        return self

    def forward(self, ids, tape=None, cache=None):
        """ids (B, T) ints -> logits (B, T, V).

        With a tape everything that backward needs is kept; without one nothing is. A KVCache holds the positions
        before these ones. Raises ModelInputError for ids of a wrong shape, type or range, and for too many positions.
        """
        ids, start = self.check_ids(ids, cache)
        T = ids.shape[1]
        x = self.wte(ids, tape)
        mask = self.mask.like(x)[..., start:start + T, :start + T]
        x = self.dropout(self.wpe.embed(x, start, tape), tape)
        for layer, block in enumerate(self.blocks):
            x = block(x, self.wpe, mask, tape, cache, layer)
        if cache is not None:
            cache.advance(T)
        return self.lm_head(self.norm_f(x, tape), tape)

    def backward(self, dlogits, tape):
        """dlogits (B, T, V) -> the gradient of every parameter, added to its .grad."""
        dx = self.norm_f.backward(self.lm_head.backward(dlogits, tape), tape)
        for block in reversed(self.blocks):
            dx = block.backward(dx, self.wpe, tape)
        dx = self.wpe.embed_backward(self.dropout.backward(dx, tape), tape)
        self.wte.backward(dx, tape)

    def new_cache(self):
        """An empty KV cache for one batch of sequences."""
        return KVCache(self.config)

    def check_ids(self, ids, cache=None):
        """ids as an array on the weights' device, and the first one's position; ModelInputError if they do not fit."""
        xp, config = array_module(self.wte.weight.data), self.config
        ids = xp.asarray(ids)
        start = 0 if cache is None else cache.length
        if ids.ndim != 2 or ids.dtype.kind not in "iu" or 0 in ids.shape:
            raise ModelInputError(f"ids of shape {ids.shape} and type {ids.dtype}; allowed: (batch, time) whole "
                                  "numbers, at least one of each; for one sequence pass ids[None]")
        if start + ids.shape[1] > config.block_size:
            raise ModelInputError(f"{start + ids.shape[1]} tokens do not fit the context of "
                                  f"block_size={config.block_size}; pass the last {config.block_size}, "
                                  "or build a model with a larger block_size")
        low, high = int(ids.min()), int(ids.max())
        if low < 0 or high >= config.vocab_size:
            raise ModelInputError(f"token id {low if low < 0 else high} is out of range; allowed: 0 to "
                                  f"{config.vocab_size - 1}; was the text encoded with this model's tokenizer?")
        return ids, start


def block_kinds(config):
    """The class of each block: with token_shift the first one looks a row back."""
    first = SHIFTED_BLOCKS if config.token_shift else BLOCKS
    return [first[config.norm_place]] + [BLOCKS[config.norm_place]] * (config.n_layer - 1)


def position_bias(position, config):
    """The position's bias for the whole context, with the heads as groups (G, R, T, T), or a number."""
    T = config.block_size
    bias = np.asarray(position.bias(T, T))
    return bias.reshape(config.kv_heads, -1, T, T) if bias.ndim else bias
