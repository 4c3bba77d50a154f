"""Parameters with gradients for clip_grad_norm, and what to look at afterwards."""

import math
from types import SimpleNamespace

import numpy as np

from ..runner import Trouble


def reference(parameters, max_norm):
    """One number at a time, straight from the definition."""
    having = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(math.fsum(float(number) ** 2 for p in having for number in p.grad.ravel()))
    if 0 < max_norm < norm:
        for p in having:
            p.grad = np.array([float(number) * max_norm / norm for number in p.grad.ravel()]).reshape(p.grad.shape)
    return norm


def clip(f, gradients, max_norm, hand_over=list):
    """The norm that was returned, every gradient afterwards, and the weights, which should not have moved."""
    parameters = [SimpleNamespace(data=np.full(2 if g is None else g.shape, 0.5), grad=g) for g in gradients]
    norm = f(hand_over(parameters), max_norm)
    if norm is None:
        raise Trouble("none", "your function returned None", "Its last line should be `return norm`, a float.")
    after = {f"gradient {i}": "None" if p.grad is None else p.grad for i, p in enumerate(parameters)}
    return {"norm": norm, **after, "weights": np.concatenate([p.data.ravel() for p in parameters])}


def clip_generator(f, gradients, max_norm):
    """The parameters as model.parameters() gives them: one after the other, once."""
    return clip(f, gradients, max_norm, hand_over=iter)
