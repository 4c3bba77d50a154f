"""The twin of in_numpy/block.py.

B batch  T positions  C width
"""

from torch import nn

from .attention import Attention
from .fast_parts import TokenShift
from .layers import INIT_STD, NORMS
from .mlp import MLPS


class Block(nn.Module):
    """What both placements of the norm have in common: two norms, attention, MLP."""

    def __init__(self, config, residual_std=INIT_STD):
        super().__init__()
        norm = NORMS[config.norm]
        self.norm_1 = norm(config.n_embd, config.norm_eps, bias=config.bias)
        self.attn = Attention(config, residual_std)
        self.norm_2 = norm(config.n_embd, config.norm_eps, bias=config.bias)
        self.mlp = MLPS[config.mlp](config, residual_std)


class PreNormBlock(Block):
    """x + attn(norm_1(x)), then x + mlp(norm_2(x)): the norm sits on the branch, the stream stays clear (GPT-2)."""

    def forward(self, x, position, mask, cache=None, layer=0):
        x = x + self.attn(self.norm_1(x), position, mask, cache, layer)
        return x + self.mlp(self.norm_2(x))


class PostNormBlock(Block):
    """norm_1(x + attn(x)), then norm_2(x + mlp(x)): the norm sits on the stream (Vaswani et al. 2017; GPT-1)."""

    def forward(self, x, position, mask, cache=None, layer=0):
        x = self.norm_1(x + self.attn(x, position, mask, cache, layer))
        return self.norm_2(x + self.mlp(x))


class Shifted:
    """Before one of the blocks among a class's bases: the stream comes in with some of each row's predecessor in it."""

    def __init__(self, config, residual_std=INIT_STD):
        super().__init__(config, residual_std)
        self.shift = TokenShift(config.n_embd)

    def forward(self, x, position, mask, cache=None, layer=0):
        return super().forward(self.shift(x, cache), position, mask, cache, layer)


class ShiftedPreNormBlock(Shifted, PreNormBlock):
    """A pre-norm block behind a shift."""


class ShiftedPostNormBlock(Shifted, PostNormBlock):
    """A post-norm block behind a shift."""


BLOCKS = {"pre": PreNormBlock, "post": PostNormBlock}
SHIFTED_BLOCKS = {"pre": ShiftedPreNormBlock, "post": ShiftedPostNormBlock}
