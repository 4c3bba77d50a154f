"""Learning-rate schedules: step -> learning rate. Pure functions of the step: a resumed run needs only its number."""

import math

from .errors import ConfigError, unknown


def constant(step, lr, min_lr, warmup, total):
    """Warm up linearly, then stay at `lr`."""
    return lr * min(1.0, (step + 1) / (warmup + 1))


def cosine(step, lr, min_lr, warmup, total):
    """Warm up linearly to `lr`, then half a cosine down to `min_lr` at `total` (Loshchilov & Hutter 2017)."""
    if step < warmup:
        return lr * (step + 1) / (warmup + 1)
    progress = min(1.0, (step - warmup) / max(1, total - warmup))
    return min_lr + 0.5 * (lr - min_lr) * (1 + math.cos(math.pi * progress))


def linear(step, lr, min_lr, warmup, total):
    """Warm up linearly to `lr`, then a straight line down to `min_lr` at `total`."""
    if step < warmup:
        return lr * (step + 1) / (warmup + 1)
    progress = min(1.0, (step - warmup) / max(1, total - warmup))
    return lr + (min_lr - lr) * progress


def exponential(step, lr, min_lr, warmup, total):
    """Warm up linearly to `lr`, then lose five per cent in every thousand steps, down to `min_lr` at least."""
    if step < warmup:
        return lr * (step + 1) / (warmup + 1)
    return max(min_lr, lr * 0.95 ** ((step - warmup) / 1000))


def wsd(step, lr, min_lr, warmup, total):
    """Warm up, stay, decay: `lr` until the last fifth of the run, then a line down to `min_lr` (Hu et al. 2024)."""
    start = max(warmup, round(0.8 * total))
    if step < start:
        return constant(step, lr, min_lr, warmup, total)
    return lr + (min_lr - lr) * min(1.0, (step - start) / max(1, total - start))


SCHEDULES = {"constant": constant, "cosine": cosine, "linear": linear, "exponential": exponential, "wsd": wsd}


def learning_rate(name, step, *, lr, min_lr, warmup, total):
    """Learning rate of step 0, 1, 2, ... under the schedule called `name`; raises ConfigError for an unknown name.

    A min_lr above lr counts as lr: a search that tries small rates must not find them rising.
    """
    if name not in SCHEDULES:
        raise ConfigError(unknown("schedule", name, SCHEDULES))
    return SCHEDULES[name](step, lr, min(min_lr, lr), warmup, total)
