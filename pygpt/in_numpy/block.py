"""A transformer block: attention mixes positions, the MLP works on each; both add to the residual stream.

B batch  T positions  C width
"""

from .attention import Attention
from .fast_parts import TokenShift
from .layers import INIT_STD, NORMS
from .mlp import MLPS
from .module import Module


class Block(Module):
    """What both placements of the norm have in common: two norms, attention, MLP."""

    def __init__(self, config, rng=None, residual_std=INIT_STD):
        norm = NORMS[config.norm]
        self.norm_1 = norm(config.n_embd, config.norm_eps, bias=config.bias)
        self.attn = Attention(config, rng, residual_std)
        self.norm_2 = norm(config.n_embd, config.norm_eps, bias=config.bias)
        self.mlp = MLPS[config.mlp](config, rng, residual_std)


class PreNormBlock(Block):
    """x + attn(norm_1(x)), then x + mlp(norm_2(x)): the norm sits on the branch, the stream stays clear (GPT-2)."""

    def forward(self, x, position, mask, tape=None, cache=None, layer=0):
        x = x + self.attn(self.norm_1(x, tape), position, mask, tape, cache, layer)
        return x + self.mlp(self.norm_2(x, tape), tape)

    def backward(self, dy, position, tape):
        dy = dy + self.norm_2.backward(self.mlp.backward(dy, tape), tape)              # the plus sends dy both ways
        return dy + self.norm_1.backward(self.attn.backward(dy, position, tape), tape)


class PostNormBlock(Block):
    """norm_1(x + attn(x)), then norm_2(x + mlp(x)): the norm sits on the stream (Vaswani et al. 2017; GPT-1)."""

    def forward(self, x, position, mask, tape=None, cache=None, layer=0):
        x = self.norm_1(x + self.attn(x, position, mask, tape, cache, layer), tape)
        return self.norm_2(x + self.mlp(x, tape), tape)

    def backward(self, dy, position, tape):
        dy = self.norm_2.backward(dy, tape)
        dy = self.norm_1.backward(dy + self.mlp.backward(dy, tape), tape)
        return dy + self.attn.backward(dy, position, tape)


class Shifted:
    """Before one of the blocks among a class's bases: the stream comes in with some of each row's predecessor in it."""

    def __init__(self, config, rng=None, residual_std=INIT_STD):
        super().__init__(config, rng, residual_std)
        self.shift = TokenShift(config.n_embd)

    def forward(self, x, position, mask, tape=None, cache=None, layer=0):
        return super().forward(self.shift(x, tape, cache), position, mask, tape, cache, layer)

    def backward(self, dy, position, tape):
        return self.shift.backward(super().backward(dy, position, tape), tape)


class ShiftedPreNormBlock(Shifted, PreNormBlock):
    """A pre-norm block behind a shift."""


class ShiftedPostNormBlock(Shifted, PostNormBlock):
    """A post-norm block behind a shift."""


BLOCKS = {"pre": PreNormBlock, "post": PostNormBlock}
SHIFTED_BLOCKS = {"pre": ShiftedPreNormBlock, "post": ShiftedPostNormBlock}
