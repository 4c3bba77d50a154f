"""The twin of in_numpy/optim.py: torch's own optimizers behind the same names."""

import torch


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
        self._named, self._steps = dict(named_parameters), 0
        groups = [{"params": [p for n, p in self._named.items() if decays(n, p)], "weight_decay": weight_decay},
                  {"params": [p for n, p in self._named.items() if not decays(n, p)], "weight_decay": 0.0}]
        super().__init__([group for group in groups if group["params"]], lr=lr, **settings)

    def step(self, lr=None):
        """Update every parameter in place, with learning rate `lr` or the one given at the start."""
        if lr is not None:
            for group in self.param_groups:
                group["lr"] = lr
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
        """Take over the moments of either backend."""
        self._steps = steps
        for name, parameter in self._named.items():
            kept = {key: torch.as_tensor(arrays[f"{kind}.{name}"]).to(parameter)
                    for kind, key in self.keys_of(name, parameter).items()}
            self.state[parameter] = {"step": torch.tensor(float(steps)), **kept}

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
        super().__init__(named_parameters, lr, weight_decay, betas=betas, eps=eps)


class AdamW(Optimizer, torch.optim.AdamW):
    """Adam with decoupled weight decay, only where `decays` says so."""
    keys = {"mean": "exp_avg", "square": "exp_avg_sq"}

    def __init__(self, named_parameters, lr=1e-3, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1):
        super().__init__(named_parameters, lr, weight_decay, betas=betas, eps=eps)
