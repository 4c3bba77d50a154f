"""A tiny real GPT for train_step, an optimizer that is watched, and what both should look like after a step."""

import math

import numpy as np

from .. import reference
from ..inputs import normal, token_ids
from ..runner import Trouble

WATCHED = ("wte.weight", "blocks.0.attn.q_proj.weight", "norm_f.bias")   # k_proj.bias would not do: its gradient is 0
CALLS, NORM = "calls of optimizer.step()", "norm of all gradients at the step"
LATER = "norm of all gradients after the step"   # never compared: it only tells apart mistakes that look alike
GRADIENTS = tuple(f"gradient of {name} at the step" for name in WATCHED)
WEIGHTS = tuple(f"{name} after the step" for name in WATCHED)


def setting(max_norm, old_gradients=False):
    """(model, optimizer, ids, targets, max_norm), equal on every call; float64, no weight 0 or 1, ids that repeat."""
    from ...config import GPTConfig
    from ...in_numpy import GPT, AdamW

    model = GPT(GPTConfig(vocab_size=7, block_size=5, n_layer=1, n_head=2, n_embd=6), rng=1, dtype="float64")
    for seed, parameter in enumerate(model.parameters()):
        parameter.data += normal(200 + seed, *parameter.data.shape, scale=0.3)
        if old_gradients:
            parameter.grad = normal(300 + seed, *parameter.data.shape)
    optimizer = AdamW(model.named_parameters(), lr=0.01)
    return model, optimizer, token_ids(5, 7, 3, 5), token_ids(6, 7, 3, 5), max_norm


def train_step(model, optimizer, ids, targets, max_norm):
    """The reference: the loss, its gradient and the clipping from the definition; the model brings its own backward."""
    from ...in_numpy import Tape

    tape = Tape()
    logits = model.forward(ids, tape)
    model.zero_grad()
    model.backward(reference.cross_entropy_gradient(reference.softmax(logits), targets), tape)
    everything = np.concatenate([parameter.grad.ravel() for parameter in model.parameters()])
    factor = min(1.0, max_norm / math.sqrt(math.fsum(everything**2)))
    for parameter in model.parameters():
        parameter.grad = factor * parameter.grad
    optimizer.step()
    return reference.cross_entropy(logits, targets)


def global_norm(model):
    """Over all parameters together; those without a gradient count as 0."""
    return math.sqrt(math.fsum(float((p.grad * p.grad).sum()) for p in model.parameters() if p.grad is not None))


def watch(model, optimizer):
    """Note the gradients at every optimizer.step(). Returns the list that fills up."""
    notes, step = [], optimizer.step

    def noting_step(*args, **kwargs):
        named = dict(model.named_parameters())
        if any(parameter.grad is None for parameter in named.values()):
            raise Trouble("no gradient", "there was no gradient when optimizer.step() was called",
                          "The order is: zero the gradients, backward, clip, step.")
        notes.append({NORM: global_norm(model), **{
            key: named[name].grad.copy() for key, name in zip(GRADIENTS, WATCHED, strict=True)}})
        return step(*args, **kwargs)
    optimizer.step = noting_step
    return notes


def one_step(f, model, optimizer, ids, targets, max_norm):
    """Loss, number of steps, gradients at the step, weights afterwards."""
    notes = watch(model, optimizer)
    loss = f(model, optimizer, ids, targets, max_norm)
    if loss is None:
        raise Trouble("none", "your function returned None", "Its last line should be `return loss`, a float.")
    if not notes:
        raise Trouble("no step", "optimizer.step() was never called", "Without it no weight changes.")
    weights = dict(model.named_parameters())
    return {"loss": loss, CALLS: len(notes), LATER: global_norm(model), **notes[0], **{
        key: weights[name].data.copy() for key, name in zip(WEIGHTS, WATCHED, strict=True)}}


def three_steps(f, model, optimizer, ids, targets, max_norm):
    """The losses of three steps on the same batch, and the weights after them."""
    losses = [one_step(f, model, optimizer, ids, targets, max_norm)["loss"]]
    losses += [f(model, optimizer, ids, targets, max_norm) for _ in range(2)]
    weights = dict(model.named_parameters())
    return {"losses of three steps": np.array(losses, dtype=float), **{
        key: weights[name].data.copy() for key, name in zip(WEIGHTS, WATCHED, strict=True)}}


def by_differences(model, optimizer, ids, targets, max_norm):
    """The gradient of one weight from forward passes alone."""
    weight = dict(model.named_parameters())[WATCHED[-1]]

    def loss_with(values):
        weight.data[...] = values
        return reference.cross_entropy(model.forward(ids), targets)
    return {GRADIENTS[-1]: reference.central_differences(loss_with, weight.data.copy())}
