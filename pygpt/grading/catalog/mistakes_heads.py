"""Wrong answers to 06.1 split_heads and 06.2 grouped_attention_backward, each as people really write it.

B batch  T queries  S keys  D head width  H query heads, in G groups of R
"""

import math

import numpy as np

from ..exercise import mistake, variant

SPLIT_HEADS, GROUPED_BACKWARD = [], []


# 06.1 ---------------------------------------------------------------------------------------------------------------

@mistake(SPLIT_HEADS, "reshape without a transpose",
         "The shape is right, but your head 0 holds all of the first tokens instead of a slice of every token. Cut the "
         "last axis first, (B, T, H, D), then swap tokens and heads with a transpose.")
def reshape_alone(x, n_head):
    B, T, C = x.shape
    return x.reshape(B, n_head, T, C // n_head)


@mistake(SPLIT_HEADS, "D before H",
         "You cut the columns into (D, H), so head h gets every H-th column. A head's columns lie side by side: cut "
         "into (H, D), heads first.")
def width_before_heads(x, n_head):
    B, T, C = x.shape
    return x.reshape(B, T, C // n_head, n_head).transpose(0, 3, 1, 2)


@mistake(SPLIT_HEADS, "forgot to bring the heads to the front",
         "Your result is (B, T, H, D). Attention works on the last two axes, which must be tokens and width: swap axes "
         "1 and 2.")
def heads_left_behind(x, n_head):
    B, T, C = x.shape
    return x.reshape(B, T, n_head, C // n_head)


@mistake(SPLIT_HEADS, "width and tokens swapped",
         "Your result is (B, H, D, T). The width of a head stays last: transpose(0, 2, 1, 3).")
def width_before_tokens(x, n_head):
    B, T, C = x.shape
    return x.reshape(B, T, n_head, C // n_head).transpose(0, 2, 3, 1)


@mistake(SPLIT_HEADS, "heads before the batch",
         "Your result is (H, B, T, D). The batch stays in front: the heads come second.")
def heads_before_batch(x, n_head):
    B, T, C = x.shape
    return x.reshape(B, T, n_head, C // n_head).transpose(2, 0, 1, 3)


@variant(SPLIT_HEADS)
def stacked_slices(x, n_head):
    return np.stack(np.split(x, n_head, axis=-1))


@mistake(SPLIT_HEADS, "n_head taken for the width of a head",
         "You made heads of width n_head. There are n_head of them, each of width C // n_head.")
def count_as_width(x, n_head):
    B, T, C = x.shape
    return x.reshape(B, T, C // n_head, n_head).transpose(0, 2, 1, 3)


# 06.2 ---------------------------------------------------------------------------------------------------------------

def turned(x):
    return x.swapaxes(-1, -2)


def plain_backward(dy, q, k, v, weights, scale=True, row_sum=True):
    """Attention backward for arrays whose leading axes broadcast; the parts of every head, unsummed."""
    dweights = dy @ turned(v)
    average = (dweights * weights).sum(-1, keepdims=True) if row_sum else 0.0
    dscores = weights * (dweights - average)
    dscores = dscores / math.sqrt(q.shape[-1]) if scale else dscores
    return dscores @ k, turned(dscores) @ q, turned(weights) @ dy


def parts_of(dy, cache, **how):
    """dq (B, H, T, D), and dk and dv with one part for each query head, (B, G, R, S, D)."""
    q, k, v, weights = cache
    B, H, T, D = q.shape
    shape = B, k.shape[1], H // k.shape[1]

    def grouped(x):
        return x.reshape(*shape, *x.shape[2:])
    dq, dk, dv = plain_backward(grouped(dy), grouped(q), k[:, :, None], v[:, :, None], grouped(weights), **how)
    return dq.reshape(q.shape), dk, dv


@mistake(GROUPED_BACKWARD, "took one head of the group instead of the sum",
         "Every query head of the group used this key, so every one sends a gradient to it. Add them up: sum over the "
         "axis of R.")
def first_of_the_group(dy, cache):
    dq, dk, dv = parts_of(dy, cache)
    return dq, dk[:, :, 0], dv[:, :, 0]


@variant(GROUPED_BACKWARD)
def last_of_the_group(dy, cache):
    """A loop over heads with dk[:, h // R] = ... keeps what was written last."""
    dq, dk, dv = parts_of(dy, cache)
    return dq, dk[:, :, -1], dv[:, :, -1]


@mistake(GROUPED_BACKWARD, "mean over the group instead of the sum",
         "The loss feels a nudge of the key once through every head of the group. These effects add up; dividing by R "
         "makes the gradient R times too small.")
def mean_over_the_group(dy, cache):
    dq, dk, dv = parts_of(dy, cache)
    return dq, dk.mean(2), dv.mean(2)


@mistake(GROUPED_BACKWARD, "did not sum over the group",
         "Your dk and dv have an entry for every query head, but k and v have only G heads. Bring the R parts of a "
         "group together: they add up.")
def one_for_every_query_head(dy, cache):
    q, k, v, weights = cache
    R = q.shape[1] // k.shape[1]
    return plain_backward(dy, q, np.repeat(k, R, axis=1), np.repeat(v, R, axis=1), weights)


@variant(GROUPED_BACKWARD)
def group_axes_left(dy, cache):
    return parts_of(dy, cache)


@mistake(GROUPED_BACKWARD, "heads of a group taken R apart",
         "Heads of a group stand side by side: with R = 2, heads 0 and 1 share key head 0. You let head h use key head "
         "h modulo G. np.repeat puts copies side by side, np.tile does not; when reshaping, G comes before R.")
def tiled(dy, cache):
    q, k, v, weights = cache
    B, G, S, D = k.shape
    R = q.shape[1] // G
    dq, dk, dv = plain_backward(dy, q, np.tile(k, (1, R, 1, 1)), np.tile(v, (1, R, 1, 1)), weights)
    return dq, dk.reshape(B, R, G, S, D).sum(1), dv.reshape(B, R, G, S, D).sum(1)


@variant(GROUPED_BACKWARD)
def summed_in_the_wrong_order(dy, cache):
    dq, dk, dv = parts_of(dy, cache)
    B, G, R, S, D = dk.shape
    return dq, dk.reshape(B, R, G, S, D).sum(1), dv.reshape(B, R, G, S, D).sum(1)


@mistake(GROUPED_BACKWARD, "summed dk but not dv",
         "Values are shared exactly as keys are. Sum dv over the group as well.")
def sums_only_keys(dy, cache):
    dq, dk, dv = parts_of(dy, cache)
    return dq, dk.sum(2), dv[:, :, 0]


@variant(GROUPED_BACKWARD)
def sums_only_keys_and_leaves_parts(dy, cache):
    dq, dk, dv = parts_of(dy, cache)
    return dq, dk.sum(2), dv


@mistake(GROUPED_BACKWARD, "summed over the groups",
         "You added up over G. Different groups have different keys and nothing to do with each other: the sum runs "
         "over the R heads inside a group, axis 2 of (B, G, R, S, D).")
def summed_over_groups(dy, cache):
    dq, dk, dv = parts_of(dy, cache)
    return dq, dk.sum(1), dv.sum(1)


@mistake(GROUPED_BACKWARD, "summed dq as well",
         "Each query head has queries of its own, so dq keeps all H heads. Only keys and values are shared.")
def sums_queries_too(dy, cache):
    dq, dk, dv = parts_of(dy, cache)
    return dq.reshape(*dk.shape[:3], *dq.shape[2:]).sum(2), dk.sum(2), dv.sum(2)


@mistake(GROUPED_BACKWARD, "forgot the scale",
         "The forward pass divides the scores by sqrt(D), so whatever flows back through them is divided by sqrt(D) as "
         "well. attention_backward does it for you.")
def no_scale(dy, cache):
    dq, dk, dv = parts_of(dy, cache, scale=False)
    return dq, dk.sum(2), dv.sum(2)


@mistake(GROUPED_BACKWARD, "softmax gradient without the row sum",
         "weights * dweights is only half of softmax's gradient. Subtract each row's sum of weights * dweights first, "
         "or let attention_backward do it.")
def no_row_sum(dy, cache):
    dq, dk, dv = parts_of(dy, cache, row_sum=False)
    return dq, dk.sum(2), dv.sum(2)
