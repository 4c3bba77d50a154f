"""Wrong answers to 11.3 train_step: the right parts in the wrong order, or one part wrong.

The package's model and loss are imported where they are used, so that `import pygpt.grading` stays quick.
"""

import math

import numpy as np

from ..exercise import mistake

TRAIN_STEP = []


def forward_backward(model, ids, targets, factor=1.0):
    """One forward and one backward; the loss. `factor` multiplies the loss and all gradients."""
    from ...in_numpy.losses import cross_entropy_backward, cross_entropy_forward
    from ...in_numpy.module import Tape

    tape = Tape()
    loss, cache = cross_entropy_forward(model.forward(ids, tape), targets)
    model.backward(factor * cross_entropy_backward(cache), tape)
    return factor * loss


def global_norm(model):
    return math.sqrt(sum(float((p.grad * p.grad).sum()) for p in model.parameters()))


def rescale(model, factor):
    for parameter in model.parameters():
        parameter.grad = parameter.grad * factor


def clip(model, max_norm):
    norm = global_norm(model)
    if norm > max_norm:
        rescale(model, max_norm / norm)


@mistake(TRAIN_STEP, "forgot to zero the gradients",
         "backward adds to the gradients it finds, so those of the last step are still in there. Call "
         "model.zero_grad() before backward.")
def no_zero(model, optimizer, ids, targets, max_norm):
    loss = forward_backward(model, ids, targets)
    clip(model, max_norm)
    optimizer.step()
    return loss


@mistake(TRAIN_STEP, "zeroed the gradients after the step only",
         "That works as long as everybody before you cleaned up too. A step that starts with model.zero_grad() needs "
         "no such trust.")
def zero_at_the_end(model, optimizer, ids, targets, max_norm):
    loss = no_zero(model, optimizer, ids, targets, max_norm)
    model.zero_grad()
    return loss


@mistake(TRAIN_STEP, "zeroed the gradients between backward and step",
         "You threw away what backward had just computed. First zero, then backward, then step.")
def zero_too_late(model, optimizer, ids, targets, max_norm):
    loss = forward_backward(model, ids, targets)
    model.zero_grad()
    optimizer.step()
    return loss


@mistake(TRAIN_STEP, "no clipping",
         "max_norm made no difference. When the norm of all gradients together exceeds it, multiply every gradient by "
         "max_norm / norm.")
def no_clipping(model, optimizer, ids, targets, max_norm):
    model.zero_grad()
    loss = forward_backward(model, ids, targets)
    optimizer.step()
    return loss


@mistake(TRAIN_STEP, "clipped after the step",
         "The optimizer had already used the long gradients. Clip between backward and optimizer.step().")
def clip_too_late(model, optimizer, ids, targets, max_norm):
    model.zero_grad()
    loss = forward_backward(model, ids, targets)
    optimizer.step()
    clip(model, max_norm)
    return loss


@mistake(TRAIN_STEP, "clipped each parameter by itself",
         "Shrinking each gradient by a factor of its own turns the direction of the step. One norm over all "
         "parameters, one factor for all.")
def clip_each(model, optimizer, ids, targets, max_norm):
    model.zero_grad()
    loss = forward_backward(model, ids, targets)
    for parameter in model.parameters():
        norm = math.sqrt(float((parameter.grad * parameter.grad).sum()))
        if norm > max_norm:
            parameter.grad = parameter.grad * (max_norm / norm)
    optimizer.step()
    return loss


@mistake(TRAIN_STEP, "clipped values instead of the norm",
         "np.clip cuts off single large numbers and so turns the direction of the step. Clipping to a norm shrinks "
         "all by one factor.")
def clip_values(model, optimizer, ids, targets, max_norm):
    model.zero_grad()
    loss = forward_backward(model, ids, targets)
    for parameter in model.parameters():
        parameter.grad = np.clip(parameter.grad, -max_norm, max_norm)
    optimizer.step()
    return loss


@mistake(TRAIN_STEP, "stretched short gradients too",
         "You always rescale to max_norm. Clipping is a limit: gradients whose norm lies below it stay as they are.")
def always_rescale(model, optimizer, ids, targets, max_norm):
    model.zero_grad()
    loss = forward_backward(model, ids, targets)
    rescale(model, max_norm / global_norm(model))
    optimizer.step()
    return loss


@mistake(TRAIN_STEP, "norm without the square root",
         "You compared the sum of squares with max_norm. The norm is its square root.")
def squared_norm(model, optimizer, ids, targets, max_norm):
    model.zero_grad()
    loss = forward_backward(model, ids, targets)
    squared = global_norm(model) ** 2
    if squared > max_norm:
        rescale(model, max_norm / squared)
    optimizer.step()
    return loss


@mistake(TRAIN_STEP, "loss summed instead of averaged",
         "Your loss grows with the batch: it is the right one times the number of positions. The loss of the course "
         "is the mean over all positions.")
def summed_loss(model, optimizer, ids, targets, max_norm):
    model.zero_grad()
    loss = forward_backward(model, ids, targets, factor=targets.size)
    clip(model, max_norm)
    optimizer.step()
    return loss


@mistake(TRAIN_STEP, "trained on the ids instead of the targets",
         "The loss compares the logits with ids, the tokens the model has just read. It should compare them with "
         "targets, the tokens that follow.")
def wrong_target(model, optimizer, ids, targets, max_norm):
    return right_step(model, optimizer, ids, ids, max_norm)


@mistake(TRAIN_STEP, "forgot optimizer.step()",
         "You computed the gradients and used them for nothing. Only optimizer.step() changes the weights.")
def no_step(model, optimizer, ids, targets, max_norm):
    model.zero_grad()
    loss = forward_backward(model, ids, targets)
    clip(model, max_norm)
    return loss


@mistake(TRAIN_STEP, "two steps with one gradient",
         "optimizer.step() ran twice. After the first step the gradient belongs to weights that are gone: one "
         "backward, one step.")
def two_steps(model, optimizer, ids, targets, max_norm):
    loss = right_step(model, optimizer, ids, targets, max_norm)
    optimizer.step()
    return loss


@mistake(TRAIN_STEP, "returned the loss after the update",
         "You ran the model again after the step. Return the loss whose gradient you used: it is already there and "
         "costs nothing.")
def later_loss(model, optimizer, ids, targets, max_norm):
    right_step(model, optimizer, ids, targets, max_norm)
    from ...in_numpy.losses import cross_entropy_forward

    return cross_entropy_forward(model.forward(ids), targets)[0]


def right_step(model, optimizer, ids, targets, max_norm):
    model.zero_grad()
    loss = forward_backward(model, ids, targets)
    clip(model, max_norm)
    optimizer.step()
    return loss
