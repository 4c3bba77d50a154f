"""The twin of in_numpy/optim.py: torch's AdamW behind the same names."""

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


class AdamW(torch.optim.AdamW):
    """torch.optim.AdamW over (name, parameter) pairs, with the decay only where `decays` says so."""

    def __init__(self, named_parameters, lr=1e-3, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1):
        self._named = dict(named_parameters)
        groups = [{"params": [p for n, p in self._named.items() if decays(n, p)], "weight_decay": weight_decay},
                  {"params": [p for n, p in self._named.items() if not decays(n, p)], "weight_decay": 0.0}]
        super().__init__(groups, lr=lr, betas=betas, eps=eps)

    def step(self, lr=None):
        """Update every parameter in place, with learning rate `lr` or the one given at the start."""
        if lr is not None:
            for group in self.param_groups:
                group["lr"] = lr
        super().step()

    def moments(self):
        """Flat name -> NumPy array, the form that in_numpy's AdamW saves, and the number of steps done."""
        arrays, steps = {}, 0
        for name, parameter in self._named.items():
            state = self.state.get(parameter)
            mean, square = ((state["exp_avg"], state["exp_avg_sq"]) if state
                            else (torch.zeros_like(parameter, requires_grad=False),) * 2)
            arrays[f"mean.{name}"], arrays[f"square.{name}"] = mean.cpu().numpy(), square.cpu().numpy()
            steps = int(state["step"]) if state else steps
        return arrays, steps

    def load_moments(self, arrays, steps):
        """Take over the moments of either backend."""
        for name, parameter in self._named.items():
            self.state[parameter] = {"step": torch.tensor(float(steps)),
                                     "exp_avg": torch.as_tensor(arrays[f"mean.{name}"]).to(parameter),
                                     "exp_avg_sq": torch.as_tensor(arrays[f"square.{name}"]).to(parameter)}
