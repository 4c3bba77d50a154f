"""Optimizers, from plain descent to Muon, and gradient clipping: the same arithmetic as torch's own."""

import math

from .backend import array_module

COEFFICIENTS = 3.4445, -4.7750, 2.0315   # of Muon's polynomial: steep at zero, settling near one
ITERATIONS = 5


def decays(name, array):
    """Whether weight decay applies: to matrices that mix, not to biases, norms and embedding tables."""
    return array.ndim >= 2 and name.split(".")[0] not in ("wte", "wpe")


def clip_grad_norm(parameters, max_norm):
    """Scale all gradients together so that their joint norm is at most `max_norm`; the norm before, a float.

    One factor for all keeps the direction of the step (Pascanu et al. 2013). max_norm 0 measures and changes nothing.
    """
    grads = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(array_module(p.grad).vdot(p.grad, p.grad)) for p in grads))
    if max_norm and norm > max_norm:
        for p in grads:
            p.grad *= max_norm / norm
    return norm


def clip_grad_value(parameters, max_value):
    """Cut every entry of every gradient to [-max_value, max_value]: it bends the step, as clipping by norm does not."""
    for p in parameters:
        if p.grad is not None:
            p.grad = p.grad.clip(-max_value, max_value)


class Optimizer:
    """What all optimizers share: they walk over the parameters that have a gradient and change each in place.

    named_parameters: (name, Parameter) pairs, each tied weight once, as Module.named_parameters gives them.
    weight_decay pulls the weights that `decays` names towards zero. A kind says which arrays it keeps for a parameter
    (`kinds`) and how it changes one (`update`).
    """

    def __init__(self, named_parameters, lr, weight_decay=0.0):
        self.parameters = dict(named_parameters)
        self.lr, self.weight_decay = lr, weight_decay
        self.steps = 0
        self.lr_factors = {}
        self.kept = {name: {kind: array_module(p.data).zeros_like(p.data) for kind in self.kinds(name, p.data)}
                     for name, p in self.parameters.items()}

    def kinds(self, name, array):
        """The names of the arrays that are kept for a parameter, each of its shape and zero at first."""
        return ()

    def set_lr_factors(self, factors):
        """factors: first name of a parameter -> its learning rate as a multiple of the others', {"wte": 2.0}."""
        self.lr_factors = dict(factors)

    def update(self, name, parameter, lr, decay):
        """Change one parameter in place. decay: its weight decay, 0 where it has none."""
        raise NotImplementedError

    def step(self, lr=None):
        """Update every parameter in place, with learning rate `lr` or the one given at the start."""
        self.steps += 1
        lr = self.lr if lr is None else lr
        for name, parameter in self.parameters.items():
            if parameter.grad is not None:
                decay = self.weight_decay if decays(name, parameter.data) else 0.0
                self.update(name, parameter, lr * self.lr_factors.get(name.split(".")[0], 1.0), decay)

    def zero_grad(self):
        for parameter in self.parameters.values():
            parameter.grad = None

    def moments(self):
        """Flat name -> array, for instance mean.<name>, and the number of steps done: all a resumed run needs."""
        return {f"{kind}.{name}": array for name, kept in self.kept.items() for kind, array in kept.items()}, self.steps

    def load_moments(self, arrays, steps):
        """Take over the moments of either backend."""
        for name, kept in self.kept.items():
            for kind, array in kept.items():
                array[...] = arrays[f"{kind}.{name}"]
        self.steps = steps


def decayed_gradient(parameter, decay):
    """The gradient with the decay in it: the old way, in which the decay goes through the optimizer's averages."""
    return parameter.grad + decay * parameter.data if decay else parameter.grad


