"""The feed-forward half of a block: each position on its own, wider, through a nonlinearity, and back.

B batch  T positions  C width  F hidden width
"""

from .functional import (
    gelu_backward,
    gelu_exact_backward,
    gelu_exact_forward,
    gelu_forward,
    relu2_backward,
    relu2_forward,
    silu_backward,
    silu_forward,
)
from .layers import INIT_STD, Dropout, Linear
from .module import Module


class Activation(Module):
    """A nonlinearity as a module, so that it can keep its cache on the tape. Its kinds name their functional pair."""

    def pair(self):
        """(forward, backward)."""
        raise NotImplementedError

    def forward(self, x, tape=None):
        y, cache = self.pair()[0](x)
        if tape is not None:
            tape.save(self, cache)
        return y

    def backward(self, dy, tape):
        return self.pair()[1](dy, tape.load(self))


class GELU(Activation):
    """GELU in its tanh form."""

    def pair(self):
        return gelu_forward, gelu_backward


class ExactGELU(Activation):
    """GELU with the error function."""

    def pair(self):
        return gelu_exact_forward, gelu_exact_backward


class ReLU2(Activation):
    """ReLU squared."""

    def pair(self):
        return relu2_forward, relu2_backward


class SiLU(Activation):
    """x times the logistic function of x."""

    def pair(self):
        return silu_forward, silu_backward


class MLP(Module):
    """(B, T, C) -> up to F -> the nonlinearity -> down to C."""

    def __init__(self, config, rng=None, residual_std=INIT_STD):
        C, F = config.n_embd, config.hidden_size
        self.up_proj = Linear(C, F, bias=config.bias, rng=rng)
        self.activation = ACTIVATIONS[config.mlp]()
        self.down_proj = Linear(F, C, bias=config.bias, rng=rng, std=residual_std)
        self.dropout = Dropout(config.dropout, rng=rng)

    def forward(self, x, tape=None):
        h = self.activation(self.up_proj(x, tape), tape)
        return self.dropout(self.down_proj(h, tape), tape)

    def backward(self, dy, tape):
        dh = self.down_proj.backward(self.dropout.backward(dy, tape), tape)
        return self.up_proj.backward(self.activation.backward(dh, tape), tape)


class GatedMLP(Module):
    """(B, T, C) -> up to F, times an activated gate of the same width -> down to C (Shazeer 2020)."""

    def __init__(self, config, rng=None, residual_std=INIT_STD):
        C, F = config.n_embd, config.hidden_size
        self.gate_proj = Linear(C, F, bias=config.bias, rng=rng)
        self.up_proj = Linear(C, F, bias=config.bias, rng=rng)
        self.activation = ACTIVATIONS[config.mlp]()
        self.down_proj = Linear(F, C, bias=config.bias, rng=rng, std=residual_std)
        self.dropout = Dropout(config.dropout, rng=rng)

    def forward(self, x, tape=None):
        gate = self.activation(self.gate_proj(x, tape), tape)
        up = self.up_proj(x, tape)
        if tape is not None:
            tape.save(self, (gate, up))
        return self.dropout(self.down_proj(gate * up, tape), tape)

    def backward(self, dy, tape):
        dh = self.down_proj.backward(self.dropout.backward(dy, tape), tape)
        gate, up = tape.load(self)
        dx = self.up_proj.backward(dh * gate, tape)        # the product rule: each factor gets the other one
        return dx + self.gate_proj.backward(self.activation.backward(dh * up, tape), tape)


ACTIVATIONS = {"gelu": GELU, "gelu_exact": ExactGELU, "relu2": ReLU2, "swiglu": SiLU, "geglu": GELU}
MLPS = {"gelu": MLP, "gelu_exact": MLP, "relu2": MLP, "swiglu": GatedMLP, "geglu": GatedMLP}
