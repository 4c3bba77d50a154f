"""The twin of in_numpy/block.py.

B batch  T positions  C width
"""

from torch import nn

from .attention import Attention
from .layers import INIT_STD, NORMS
from .mlp import MLPS


class PreNormBlock(nn.Module):
    """x + attn(norm_1(x)), then x + mlp(norm_2(x)): the norm sits on the branch, the stream stays clear (GPT-2)."""

    def __init__(self, config, residual_std=INIT_STD):
        super().__init__()
        norm = NORMS[config.norm]
        self.norm_1 = norm(config.n_embd, config.norm_eps, bias=config.bias)
        self.attn = Attention(config, residual_std)
        self.norm_2 = norm(config.n_embd, config.norm_eps, bias=config.bias)
        self.mlp = MLPS[config.mlp](config, residual_std)

    def forward(self, x, position, mask, cache=None, layer=0):
        x = x + self.attn(self.norm_1(x), position, mask, cache, layer)
        return x + self.mlp(self.norm_2(x))


BLOCKS = {"pre": PreNormBlock}
