"""Activation checkpointing: keep less on the way forward, compute it again on the way back (Chen et al. 2016).

B batch  T positions  C width
"""

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint


class CheckpointedBlock(nn.Module):
    """A block that keeps only its input for the way back. Put it around blocks with swap(model, "blocks.*", ...).

    Gradients are equal to the bit, dropout included: torch replays its random numbers. Weights keep their names.
    """

    def __init__(self, block):
        super().__init__()
        # The block's own parts under their own names, so that saved weights fit with and without the wrapper.
        self._modules = block._modules
        object.__setattr__(self, "block", block)   # past nn.Module, which would register it as one part more

    def forward(self, x, position, mask, cache=None, layer=0):
        if cache is not None or not torch.is_grad_enabled():
            return self.block(x, position, mask, cache, layer)
        return checkpoint(self.block, x, position, mask, use_reentrant=False)
