"""AdamW and gradient clipping."""

import math

from .backend import array_module


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


class AdamW:
    """Adam with decoupled weight decay (Kingma & Ba 2015; Loshchilov & Hutter 2019), the same arithmetic as torch's.

    named_parameters: (name, Parameter) pairs, each tied weight once, as Module.named_parameters gives them.
    """

    def __init__(self, named_parameters, lr=1e-3, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1):
        self.parameters = dict(named_parameters)
        self.lr, self.betas, self.eps, self.weight_decay = lr, betas, eps, weight_decay
        self.steps = 0
        zeros = {n: array_module(p.data).zeros_like(p.data) for n, p in self.parameters.items()}
        self.mean = {name: z.copy() for name, z in zeros.items()}      # of the gradients
        self.square = zeros                                            # of the gradients' squares

    def step(self, lr=None):
        """Update every parameter in place, with learning rate `lr` or the one given at the start."""
        lr = self.lr if lr is None else lr
        beta1, beta2 = self.betas
        self.steps += 1
        mean_bias, square_bias = 1 - beta1 ** self.steps, 1 - beta2 ** self.steps   # both averages start at zero
        for name, parameter in self.parameters.items():
            grad, mean, square = parameter.grad, self.mean[name], self.square[name]
            if grad is None:
                continue
            xp = array_module(grad)
            if decays(name, parameter.data):
                parameter.data *= 1 - lr * self.weight_decay
            mean *= beta1
            mean += grad * (1 - beta1)
            square *= beta2
            scaled = grad * grad
            scaled *= 1 - beta2
            square += scaled
            denominator = xp.sqrt(square, out=scaled)
            denominator *= 1 / math.sqrt(square_bias)
            denominator += self.eps
            update = xp.divide(mean, denominator, out=denominator)
            update *= lr / mean_bias
            parameter.data -= update

    def zero_grad(self):
        for parameter in self.parameters.values():
            parameter.grad = None

    def moments(self):
        """Flat name -> array (mean.<name>, square.<name>) and the number of steps done: all a resumed run needs."""
        arrays = {f"mean.{n}": a for n, a in self.mean.items()} | {f"square.{n}": a for n, a in self.square.items()}
        return arrays, self.steps

    def load_moments(self, arrays, steps):
        """Take over the moments of either backend."""
        for name in self.parameters:
            self.mean[name][...] = arrays[f"mean.{name}"]
            self.square[name][...] = arrays[f"square.{name}"]
        self.steps = steps