class SGD(Optimizer):
    """Gradient descent, with momentum: a velocity that gradients push and friction slows (Polyak 1964)."""

    def __init__(self, named_parameters, lr=1e-2, momentum=0.9, weight_decay=0.0):
        super().__init__(named_parameters, lr, weight_decay)
        self.momentum = momentum

    def kinds(self, name, array):
        return ("velocity",)

    def update(self, name, parameter, lr, decay):
        velocity = self.kept[name]["velocity"]
        velocity *= self.momentum
        velocity += decayed_gradient(parameter, decay)
        parameter.data -= lr * velocity


class RMSProp(Optimizer):
    """Each entry's step is divided by the recent size of its gradient (Tieleman & Hinton 2012)."""

    def __init__(self, named_parameters, lr=1e-3, alpha=0.99, eps=1e-8, weight_decay=0.0):
        super().__init__(named_parameters, lr, weight_decay)
        self.alpha, self.eps = alpha, eps

    def kinds(self, name, array):
        return ("square",)

    def update(self, name, parameter, lr, decay):
        grad, square = decayed_gradient(parameter, decay), self.kept[name]["square"]
        square *= self.alpha
        square += (1 - self.alpha) * grad * grad
        parameter.data -= lr * grad / (array_module(grad).sqrt(square) + self.eps)


class Adam(Optimizer):
    """Momentum over RMSProp, both averages corrected for their start at zero (Kingma & Ba 2015)."""

    def __init__(self, named_parameters, lr=1e-3, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.0):
        super().__init__(named_parameters, lr, weight_decay)
        self.betas, self.eps = betas, eps

    def kinds(self, name, array):
        return ("mean", "square")

    def update(self, name, parameter, lr, decay):
        parameter.data -= self.adam_step(name, decayed_gradient(parameter, decay), lr)

    def adam_step(self, name, grad, lr):
        """lr * mean / (sqrt(square) + eps), with both averages corrected; they are moved on here."""
        mean, square = self.kept[name]["mean"], self.kept[name]["square"]
        beta1, beta2 = self.betas
        mean_bias, square_bias = 1 - beta1 ** self.steps, 1 - beta2 ** self.steps   # both averages start at zero
        mean *= beta1
        mean += grad * (1 - beta1)
        square *= beta2
        scaled = grad * grad
        scaled *= 1 - beta2
        square += scaled
        xp = array_module(grad)
        denominator = xp.sqrt(square, out=scaled)
        denominator *= 1 / math.sqrt(square_bias)
        denominator += self.eps
        update = xp.divide(mean, denominator, out=denominator)
        update *= lr / mean_bias
        return update


class AdamW(Adam):
    """Adam whose weight decay is decoupled: it never passes through the averages (Loshchilov & Hutter 2019)."""

    def __init__(self, named_parameters, lr=1e-3, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1):
        super().__init__(named_parameters, lr, betas, eps, weight_decay)

    def update(self, name, parameter, lr, decay):
        if decay:
            parameter.data *= 1 - lr * decay
        parameter.data -= self.adam_step(name, parameter.grad, lr)


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
    """Momentum made orthogonal, for the matrices inside the blocks (Jordan et al. 2024); AdamW for all the rest.

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


def make_optimizer(name, named_parameters, betas, weight_decay, lr_factors=None):
    """The optimizer called `name` in OPTIMIZERS; lr_factors as Optimizer.set_lr_factors takes them."""
    optimizer = OPTIMIZERS[name](named_parameters, betas, weight_decay)
    if lr_factors:
        optimizer.set_lr_factors(lr_factors)
    return optimizer


OPTIMIZERS = {
    "sgd": lambda parameters, betas, decay: SGD(parameters, momentum=betas[0], weight_decay=decay),
    "rmsprop": lambda parameters, betas, decay: RMSProp(parameters, alpha=betas[1], weight_decay=decay),
    "adam": lambda parameters, betas, decay: Adam(parameters, betas=betas, weight_decay=decay),
    "adamw": lambda parameters, betas, decay: AdamW(parameters, betas=betas, weight_decay=decay),
    "muon": lambda parameters, betas, decay: Muon(parameters, betas=betas, weight_decay=decay, momentum=betas[0]),
}
