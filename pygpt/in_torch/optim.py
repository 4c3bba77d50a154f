"""The twin of in_numpy/optim.py: torch's own optimizers behind the same names."""

import math

import torch

COEFFICIENTS = 3.4445, -4.7750, 2.0315   # of Muon's polynomial: steep at zero, settling near one
ITERATIONS = 5


def decays(name, array):
    """Whether weight decay applies: to matrices that mix, not to biases, norms and embedding tables."""
    return array.ndim >= 2 and name.split(".")[0] not in ("wte", "wpe")


def clip_grad_norm(parameters, max_norm):
    """Scale all gradients together so that their joint norm is at most `max_norm`; the norm before, a float."""
    grads = [p for p in parameters if p.grad is not None]
    norm = torch.nn.utils.get_total_norm([p.grad for p in grads])
    if max_norm and norm > max_norm:
        torch._foreach_mul_([p.grad for p in grads], float(max_norm / norm))
    return float(norm)


def clip_grad_value(parameters, max_value):
    """Cut every entry of every gradient to [-max_value, max_value]."""
    torch.nn.utils.clip_grad_value_([p for p in parameters if p.grad is not None], max_value)


class Optimizer:
    """What makes torch's optimizers take names, a learning rate a step, and moments that move between backends.

    It stands before one of them among a class's bases. `keys` says how torch calls the arrays that NumPy calls by kind.
    """

    keys = {}

    def __init__(self, named_parameters, lr, weight_decay=0.0, **settings):
        self._named, self._steps, self._lr = dict(named_parameters), 0, lr
        groups = [{"params": [p for n, p in self._named.items() if decays(n, p)], "weight_decay": weight_decay},
                  {"params": [p for n, p in self._named.items() if not decays(n, p)], "weight_decay": 0.0}]
        super().__init__([group for group in groups if group["params"]], lr=lr, **settings)

    def set_lr_factors(self, factors):
        """factors: first name of a parameter -> its learning rate as a multiple of the others', {"wte": 2.0}."""
        factor_of = {p: factors.get(name.split(".")[0], 1.0) for name, p in self._named.items()}
        self.param_groups = [
            {**group, "params": [p for p in group["params"] if factor_of[p] == factor], "factor": factor}
            for group in self.param_groups for factor in sorted({factor_of[p] for p in group["params"]})]

    def step(self, lr=None):
        """Update every parameter in place, with learning rate `lr` or the one given at the start."""
        for group in self.param_groups:
            group["lr"] = (self._lr if lr is None else lr) * group.get("factor", 1.0)
        self._steps += 1
        super().step()

    def moments(self):
        """Flat name -> NumPy array, the form that in_numpy's optimizers save, and the number of steps done."""
        arrays = {}
        for name, parameter in self._named.items():
            state = self.state.get(parameter, {})
            for kind, key in self.keys_of(name, parameter).items():
                array = state.get(key)
                array = torch.zeros_like(parameter, requires_grad=False) if array is None else array
                arrays[f"{kind}.{name}"] = array.detach().cpu().numpy()
        return arrays, self._steps

    def load_moments(self, arrays, steps):
        """Take over the moments of either backend, as copies."""
        self._steps = steps
        for name, parameter in self._named.items():
            kept = {key: torch.as_tensor(arrays[f"{kind}.{name}"]).to(parameter, copy=True)
                    for kind, key in self.keys_of(name, parameter).items()}
            self.state[parameter] = {"step": torch.tensor(float(steps), device=parameter.device), **kept}

    def keys_of(self, name, parameter):
        """{our name: torch's name} of the arrays kept for a parameter."""
        return self.keys


class SGD(Optimizer, torch.optim.SGD):
    """Gradient descent with momentum."""
    keys = {"velocity": "momentum_buffer"}

    def __init__(self, named_parameters, lr=1e-2, momentum=0.9, weight_decay=0.0):
        super().__init__(named_parameters, lr, weight_decay, momentum=momentum)


