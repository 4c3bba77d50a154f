"""Wrong answers to 10.1 momentum_step, 10.2 adam_update and 10.3 cosine."""

import math

import numpy as np

from ..exercise import mistake

MOMENTUM_STEP, ADAM_UPDATE, COSINE = [], [], []


# 10.1 ---------------------------------------------------------------------------------------------------------------

@mistake(MOMENTUM_STEP, "a velocity without friction",
         "You add the gradient and slow nothing down, so the velocity grows for ever. Multiply the old velocity by "
         "momentum first.")
def no_friction(data, grad, velocity, lr, momentum):
    velocity = velocity + grad
    return data - lr * velocity, velocity


@mistake(MOMENTUM_STEP, "friction on the new gradient too",
         "momentum slows the old velocity only. The gradient is added afterwards, whole.")
def slows_both(data, grad, velocity, lr, momentum):
    velocity = momentum * (velocity + grad)
    return data - lr * velocity, velocity


@mistake(MOMENTUM_STEP, "an average instead of a sum",
         "You weigh the gradient with 1 - momentum. That is Adam's average; here the gradient is added whole, as "
         "torch.optim.SGD does.")
def averages(data, grad, velocity, lr, momentum):
    velocity = momentum * velocity + (1 - momentum) * grad
    return data - lr * velocity, velocity


@mistake(MOMENTUM_STEP, "stepped along the gradient, not the velocity",
         "You keep a velocity and never use it. The weights move by lr times the velocity.")
def ignores_velocity(data, grad, velocity, lr, momentum):
    return data - lr * grad, momentum * velocity + grad


@mistake(MOMENTUM_STEP, "stepped along the old velocity",
         "The weights move before this gradient has pushed. First the new velocity, then the step along it.")
def old_velocity(data, grad, velocity, lr, momentum):
    return data - lr * velocity, momentum * velocity + grad


@mistake(MOMENTUM_STEP, "climbed instead of descending",
         "Your sign is turned round: the loss grows along the gradient, so the weights go against it, minus lr times "
         "the velocity.")
def climbs(data, grad, velocity, lr, momentum):
    velocity = momentum * velocity + grad
    return data + lr * velocity, velocity


@mistake(MOMENTUM_STEP, "the learning rate inside the velocity",
         "Your velocity already holds lr. When a schedule changes the rate, old pushes would keep the old one. Keep "
         "gradients in the velocity, and multiply by lr in the step.")
def rate_inside(data, grad, velocity, lr, momentum):
    velocity = momentum * velocity + lr * grad
    return data - velocity, velocity


# 10.2 ---------------------------------------------------------------------------------------------------------------

def adam(data, grad, mean, square, step, lr, beta1, beta2, eps):
    """The averages moved on, and the corrected ones."""
    mean, square = beta1 * mean + (1 - beta1) * grad, beta2 * square + (1 - beta2) * grad * grad
    return mean, square, mean / (1 - beta1 ** step), square / (1 - beta2 ** step)


@mistake(ADAM_UPDATE, "no bias correction",
         "Both averages start at zero, and so they are far too small in the first steps. Divide them by 1 - beta ** "
         "step before you use them.")
def uncorrected(data, grad, mean, square, step, lr, beta1, beta2, eps):
    mean, square, _, _ = adam(data, grad, mean, square, step, lr, beta1, beta2, eps)
    return data - lr * mean / (np.sqrt(square) + eps), mean, square


@mistake(ADAM_UPDATE, "bias correction one step late",
         "step is 1 in the first step already, so the power is beta ** step, not beta ** (step + 1).")
def one_late(data, grad, mean, square, step, lr, beta1, beta2, eps):
    mean, square, _, _ = adam(data, grad, mean, square, step, lr, beta1, beta2, eps)
    first, second = mean / (1 - beta1 ** (step + 1)), square / (1 - beta2 ** (step + 1))
    return data - lr * first / (np.sqrt(second) + eps), mean, square


@mistake(ADAM_UPDATE, "only the mean corrected",
         "The average of the squares starts at zero too: divide it by 1 - beta2 ** step.")
def mean_only(data, grad, mean, square, step, lr, beta1, beta2, eps):
    mean, square, first, _ = adam(data, grad, mean, square, step, lr, beta1, beta2, eps)
    return data - lr * first / (np.sqrt(square) + eps), mean, square


@mistake(ADAM_UPDATE, "eps inside the root",
         "You take the root of square + eps. eps is added after the root: it is a length, not a squared one.")
def eps_inside(data, grad, mean, square, step, lr, beta1, beta2, eps):
    mean, square, first, second = adam(data, grad, mean, square, step, lr, beta1, beta2, eps)
    return data - lr * first / np.sqrt(second + eps), mean, square


