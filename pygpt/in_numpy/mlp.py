"""The feed-forward half of a block: each position on its own, wider, through a nonlinearity, and back.

B batch  T positions  C width  F hidden width
"""

from .functional import gelu_backward, gelu_forward
from .layers import INIT_STD, Dropout, Linear
from .module import Module


class GELU(Module):
    """The nonlinearity as a module, so that it can keep its cache on the tape."""

    def forward(self, x, tape=None):
        y, cache = gelu_forward(x)
        if tape is not None:
            tape.save(self, cache)
        return y

    def backward(self, dy, tape):
        return gelu_backward(dy, tape.load(self))


class MLP(Module):
    """(B, T, C) -> up to F -> GELU -> down to C."""

    def __init__(self, config, rng=None, residual_std=INIT_STD):
        C, F = config.n_embd, config.hidden_size
        self.up_proj = Linear(C, F, bias=config.bias, rng=rng)
        self.activation = GELU()
        self.down_proj = Linear(F, C, bias=config.bias, rng=rng, std=residual_std)
        self.dropout = Dropout(config.dropout, rng=rng)

    def forward(self, x, tape=None):
        h = self.activation(self.up_proj(x, tape), tape)
        return self.dropout(self.down_proj(h, tape), tape)

    def backward(self, dy, tape):
        dh = self.down_proj.backward(self.dropout.backward(dy, tape), tape)
        return self.up_proj.backward(self.activation.backward(dh, tape), tape)


MLPS = {"gelu": MLP}
