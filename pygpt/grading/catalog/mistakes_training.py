"""Wrong answers to 11.1 sample_batch and 11.2 clip_grad_norm.  B batch  T time"""

import math

import numpy as np

from ..exercise import mistake

SAMPLE_BATCH, CLIP_GRAD_NORM = [], []


def cut(tokens, starts, length):
    return np.stack([tokens[start:start + length] for start in starts])


# 11.1 ---------------------------------------------------------------------------------------------------------------

@mistake(SAMPLE_BATCH, "targets equal the ids",
         "Your targets are the ids themselves, so the model would learn to copy. At every position the target is the "
         "next token: the same window, one token later.")
def same_window(tokens, batch_size, block_size, rng):
    starts = rng.integers(0, len(tokens) - block_size, batch_size)
    ids = cut(tokens, starts, block_size)
    return ids, ids.copy()


@mistake(SAMPLE_BATCH, "targets one token before the ids",
         "Your targets lie in the past: the shift goes the wrong way. The target of tokens[i] is tokens[i + 1].")
def backwards(tokens, batch_size, block_size, rng):
    starts = rng.integers(0, len(tokens) - block_size, batch_size)
    return cut(tokens, starts + 1, block_size), cut(tokens, starts, block_size)


@mistake(SAMPLE_BATCH, "targets drawn from other windows",
         "ids and targets come from two different draws, so they have nothing to do with each other. Draw the starts "
         "once and use them twice.")
def two_draws(tokens, batch_size, block_size, rng):
    first, second = rng.integers(0, len(tokens) - block_size, (2, batch_size))
    return cut(tokens, first, block_size), cut(tokens, second + 1, block_size)


@mistake(SAMPLE_BATCH, "never reaches the last window",
         "rng.integers leaves out its upper end, so subtracting 1 once more loses the last window. There are "
         "len(tokens) - block_size of them: rng.integers(0, len(tokens) - block_size, batch_size).")
def misses_last(tokens, batch_size, block_size, rng):
    starts = rng.integers(0, max(1, len(tokens) - block_size - 1), batch_size)
    return cut(tokens, starts, block_size), cut(tokens, starts + 1, block_size)


@mistake(SAMPLE_BATCH, "never starts at the first token",
         "Your smallest start is 1. Positions count from 0: rng.integers(0, ...).")
def misses_first(tokens, batch_size, block_size, rng):
    starts = rng.integers(min(1, len(tokens) - block_size - 1), len(tokens) - block_size, batch_size)
    return cut(tokens, starts, block_size), cut(tokens, starts + 1, block_size)


@mistake(SAMPLE_BATCH, "the last window has no room for its targets",
         "Now and then a row of targets comes out one token short. A window needs block_size tokens and one more for "
         "the last target, so starts stay below len(tokens) - block_size.")
def short_targets(tokens, batch_size, block_size, rng):
    starts = rng.integers(0, len(tokens) - block_size + 1, batch_size)
    return cut(tokens, starts, block_size), cut(tokens, starts + 1, block_size)


@mistake(SAMPLE_BATCH, "a position beyond the end of the text",
         "The last target's position is start + block_size, and it must be a position of the text. So starts stay "
         "below len(tokens) - block_size.")
def beyond_the_end(tokens, batch_size, block_size, rng):
    positions = rng.integers(0, len(tokens) - block_size + 1, batch_size)[:, None] + np.arange(block_size)
    return tokens[positions], tokens[positions + 1]


@mistake(SAMPLE_BATCH, "one window for the whole batch",
         "Every row of your batch is the same window, so a batch teaches no more than one row. Draw batch_size "
         "starts.")
def one_window(tokens, batch_size, block_size, rng):
    starts = np.repeat(rng.integers(0, len(tokens) - block_size), batch_size)
    return cut(tokens, starts, block_size), cut(tokens, starts + 1, block_size)


@mistake(SAMPLE_BATCH, "a new generator on every call",
         "A generator made inside the function starts again each time, so every batch is the same. Use the rng you "
         "are given.")
