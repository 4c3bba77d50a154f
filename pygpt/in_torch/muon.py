"""The twin of in_numpy/muon.py. torch.optim.Muon rounds to bfloat16 on its way; this one stays in the weights' type.

C width
"""

import math

import torch

from .optim import SGD, Adam, AdamW, RMSProp, decays

COEFFICIENTS = 3.4445, -4.7750, 2.0315   # of the iteration's polynomial: steep at zero, settling near one
ITERATIONS = 5


def orthogonalise(matrix, iterations=ITERATIONS, eps=1e-7):
    """matrix (M, N) -> (M, N) with the same singular directions and singular values near 1."""
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.mT if tall else matrix
    x = x / x.norm().clamp(min=eps)
    for _ in range(iterations):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


class Muon(AdamW):
    """Muon for the matrices inside the blocks, AdamW for all the rest: tables, the head, norms and biases."""

    def __init__(self, named_parameters, lr=1e-3, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1, momentum=0.95):
        super().__init__(named_parameters, lr, betas, eps, weight_decay)
        self.momentum = momentum

    @torch.no_grad()
    def step(self, lr=None):
        """Update every parameter in place, with learning rate `lr` or the one given at the start."""
        matrices = {n: p for n, p in self._named.items() if p.grad is not None and turns(n, p)}
        gradients = {name: p.grad for name, p in matrices.items()}
        for p in matrices.values():
            p.grad = None                                  # AdamW leaves alone what has no gradient
        super().step(lr)
        for name, p in matrices.items():
            p.grad = gradients[name]
            self._turn(name, p)

    def _turn(self, name, p):
        group = self.param_groups[0]                       # the one with weight decay, as all matrices have
        velocity = self.state[p].setdefault("velocity", torch.zeros_like(p))
        velocity.mul_(self.momentum).add_(p.grad, alpha=1 - self.momentum)
        ahead = self.momentum * velocity + (1 - self.momentum) * p.grad
        p.mul_(1 - group["lr"] * group["weight_decay"])
        p.sub_(group["lr"] * 0.2 * math.sqrt(max(p.shape)) * orthogonalise(ahead))

    def keys_of(self, name, parameter):
        return {"velocity": "velocity"} if turns(name, parameter) else self.keys


def turns(name, array):
    """Whether Muon's rule applies: to the matrices of the blocks."""
    return array.ndim == 2 and decays(name, array) and name.split(".")[0] != "lm_head"


OPTIMIZERS = {
    "sgd": lambda parameters, betas, decay: SGD(parameters, momentum=betas[0], weight_decay=decay),
    "rmsprop": lambda parameters, betas, decay: RMSProp(parameters, alpha=betas[1], weight_decay=decay),
    "adam": lambda parameters, betas, decay: Adam(parameters, betas=betas, weight_decay=decay),
    "adamw": lambda parameters, betas, decay: AdamW(parameters, betas=betas, weight_decay=decay),
    "muon": lambda parameters, betas, decay: Muon(parameters, betas=betas, weight_decay=decay),
}
