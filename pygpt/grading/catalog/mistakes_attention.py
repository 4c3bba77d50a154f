"""Wrong answers to 05.4 attention_forward and 05.5 attention_backward.  T queries  S keys  D width"""

import math

import numpy as np

from ..exercise import mistake, variant

ATTENTION_FORWARD, ATTENTION_BACKWARD = [], []


def softmax(x, axis=-1):
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


# 05.4 ---------------------------------------------------------------------------------------------------------------

def scores_of(q, k):
    return q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])


def with_mask(scores, mask):
    return scores if mask is None else scores + mask


@mistake(ATTENTION_FORWARD, "forgot the scale",
         "A dot product of D numbers grows like sqrt(D), and softmax of large scores is nearly one-hot. Divide the "
         "scores by sqrt(D).")
def no_scale(q, k, v, mask=None):
    weights = softmax(with_mask(q @ k.swapaxes(-1, -2), mask))
    return weights @ v, (q, k, v, weights)


@mistake(ATTENTION_FORWARD, "divided by D instead of sqrt(D)",
         "The spread of a dot product grows like the square root of D, not like D. Use 1 / math.sqrt(D).")
def scale_without_root(q, k, v, mask=None):
    weights = softmax(with_mask(q @ k.swapaxes(-1, -2) / q.shape[-1], mask))
    return weights @ v, (q, k, v, weights)


@mistake(ATTENTION_FORWARD, "scaled by the number of keys",
         "D is the width of a query, q.shape[-1], not the number of keys, k.shape[-2]. The scale belongs to the dot "
         "product.")
def scale_by_keys(q, k, v, mask=None):
    weights = softmax(with_mask(q @ k.swapaxes(-1, -2) / math.sqrt(k.shape[-2]), mask))
    return weights @ v, (q, k, v, weights)


@mistake(ATTENTION_FORWARD, "softmax over the wrong axis",
         "Your weights add up to 1 down each column. Each query shares out its attention among the keys: softmax "
         "along the last axis.")
def softmax_over_queries(q, k, v, mask=None):
    weights = softmax(with_mask(scores_of(q, k), mask), axis=-2)
    return weights @ v, (q, k, v, weights)


@mistake(ATTENTION_FORWARD, "mask after softmax",
         "Zeroing weights after softmax leaves rows that no longer add up to 1, and the future has already had its "
         "share. Add the mask to the scores, then softmax.")
def mask_after_softmax(q, k, v, mask=None):
    weights = softmax(scores_of(q, k))
    weights = weights if mask is None else np.where(mask == 0, weights, 0.0)
    return weights @ v, (q, k, v, weights)


@variant(ATTENTION_FORWARD)
def mask_added_after_softmax(q, k, v, mask=None):
    weights = with_mask(softmax(scores_of(q, k)), mask)
    return weights @ v, (q, k, v, weights)


@mistake(ATTENTION_FORWARD, "mask ignored",
         "Your output does not change with the mask. Add it to the scores before softmax.")
def mask_ignored(q, k, v, mask=None):
    weights = softmax(scores_of(q, k))
    return weights @ v, (q, k, v, weights)


@mistake(ATTENTION_FORWARD, "mask lets the future in",
         "You use the mask transposed, so that position t sees what comes after it. Row t of the mask belongs to "
         "query t: add it as it is.")
def mask_transposed(q, k, v, mask=None):
    weights = softmax(with_mask(scores_of(q, k), None if mask is None else mask.T))
    return weights @ v, (q, k, v, weights)


@mistake(ATTENTION_FORWARD, "transposed scores",
         "Row t of the scores has to hold what query t thinks of every key, shape (T, S). You built k @ q^T, shape "
         "(S, T): swap the two.")
def transposed_scores(q, k, v, mask=None):
    weights = softmax(with_mask(scores_of(k, q), mask))
    return weights @ v, (q, k, v, weights)


@mistake(ATTENTION_FORWARD, "averaged the keys instead of the values",
         "Keys decide how much to look, values are what is seen. The output is weights @ v.")
def averages_keys(q, k, v, mask=None):
    weights = softmax(with_mask(scores_of(q, k), mask))
    return weights @ k, (q, k, v, weights)


@mistake(ATTENTION_FORWARD, ".T turns every axis round",
         "For more than two axes k.T reverses them all, batch and heads too. Swap only the last two: k.swapaxes(-1, "
         "-2).")