def new_generator(tokens, batch_size, block_size, rng):
    starts = np.random.default_rng(0).integers(0, len(tokens) - block_size, batch_size)
    return cut(tokens, starts, block_size), cut(tokens, starts + 1, block_size)


@mistake(SAMPLE_BATCH, "chance from np.random instead of rng",
         "np.random.* is one generator for the whole program: nobody can repeat your run. Draw from the rng you are "
         "given.")
def global_chance(tokens, batch_size, block_size, rng):
    starts = np.random.randint(0, len(tokens) - block_size, batch_size)
    return cut(tokens, starts, block_size), cut(tokens, starts + 1, block_size)


@mistake(SAMPLE_BATCH, "single tokens instead of runs of text",
         "Each position of your rows was drawn by itself, so nothing follows from what stands before it. Draw where a "
         "row starts; the rest of the row follows on.")
def single_tokens(tokens, batch_size, block_size, rng):
    positions = rng.integers(0, len(tokens) - 1, (batch_size, block_size))
    return tokens[positions], tokens[positions + 1]


@mistake(SAMPLE_BATCH, "positions instead of tokens",
         "You return where the tokens stand, not what they are. Index the text with the positions: tokens[positions].")
def only_positions(tokens, batch_size, block_size, rng):
    positions = rng.integers(0, len(tokens) - block_size, batch_size)[:, None] + np.arange(block_size)
    return positions, positions + 1


@mistake(SAMPLE_BATCH, "batch and time swapped",
         "Your arrays are (T, B). The course keeps the batch first: one row for each window, (B, T).")
def time_first(tokens, batch_size, block_size, rng):
    starts = rng.integers(0, len(tokens) - block_size, batch_size)
    return cut(tokens, starts, block_size).T, cut(tokens, starts + 1, block_size).T


# 11.2 ---------------------------------------------------------------------------------------------------------------

def gradients(parameters):
    """The parameters that have a gradient, and the norm of all gradients together."""
    having = [p for p in parameters if p.grad is not None]
    return having, math.sqrt(sum(float((p.grad * p.grad).sum()) for p in having))


def scale(parameters, factor):
    for p in parameters:
        p.grad = p.grad * factor


@mistake(CLIP_GRAD_NORM, "each gradient clipped by itself",
         "Each of your gradients shrinks by a factor of its own, which turns the direction of the step. One norm over "
         "all of them, one factor for all.")
def each_alone(parameters, max_norm):
    having, norm = gradients(parameters)
    for p in having:
        own = math.sqrt(float((p.grad * p.grad).sum()))
        if max_norm and own > max_norm:
            p.grad = p.grad * (max_norm / own)
    return norm


@mistake(CLIP_GRAD_NORM, "clipped values instead of the norm",
         "np.clip cuts off single large numbers and leaves the rest, which turns the direction of the step. Multiply "
         "every gradient by one factor.")
def by_value(parameters, max_norm):
    having, norm = gradients(parameters)
    for p in having:
        p.grad = np.clip(p.grad, -max_norm, max_norm) if max_norm else p.grad
    return norm


@mistake(CLIP_GRAD_NORM, "stretched short gradients too",
         "You always scale to max_norm. Clipping is a limit: below it every gradient stays as it is.")
def always(parameters, max_norm):
    having, norm = gradients(parameters)
    if max_norm:
        scale(having, max_norm / norm)
    return norm


@mistake(CLIP_GRAD_NORM, "forgot the square root",
         "You return the sum of the squares. The norm, the length of the whole gradient, is its square root.")
def no_root(parameters, max_norm):
    having, norm = gradients(parameters)
    if max_norm and norm * norm > max_norm:
        scale(having, max_norm / (norm * norm))
    return norm * norm


@mistake(CLIP_GRAD_NORM, "added the norms of the single gradients",
         "Lengths at right angles do not add up: 3 and 4 make 5, not 7. Add the squares of all numbers, and take one "
         "root at the end.")
def sum_of_norms(parameters, max_norm):
    having, _ = gradients(parameters)
    norm = sum(math.sqrt(float((p.grad * p.grad).sum())) for p in having)
    if max_norm and norm > max_norm:
        scale(having, max_norm / norm)
    return norm


