"""Wrong answers to 19.1 adamw_update and 19.2 accumulate, each as people really write it."""

import numpy as np

from ..exercise import mistake, variant

ADAMW_UPDATE, ACCUMULATE = [], []
NO_TARGET = -100


# 19.1 ---------------------------------------------------------------------------------------------------------------

def adam(grad, mean, square, step, lr, beta1, beta2, eps):
    """Adam's step, to be taken off the weights, and both averages moved on."""
    mean, square = beta1 * mean + (1 - beta1) * grad, beta2 * square + (1 - beta2) * grad * grad
    return lr * mean / (1 - beta1 ** step) / (np.sqrt(square / (1 - beta2 ** step)) + eps), mean, square


def asked(data, decay):
    return decay if data.ndim >= 2 else 0.0


@mistake(ADAMW_UPDATE, "decay through the averages",
         "You add decay * data to the gradient, so the pull goes through both averages and is divided by the root. "
         "That is the old Adam with L2: weights with large gradients are hardly pulled. Shrink the weights themselves.")
def through_the_averages(data, grad, mean, square, step, lr, beta1, beta2, eps, decay):
    update, mean, square = adam(grad + asked(data, decay) * data, mean, square, step, lr, beta1, beta2, eps)
    return data - update, mean, square


@mistake(ADAMW_UPDATE, "vectors decayed too",
         "You pull every array. Biases and the gains of norms are vectors, and a gain at 0 switches its channel off. "
         "Only arrays with two or more axes decay: data.ndim >= 2.")
def all_decay(data, grad, mean, square, step, lr, beta1, beta2, eps, decay):
    update, mean, square = adam(grad, mean, square, step, lr, beta1, beta2, eps)
    return data * (1 - lr * decay) - update, mean, square


@mistake(ADAMW_UPDATE, "learning rate left out of the decay",
         "You shrink by 1 - decay. AdamW shrinks by 1 - lr * decay, so that the pull follows the schedule down.")
def without_rate(data, grad, mean, square, step, lr, beta1, beta2, eps, decay):
    update, mean, square = adam(grad, mean, square, step, lr, beta1, beta2, eps)
    return data * (1 - asked(data, decay)) - update, mean, square


@mistake(ADAMW_UPDATE, "decay after the step",
         "You step first and shrink what comes out, so the decay also eats a part of the step. Shrink the old weights, "
         "then take the step off.")
def after_the_step(data, grad, mean, square, step, lr, beta1, beta2, eps, decay):
    update, mean, square = adam(grad, mean, square, step, lr, beta1, beta2, eps)
    return (data - update) * (1 - lr * asked(data, decay)), mean, square


@mistake(ADAMW_UPDATE, "decay pushes away from zero",
         "Your sign is turned round: the weights grow. The factor is 1 - lr * decay.")
def grows(data, grad, mean, square, step, lr, beta1, beta2, eps, decay):
    update, mean, square = adam(grad, mean, square, step, lr, beta1, beta2, eps)
    return data * (1 + lr * asked(data, decay)) - update, mean, square


@mistake(ADAMW_UPDATE, "no decay at all",
         "This is Adam. AdamW also shrinks the weights, by the factor 1 - lr * decay, before the step.")
def plain_adam(data, grad, mean, square, step, lr, beta1, beta2, eps, decay):
    update, mean, square = adam(grad, mean, square, step, lr, beta1, beta2, eps)
    return data - update, mean, square


@mistake(ADAMW_UPDATE, "decay divided by the root",
         "The pull is added to the corrected mean, above the root. It keeps the averages clean, but each weight is "
         "still pulled by another amount. The pull is lr * decay * data, and nothing divides it.")
def over_the_root(data, grad, mean, square, step, lr, beta1, beta2, eps, decay):
    _, mean, square = adam(grad, mean, square, step, lr, beta1, beta2, eps)
    above = mean / (1 - beta1 ** step) + asked(data, decay) * data
    return data - lr * above / (np.sqrt(square / (1 - beta2 ** step)) + eps), mean, square


@mistake(ADAMW_UPDATE, "a pull of one length for all",
         "You take off lr * decay times the sign of the weight: that is the gradient of the sum of sizes, L1. Weight "
         "decay pulls large weights more, by lr * decay times the weight.")
def by_sign(data, grad, mean, square, step, lr, beta1, beta2, eps, decay):
    update, mean, square = adam(grad, mean, square, step, lr, beta1, beta2, eps)
    return data - lr * asked(data, decay) * np.sign(data) - update, mean, square


@mistake(ADAMW_UPDATE, "averages not corrected",
         "The decay is right; Adam's step is not. Both averages start at zero: divide them by 1 - beta ** step first.")
def uncorrected(data, grad, mean, square, step, lr, beta1, beta2, eps, decay):
    mean, square = beta1 * mean + (1 - beta1) * grad, beta2 * square + (1 - beta2) * grad * grad
    return data * (1 - lr * asked(data, decay)) - lr * mean / (np.sqrt(square) + eps), mean, square


@mistake(ADAMW_UPDATE, "bias correction one step late",
         "The decay is right. But step is 1 in the first step already, so the power is beta ** step, not "
         "beta ** (step + 1).")
