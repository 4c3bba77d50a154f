"""The twin of in_numpy/mlp.py.

B batch  T positions  C width  F hidden width
"""

from torch import nn

from .functional import gelu, gelu_exact, relu2, silu
from .layers import INIT_STD, Dropout, Linear


class Activation(nn.Module):
    """A nonlinearity as a module. Its kinds name their function."""

    def forward(self, x):
        return self.function(x)


class GELU(Activation):
    """GELU in its tanh form."""
    function = staticmethod(gelu)


class ExactGELU(Activation):
    """GELU with the error function."""
    function = staticmethod(gelu_exact)


class ReLU2(Activation):
    """ReLU squared."""
    function = staticmethod(relu2)


class SiLU(Activation):
    """x times the logistic function of x."""
    function = staticmethod(silu)


class MLP(nn.Module):
    """(B, T, C) -> up to F -> the nonlinearity -> down to C."""

    def __init__(self, config, residual_std=INIT_STD):
        super().__init__()
        C, F = config.n_embd, config.hidden_size
        self.up_proj = Linear(C, F, bias=config.bias)
        self.activation = ACTIVATIONS[config.mlp]()
        self.down_proj = Linear(F, C, bias=config.bias, std=residual_std)
        self.dropout = Dropout(config.dropout)

    def forward(self, x):
        return self.dropout(self.down_proj(self.activation(self.up_proj(x))))


class GatedMLP(nn.Module):
    """(B, T, C) -> up to F, times an activated gate of the same width -> down to C (Shazeer 2020)."""

    def __init__(self, config, residual_std=INIT_STD):
        super().__init__()
        C, F = config.n_embd, config.hidden_size
        self.gate_proj = Linear(C, F, bias=config.bias)
        self.up_proj = Linear(C, F, bias=config.bias)
        self.activation = ACTIVATIONS[config.mlp]()
        self.down_proj = Linear(F, C, bias=config.bias, std=residual_std)
        self.dropout = Dropout(config.dropout)

    def forward(self, x):
        return self.dropout(self.down_proj(self.activation(self.gate_proj(x)) * self.up_proj(x)))


ACTIVATIONS = {"gelu": GELU, "gelu_exact": ExactGELU, "relu2": ReLU2, "swiglu": SiLU, "geglu": GELU}
MLPS = {"gelu": MLP, "gelu_exact": MLP, "relu2": MLP, "swiglu": GatedMLP, "geglu": GatedMLP}
