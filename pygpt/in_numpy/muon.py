"""Muon: momentum whose matrices are made orthogonal before they are stepped along (Jordan et al. 2024).

C width
"""

import math

from .backend import array_module
from .optim import SGD, Adam, AdamW, RMSProp, decays

COEFFICIENTS = 3.4445, -4.7750, 2.0315   # of the iteration's polynomial: steep at zero, settling near one
ITERATIONS = 5


def orthogonalise(matrix, iterations=ITERATIONS, eps=1e-7):
    """matrix (M, N) -> (M, N) with the same singular directions and singular values near 1.

    Each round applies a x + b x³ + c x⁵ to every singular value x, with products of matrices only (Newton-Schulz).
    """
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix                       # the product x xᵀ is then the smaller of the two
    x = x / max(math.sqrt(float(array_module(x).vdot(x, x))), eps)   # singular values at most 1
    for _ in range(iterations):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x


class Muon(AdamW):
    """Muon for the matrices inside the blocks, AdamW for all the rest: tables, the head, norms and biases.

    A step has the size of AdamW's, 0.2 sqrt(longer side), so that one learning rate serves both (Liu et al. 2025).
    """

    def __init__(self, named_parameters, lr=1e-3, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1, momentum=0.95):
        self.momentum = momentum
        super().__init__(named_parameters, lr, betas, eps, weight_decay)

    def kinds(self, name, array):
        return ("velocity",) if turns(name, array) else super().kinds(name, array)

    def update(self, name, parameter, lr, decay):
        if not turns(name, parameter.data):
            return super().update(name, parameter, lr, decay)
        velocity, grad = self.kept[name]["velocity"], parameter.grad
        velocity *= self.momentum
        velocity += (1 - self.momentum) * grad
        ahead = self.momentum * velocity + (1 - self.momentum) * grad      # Nesterov: look where the velocity leads
        if decay:
            parameter.data *= 1 - lr * decay
        parameter.data -= lr * 0.2 * math.sqrt(max(grad.shape)) * orthogonalise(ahead)


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
