"""A transformer block: attention mixes positions, the MLP works on each; both add to the residual stream.

B batch  T positions  C width
"""

from .attention import Attention
from .layers import INIT_STD, NORMS
from .mlp import MLPS
from .module import Module


class PreNormBlock(Module):
    """x + attn(norm_1(x)), then x + mlp(norm_2(x)): the norm sits on the branch, the stream stays clear (GPT-2)."""

    def __init__(self, config, rng=None, residual_std=INIT_STD):
        norm = NORMS[config.norm]
        self.norm_1 = norm(config.n_embd, config.norm_eps, bias=config.bias)
        self.attn = Attention(config, rng, residual_std)
        self.norm_2 = norm(config.n_embd, config.norm_eps, bias=config.bias)
        self.mlp = MLPS[config.mlp](config, rng, residual_std)

    def forward(self, x, position, mask, tape=None, cache=None, layer=0):
        x = x + self.attn(self.norm_1(x, tape), position, mask, tape, cache, layer)
        return x + self.mlp(self.norm_2(x, tape), tape)

    def backward(self, dy, position, tape):
        dy = dy + self.norm_2.backward(self.mlp.backward(dy, tape), tape)              # the plus sends dy both ways
        return dy + self.norm_1.backward(self.attn.backward(dy, position, tape), tape)


BLOCKS = {"pre": PreNormBlock}