class RMSProp(Optimizer, torch.optim.RMSprop):
    """Each entry's step is divided by the recent size of its gradient."""
    keys = {"square": "square_avg"}

    def __init__(self, named_parameters, lr=1e-3, alpha=0.99, eps=1e-8, weight_decay=0.0):
        super().__init__(named_parameters, lr, weight_decay, alpha=alpha, eps=eps)


class Adam(Optimizer, torch.optim.Adam):
    """Momentum over RMSProp, both averages corrected for their start at zero."""
    keys = {"mean": "exp_avg", "square": "exp_avg_sq"}

    def __init__(self, named_parameters, lr=1e-3, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.0):
        super().__init__(named_parameters, lr, weight_decay, betas=betas, eps=eps, fused=True)


class AdamW(Optimizer, torch.optim.AdamW):
    """Adam with decoupled weight decay, only where `decays` says so."""
    keys = {"mean": "exp_avg", "square": "exp_avg_sq"}

    def __init__(self, named_parameters, lr=1e-3, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1):
        super().__init__(named_parameters, lr, weight_decay, betas=betas, eps=eps, fused=True)


def orthogonalise(matrix, iterations=ITERATIONS, eps=1e-7):
    """matrix (..., M, N) -> the same shape with the same singular directions and singular values near 1.

    A stack of matrices costs a few large products instead of many small ones.
    """
    a, b, c = COEFFICIENTS
    tall = matrix.shape[-2] > matrix.shape[-1]
    x = (matrix.mT if tall else matrix).reshape(-1, *sorted(matrix.shape[-2:]))
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=eps)
    for _ in range(iterations):
        gram = x.bmm(x.mT)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)   # sums inside the products
    return (x.mT if tall else x).reshape(matrix.shape)


class Muon(AdamW):
    """Muon for the matrices inside the blocks, AdamW for all the rest: tables, the head, norms and biases.

    torch.optim.Muon rounds to bfloat16 on its way; this one stays in the weights' type.
    """

    def __init__(self, named_parameters, lr=1e-3, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1, momentum=0.95):
        super().__init__(named_parameters, lr, betas, eps, weight_decay)
        self.momentum = momentum

    @torch.no_grad()
    def step(self, lr=None):
        """Update every parameter in place, with learning rate `lr` or the one given at the start."""
        matrices = {p: p.grad for n, p in self._named.items() if p.grad is not None and turns(n, p)}
        for p in matrices:
            p.grad = None                                  # AdamW leaves alone what has no gradient
        super().step(lr)
        stacks = {}
        for p, p.grad in matrices.items():
            stacks.setdefault(tuple(sorted(p.shape)), []).append(p)
        for parameters in stacks.values():
            self._turn(parameters)

    def _turn(self, parameters):
        """One step of matrices of one shape, or its transpose, made orthogonal together."""
        group = next(g for g in self.param_groups if any(p is parameters[0] for p in g["params"]))
        grads = [p.grad for p in parameters]
        for p in parameters:
            if "velocity" not in self.state[p]:
                self.state[p]["velocity"] = torch.zeros_like(p)
        velocities = [self.state[p]["velocity"] for p in parameters]
        torch._foreach_lerp_(velocities, grads, 1 - self.momentum)
        ahead = [grad.lerp(velocity, self.momentum) for grad, velocity in zip(grads, velocities, strict=True)]
        turned = orthogonalise(torch.stack([x.mT if x.shape[0] > x.shape[1] else x for x in ahead]))
        torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
        size = group["lr"] * 0.2 * math.sqrt(max(parameters[0].shape))
        torch._foreach_sub_(parameters, [size * (y if p.shape == y.shape else y.mT)
                                         for p, y in zip(parameters, turned, strict=True)])

    def keys_of(self, name, parameter):
        return {"velocity": "velocity"} if turns(name, parameter) else self.keys


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
