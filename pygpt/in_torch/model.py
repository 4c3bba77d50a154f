"""The twin of in_numpy/model.py: the same GPT as an nn.Module.

B batch  T queries  S keys  C width  V vocabulary
"""

import math

import numpy as np
import torch
from torch import nn

from ..errors import CheckpointError, ModelInputError, unknown
from ..tables import context_mask
from .block import BLOCKS, SHIFTED_BLOCKS
from .constants import Constant
from .fast_parts import start_at_zero
from .kv_cache import KVCache
from .layers import INIT_STD, NORMS, Dropout, Embedding, Linear
from .positions import POSITIONS


class GPT(nn.Module):
    """ids (B, T) -> logits (B, T, V). Weights start as GPT-2's do (Radford et al. 2019)."""

    backend = "torch"

    def __init__(self, config):
        super().__init__()
        residual_std = INIT_STD / math.sqrt(2 * config.n_layer)   # 2 n_layer branches add up in the stream
        self.config = config
        self.wte = Embedding(config.vocab_size, config.n_embd)
        self.wpe = POSITIONS[config.position](config)
        self.dropout = Dropout(config.dropout)
        self.blocks = nn.ModuleList(block(config, residual_std) for block in block_kinds(config))
        self.norm_f = NORMS[config.norm](config.n_embd, config.norm_eps, bias=config.bias)
        self.lm_head = Linear(config.n_embd, config.vocab_size, bias=False)
        if config.tie_weights:
            self.lm_head.weight = self.wte.weight
        if config.init == "zero":
            start_at_zero(self)
        mask = context_mask(config.attention, config.block_size, config.window)
        self.mask = Constant(mask + position_bias(self.wpe, config))

    def forward(self, ids, cache=None):
        """ids (B, T) ints -> logits (B, T, V).

        A KVCache holds the positions before these ones. Raises ModelInputError for ids of a wrong shape, type or range,
        and for too many positions.
        """
        ids, start = self.check_ids(ids, cache)
        T = ids.shape[1]
        x = self.wte(ids)
        mask = self.mask.like(x)[..., start:start + T, :start + T]
        x = self.dropout(self.wpe.embed(x, start))
        for layer, block in enumerate(self.blocks):
            x = block(x, self.wpe, mask, cache, layer)
        if cache is not None:
            cache.advance(T)
        return self.lm_head(self.norm_f(x))

    def new_cache(self):
        """An empty KV cache for one batch of sequences."""
        return KVCache(self.config)

    def num_parameters(self):
        """How many numbers are trained; a tied weight counts once."""
        return sum(parameter.numel() for parameter in self.parameters())

    def load_state_dict(self, state, strict=True, assign=False):
        """As nn.Module's, but arrays of any backend are welcome and a misfit is one clear CheckpointError."""
        mine = self.state_dict()
        state = {name: torch.as_tensor(array) for name, array in state.items()}
        for name in state:
            if strict and name not in mine:
                raise CheckpointError(unknown("weight", name, mine))
        for name, parameter in mine.items():
            if strict and name not in state:
                raise CheckpointError(f"the saved weights lack {name!r}; they belong to a model of another shape")
            if name in state and state[name].shape != parameter.shape:
                raise CheckpointError(f"{name} is {tuple(state[name].shape)} in the saved weights and "
                                      f"{tuple(parameter.shape)} in this model; "
                                      "build the model with the configuration it was saved with")
        return super().load_state_dict(state, strict=strict, assign=assign)

    def check_ids(self, ids, cache=None):
        """ids as a tensor on the weights' device, and the first one's position; ModelInputError if they do not fit."""
        config = self.config
        ids = torch.as_tensor(ids, device=self.wte.weight.device)
        start = 0 if cache is None else cache.length
        if ids.ndim != 2 or ids.is_floating_point() or ids.dtype == torch.bool or 0 in ids.shape:
            raise ModelInputError(f"ids of shape {tuple(ids.shape)} and type {ids.dtype}; allowed: (batch, time) whole "
                                  "numbers, at least one of each; for one sequence pass ids[None]")
        if start + ids.shape[1] > config.block_size:
            raise ModelInputError(f"{start + ids.shape[1]} tokens do not fit the context of "
                                  f"block_size={config.block_size}; pass the last {config.block_size}, "
                                  "or build a model with a larger block_size")
        low, high = int(ids.min()), int(ids.max())
        if low < 0 or high >= config.vocab_size:
            raise ModelInputError(f"token id {low if low < 0 else high} is out of range; allowed: 0 to "
                                  f"{config.vocab_size - 1}; was the text encoded with this model's tokenizer?")
        return ids.long(), start


def block_kinds(config):
    """The class of each block: with token_shift the first one looks a row back."""
    first = SHIFTED_BLOCKS if config.token_shift else BLOCKS
    return [first[config.norm_place]] + [BLOCKS[config.norm_place]] * (config.n_layer - 1)


def position_bias(position, config):
    """The position's bias for the whole context, with the heads as groups (G, R, T, T), or a number."""
    T = config.block_size
    bias = np.asarray(position.bias(T, T))
    return bias.reshape(config.kv_heads, -1, T, T) if bias.ndim else bias