def one_late(data, grad, mean, square, step, lr, beta1, beta2, eps, decay):
    _, mean, square = adam(grad, mean, square, step, lr, beta1, beta2, eps)
    first, second = mean / (1 - beta1 ** (step + 1)), square / (1 - beta2 ** (step + 1))
    return data * (1 - lr * asked(data, decay)) - lr * first / (np.sqrt(second) + eps), mean, square


@mistake(ADAMW_UPDATE, "eps inside the root",
         "The decay is right. But eps is added after the root: it is a length, not a squared one.")
def eps_inside(data, grad, mean, square, step, lr, beta1, beta2, eps, decay):
    _, mean, square = adam(grad, mean, square, step, lr, beta1, beta2, eps)
    first, second = mean / (1 - beta1 ** step), square / (1 - beta2 ** step)
    return data * (1 - lr * asked(data, decay)) - lr * first / np.sqrt(second + eps), mean, square


# 19.2 ---------------------------------------------------------------------------------------------------------------

def counts(parts):
    return [int((targets != NO_TARGET).sum()) for _, targets in parts]


@mistake(ACCUMULATE, "forgot to divide",
         "You add up means, and n parts give a gradient n times too long. Weigh each part by its share of all the "
         "places that count; the shares add up to 1.")
def adds_up(loss_and_grad, parts):
    loss, grad = 0.0, 0.0
    for (x, y), n in zip(parts, counts(parts), strict=True):
        if n:
            part_loss, part_grad = loss_and_grad(x, y)
            loss, grad = loss + part_loss, grad + part_grad
    return loss, grad


@mistake(ACCUMULATE, "a mean of means",
         "You divide by the number of parts. A part of 2 places then counts as much as one of 20. Weigh each part by "
         "its places that count.")
def mean_of_means(loss_and_grad, parts):
    loss, grad = adds_up(loss_and_grad, parts)
    n = sum(n > 0 for n in counts(parts))
    return loss / n, grad / n


@mistake(ACCUMULATE, "weighed by rows, not by places that count",
         "A row of padding asks nothing. Count targets != -100, not rows.")
def by_rows(loss_and_grad, parts):
    loss, grad = 0.0, 0.0
    total = sum(len(y) for _, y in parts)
    for (x, y), n in zip(parts, counts(parts), strict=True):
        if n:
            part_loss, part_grad = loss_and_grad(x, y)
            loss, grad = loss + part_loss * len(y) / total, grad + part_grad * (len(y) / total)
    return loss, grad


@mistake(ACCUMULATE, "kept the last part only",
         "Each part overwrites what the one before it brought. Add: grad = grad + share * part_grad.")
def last_only(loss_and_grad, parts):
    loss, grad, total = 0.0, 0.0, sum(counts(parts))
    for (x, y), n in zip(parts, counts(parts), strict=True):
        if n:
            part_loss, part_grad = loss_and_grad(x, y)
            loss, grad = loss + part_loss * n / total, part_grad * (n / total)
    return loss, grad


@mistake(ACCUMULATE, "loss of the last part only",
         "Your gradient is right. The loss must be weighed and added up in the same way.")
def last_loss(loss_and_grad, parts):
    loss, grad, total = 0.0, 0.0, sum(counts(parts))
    for (x, y), n in zip(parts, counts(parts), strict=True):
        if n:
            loss, part_grad = loss_and_grad(x, y)
            grad = grad + part_grad * (n / total)
    return loss, grad


@mistake(ACCUMULATE, "a part that asks nothing",
         "A part in which no place counts has a mean over nothing, which is nan, and nan times 0 is nan. Leave such a "
         "part out.")
def keeps_empty(loss_and_grad, parts):
    loss, grad, total = 0.0, 0.0, sum(counts(parts))
    for (x, y), n in zip(parts, counts(parts), strict=True):
        part_loss, part_grad = loss_and_grad(x, y)
        loss, grad = loss + part_loss * n / total, grad + part_grad * (n / total)
    return loss, grad


@mistake(ACCUMULATE, "kept the array, not its numbers",
         "You keep the array that loss_and_grad returned, and its next call fills that same array with other numbers. "
         "Make a new array before you ask again: share * part_grad is one.")
def keeps_the_array(loss_and_grad, parts):
    kept, total = [], sum(counts(parts))
    for (x, y), n in zip(parts, counts(parts), strict=True):
        if n:
            kept.append((n / total, *loss_and_grad(x, y)))
    return sum(share * loss for share, loss, _ in kept), sum(share * grad for share, _, grad in kept)


@variant(ACCUMULATE)
def adds_into_it(loss_and_grad, parts):
    loss, grad, total = 0.0, None, sum(counts(parts))
    for (x, y), n in zip(parts, counts(parts), strict=True):
        if n:
            part_loss, part_grad = loss_and_grad(x, y)
            part_grad *= n / total
            loss += part_loss * n / total
            if grad is None:
                grad = part_grad
            else:
                grad += part_grad
    return loss, grad


@mistake(ACCUMULATE, "divided by the share",
         "The larger part must weigh more: multiply by places / total, not by total / places.")
def upside_down(loss_and_grad, parts):
    loss, grad, total = 0.0, 0.0, sum(counts(parts))
    for (x, y), n in zip(parts, counts(parts), strict=True):
        if n:
            part_loss, part_grad = loss_and_grad(x, y)
            loss, grad = loss + part_loss * total / n, grad + part_grad * (total / n)
    return loss, grad