@mistake(ADAM_UPDATE, "squared the mean instead of the gradient",
         "The second average is of the gradient's square, (1 - beta2) * grad * grad, not of the mean's.")
def squares_mean(data, grad, mean, square, step, lr, beta1, beta2, eps):
    mean = beta1 * mean + (1 - beta1) * grad
    square = beta2 * square + (1 - beta2) * mean * mean
    first, second = mean / (1 - beta1 ** step), square / (1 - beta2 ** step)
    return data - lr * first / (np.sqrt(second) + eps), mean, square


@mistake(ADAM_UPDATE, "the two betas swapped",
         "beta1 belongs to the mean, beta2 to the squares, whose memory is usually the longer one.")
def swapped(data, grad, mean, square, step, lr, beta1, beta2, eps):
    mean, square, first, second = adam(data, grad, mean, square, step, lr, beta2, beta1, eps)
    return data - lr * first / (np.sqrt(second) + eps), mean, square


@mistake(ADAM_UPDATE, "kept the corrected averages",
         "The correction is for this step only. Return mean and square as they were before it, or the next step "
         "corrects them again.")
def keeps_corrected(data, grad, mean, square, step, lr, beta1, beta2, eps):
    _, _, first, second = adam(data, grad, mean, square, step, lr, beta1, beta2, eps)
    return data - lr * first / (np.sqrt(second) + eps), first, second


@mistake(ADAM_UPDATE, "divided by the square without a root",
         "The average of the squares has the unit of a squared gradient. Divide by its root.")
def no_root(data, grad, mean, square, step, lr, beta1, beta2, eps):
    mean, square, first, second = adam(data, grad, mean, square, step, lr, beta1, beta2, eps)
    return data - lr * first / (second + eps), mean, square


# 10.3 ---------------------------------------------------------------------------------------------------------------

def wave(progress, lr, min_lr):
    return min_lr + 0.5 * (lr - min_lr) * (1 + math.cos(math.pi * progress))


def climb(step, lr, warmup):
    return lr * (step + 1) / (warmup + 1)


def share(step, warmup, total):
    return min(1.0, (step - warmup) / (total - warmup))


@mistake(COSINE, "a first step with the rate 0",
         "Step 0 has the rate 0, so its whole forward and backward pass is for nothing. Climb with (step + 1) / "
         "(warmup + 1).")
def starts_at_zero(step, lr, min_lr, warmup, total):
    return lr * step / warmup if step < warmup else wave(share(step, warmup, total), lr, min_lr)


@mistake(COSINE, "the full rate one step early",
         "Your climb is at lr in step warmup - 1, and step warmup repeats it. Divide by warmup + 1.")
def top_early(step, lr, min_lr, warmup, total):
    return lr * (step + 1) / warmup if step < warmup else wave(share(step, warmup, total), lr, min_lr)


@mistake(COSINE, "a climb that begins at min_lr",
         "min_lr is the floor of the way down. The warm-up climbs from near 0: lr * (step + 1) / (warmup + 1).")
def climbs_from_floor(step, lr, min_lr, warmup, total):
    if step < warmup:
        return min_lr + (lr - min_lr) * (step + 1) / (warmup + 1)
    return wave(share(step, warmup, total), lr, min_lr)


@mistake(COSINE, "progress that counts the warm-up",
         "The wave begins where the warm-up ends: progress is (step - warmup) / (total - warmup).")
def whole_run(step, lr, min_lr, warmup, total):
    return climb(step, lr, warmup) if step < warmup else wave(min(1.0, step / total), lr, min_lr)


@mistake(COSINE, "down to 0 instead of min_lr",
         "The wave has to end at min_lr: min_lr plus a share of the distance lr - min_lr.")
def to_zero(step, lr, min_lr, warmup, total):
    return climb(step, lr, warmup) if step < warmup else wave(share(step, warmup, total), lr, 0.0)


@mistake(COSINE, "min_lr added on top of lr",
         "Your wave has the height lr and stands on min_lr, so it begins above lr. Its height is lr - min_lr.")
def on_top(step, lr, min_lr, warmup, total):
    return climb(step, lr, warmup) if step < warmup else min_lr + wave(share(step, warmup, total), lr, 0.0)


@mistake(COSINE, "a rate that rises again after the end",
         "Beyond total the cosine turns upwards. Hold progress at 1: min(1.0, ...).")
def rises_again(step, lr, min_lr, warmup, total):
    return climb(step, lr, warmup) if step < warmup else wave((step - warmup) / (total - warmup), lr, min_lr)


@mistake(COSINE, "a whole wave instead of half",
         "Your rate goes down and up again. Half a wave is the cosine from 0 to pi: math.cos(math.pi * progress).")
def whole_wave(step, lr, min_lr, warmup, total):
    return climb(step, lr, warmup) if step < warmup else wave(2 * share(step, warmup, total), lr, min_lr)
