"""The twin of in_numpy/mlp.py.

B batch  T positions  C width  F hidden width
"""

from torch import nn

from .functional import gelu
from .layers import INIT_STD, Dropout, Linear


class GELU(nn.Module):
    """The nonlinearity as a module."""

    def forward(self, x):
        return gelu(x)


class MLP(nn.Module):
    """(B, T, C) -> up to F -> GELU -> down to C."""

    def __init__(self, config, residual_std=INIT_STD):
        super().__init__()
        C, F = config.n_embd, config.hidden_size
        self.up_proj = Linear(C, F, bias=config.bias)
        self.activation = GELU()
        self.down_proj = Linear(F, C, bias=config.bias, std=residual_std)
        self.dropout = Dropout(config.dropout)

    def forward(self, x):
        return self.dropout(self.down_proj(self.activation(self.up_proj(x))))


MLPS = {"gelu": MLP}
