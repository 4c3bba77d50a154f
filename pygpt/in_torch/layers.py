"""The twin of in_numpy/layers.py: torch's own layers, with the same arguments and GPT-2's initial weights.

C width
"""

from torch import nn

from .functional import dropout, dropout_mask

INIT_STD = 0.02   # GPT-2's standard deviation for every matrix and table


class Linear(nn.Linear):
    """y = x weightᵀ + bias."""

    def __init__(self, n_in, n_out, bias=True, std=INIT_STD):
        super().__init__(n_in, n_out, bias=bias)
        nn.init.normal_(self.weight, std=std)
        if bias:
            nn.init.zeros_(self.bias)


class Embedding(nn.Embedding):
    """A table with one row of width C for each of n ids."""

    def __init__(self, n, width):
        super().__init__(n, width)
        nn.init.normal_(self.weight, std=INIT_STD)


class LayerNorm(nn.LayerNorm):
    """Each position to mean 0 and variance 1 over its width, then a learned scale and shift."""

    def __init__(self, width, eps=1e-5, bias=True):
        super().__init__(width, eps=eps, bias=bias)


class RMSNorm(nn.RMSNorm):
    """Each position to mean square 1, then a learned scale. It has no shift: `bias` is there so norms build alike."""

    def __init__(self, width, eps=1e-5, bias=False):
        super().__init__(width, eps=eps)


class Dropout(nn.Dropout):
    """Drops values while training, does nothing while evaluating."""

    def __init__(self, p):
        super().__init__(p)

    def forward(self, x):
        return dropout(x, self.draw(x)) if self.training and self.p else x

    def draw(self, x):
        """A fresh mask for x. To compare two models, give both the same ones: layer.draw = lambda x: mask."""
        return dropout_mask(x, self.p)


NORMS = {"layernorm": LayerNorm, "rmsnorm": RMSNorm}