@mistake(CLIP_GRAD_NORM, "the largest number instead of the norm",
         "You took the largest single number. The norm counts all of them: the root of the sum of their squares.")
def largest(parameters, max_norm):
    having, _ = gradients(parameters)
    norm = max(float(np.abs(p.grad).max()) for p in having)
    if max_norm and norm > max_norm:
        scale(having, max_norm / norm)
    return norm


@mistake(CLIP_GRAD_NORM, "mean of the squares instead of their sum",
         "You divided by how many numbers there are. The norm is the root of the sum; no mean.")
def mean_square(parameters, max_norm):
    having, norm = gradients(parameters)
    norm /= math.sqrt(sum(p.grad.size for p in having))
    if max_norm and norm > max_norm:
        scale(having, max_norm / norm)
    return norm


@mistake(CLIP_GRAD_NORM, "returned the norm after clipping",
         "You return what is left, which is never more than max_norm. The norm before clipping is the interesting one: "
         "it shows how wild the gradient was.")
def norm_after(parameters, max_norm):
    having, norm = gradients(parameters)
    if max_norm and norm > max_norm:
        scale(having, max_norm / norm)
        return float(max_norm)
    return norm


@mistake(CLIP_GRAD_NORM, "nothing was clipped",
         "The norm is right, but the gradients stayed long. `g = g * factor` only names a new array; put it back: "
         "`p.grad = p.grad * factor`, or change the array itself: `p.grad *= factor`.")
def local_name(parameters, max_norm):
    having, norm = gradients(parameters)
    for p in having:
        gradient = p.grad
        if max_norm and norm > max_norm:
            gradient = gradient * (max_norm / norm)
    return norm


@mistake(CLIP_GRAD_NORM, "went through a generator twice",
         "model.parameters() hands each parameter out once. Your loop for the norm used them up, and the loop that "
         "clips found none. Begin with parameters = list(parameters).")
def second_loop_is_empty(parameters, max_norm):
    total = sum(float((p.grad * p.grad).sum()) for p in parameters if p.grad is not None)
    norm = math.sqrt(total)
    if max_norm and norm > max_norm:
        scale((p for p in parameters if p.grad is not None), max_norm / norm)
    return norm


@mistake(CLIP_GRAD_NORM, "max_norm of 0 wiped out the gradients",
         "With max_norm = 0 the function only measures. Clip only `if max_norm and norm > max_norm`.")
def zero_wipes(parameters, max_norm):
    having, norm = gradients(parameters)
    if norm > max_norm:
        scale(having, max_norm / norm)
    return norm


@mistake(CLIP_GRAD_NORM, "scaled to length 1 instead of max_norm",
         "You divided by the norm, which leaves a length of 1 whatever the limit is. The factor is max_norm / norm.")
def to_one(parameters, max_norm):
    having, norm = gradients(parameters)
    if max_norm and norm > max_norm:
        scale(having, 1 / norm)
    return norm


@mistake(CLIP_GRAD_NORM, "multiplied by max_norm",
         "A factor of max_norm leaves a length that depends on the gradient. For a length of max_norm the factor is "
         "max_norm / norm.")
def times_limit(parameters, max_norm):
    having, norm = gradients(parameters)
    if max_norm and norm > max_norm:
        scale(having, max_norm)
    return norm


@mistake(CLIP_GRAD_NORM, "clipped the weights instead of their gradients",
         "You changed p.data, the weights themselves. Only p.grad is to be scaled.")
def clips_weights(parameters, max_norm):
    having, norm = gradients(parameters)
    for p in having:
        if max_norm and norm > max_norm:
            p.data = p.data * (max_norm / norm)
    return norm


@mistake(CLIP_GRAD_NORM, "a parameter without a gradient",
         "A parameter that took no part in the forward pass has grad None, and None has no square. Leave those out.")
def trips_over_none(parameters, max_norm):
    parameters = list(parameters)
    norm = math.sqrt(sum(float((p.grad * p.grad).sum()) for p in parameters))
    if max_norm and norm > max_norm:
        scale(parameters, max_norm / norm)
    return norm