def turns_every_axis(q, k, v, mask=None):
    weights = softmax(with_mask(q @ k.T / math.sqrt(q.shape[-1]), mask))
    return weights @ v, (q, k, v, weights)


@mistake(ATTENTION_FORWARD, "softmax without the maximum",
         "exp of a large score is inf, and inf / inf is nan. Use the softmax of exercise 05.1, which subtracts the "
         "row's maximum first.")
def overflowing_softmax(q, k, v, mask=None):
    powers = np.exp(with_mask(scores_of(q, k), mask))
    weights = powers / powers.sum(-1, keepdims=True)
    return weights @ v, (q, k, v, weights)


# 05.5 ---------------------------------------------------------------------------------------------------------------

def turned(x):
    return x.swapaxes(-1, -2)


def softmax_gradient(dy, y, axis=-1):
    return y * (dy - (dy * y).sum(axis, keepdims=True))


@mistake(ATTENTION_BACKWARD, "forgot the scale",
         "The forward pass divides the scores by sqrt(D), so whatever flows back through them is divided by sqrt(D) "
         "as well.")
def no_scale_backward(dy, cache):
    q, k, v, weights = cache
    dscores = softmax_gradient(dy @ turned(v), weights)
    return dscores @ k, turned(dscores) @ q, turned(weights) @ dy


@mistake(ATTENTION_BACKWARD, "softmax gradient without the row sum",
         "weights * dweights is only half of softmax's gradient. Subtract each row's sum of weights * dweights first, "
         "as in exercise 05.2.")
def attention_no_row_sum(dy, cache):
    q, k, v, weights = cache
    dscores = weights * (dy @ turned(v)) / math.sqrt(q.shape[-1])
    return dscores @ k, turned(dscores) @ q, turned(weights) @ dy


@mistake(ATTENTION_BACKWARD, "skipped the softmax",
         "dweights went straight to q and k. Between the scores and the weights lies the softmax: send dweights "
         "through its backward first.")
def skipped_softmax(dy, cache):
    q, k, v, weights = cache
    dscores = dy @ turned(v) / math.sqrt(q.shape[-1])
    return dscores @ k, turned(dscores) @ q, turned(weights) @ dy


@mistake(ATTENTION_BACKWARD, "softmax gradient over the wrong axis",
         "The row sum ran down the columns. One query's weights are one row: sum along the last axis.")
def attention_wrong_axis(dy, cache):
    q, k, v, weights = cache
    dscores = softmax_gradient(dy @ turned(v), weights, axis=-2) / math.sqrt(q.shape[-1])
    return dscores @ k, turned(dscores) @ q, turned(weights) @ dy


@mistake(ATTENTION_BACKWARD, "scaled dq but not dk",
         "The scale stands on the scores, before they split towards q and k. Put it on dscores once, and both get it.")
def scaled_once(dy, cache):
    q, k, v, weights = cache
    dscores = softmax_gradient(dy @ turned(v), weights)
    return dscores @ k / math.sqrt(q.shape[-1]), turned(dscores) @ q, turned(weights) @ dy


@mistake(ATTENTION_BACKWARD, "dq and dk swapped",
         "The query's gradient is a mixture of keys, the key's gradient a mixture of queries. Return them in the "
         "order dq, dk, dv.")
def swapped(dy, cache):
    q, k, v, weights = cache
    dscores = softmax_gradient(dy @ turned(v), weights) / math.sqrt(q.shape[-1])
    return turned(dscores) @ q, dscores @ k, turned(weights) @ dy


@mistake(ATTENTION_BACKWARD, "forgot to transpose the weights for dv",
         "Value s went to every query t that looked at it, so dv[s] collects over t: the weights stand transposed, "
         "(S, T) @ (T, D).")
def untransposed_weights(dy, cache):
    q, k, v, weights = cache
    dscores = softmax_gradient(dy @ turned(v), weights) / math.sqrt(q.shape[-1])
    return dscores @ k, turned(dscores) @ q, weights @ dy


@mistake(ATTENTION_BACKWARD, "forgot to transpose dscores for dk",
         "Key s was read by every query t, so dk[s] collects over t: dscores stands transposed, (S, T) @ (T, D).")
def untransposed_dscores(dy, cache):
    q, k, v, weights = cache
    dscores = softmax_gradient(dy @ turned(v), weights) / math.sqrt(q.shape[-1])
    return dscores @ k, dscores @ q, turned(weights) @ dy
