"""Wrong answers to 04.3 layer_norm_backward and 04.4 rms_norm_backward, each as people really write it.  C width"""

import numpy as np

from ..exercise import mistake, variant

LAYER_NORM_BACKWARD, RMS_NORM_BACKWARD = [], []


def column_sums(array):
    return array.reshape(-1, array.shape[-1]).sum(0)


def mean(array, axis=-1):
    return array.mean(axis, keepdims=True)


# 04.3 ---------------------------------------------------------------------------------------------------------------

def others(dy, cache):
    """dweight and dbias as they should be."""
    return column_sums(dy * cache[0]), column_sums(dy) if cache[3] else None


@mistake(LAYER_NORM_BACKWARD, "mean and variance treated as constants",
         "You sent dy through the scale alone. But mean and variance are made of x and move with it: that takes the "
         "constant direction and the normed direction out of the gradient. Subtract both.")
def constants(dy, cache):
    _, rstd, weight, _ = cache
    return dy * weight * rstd, *others(dy, cache)


@mistake(LAYER_NORM_BACKWARD, "only the mean moves",
         "You took out the constant direction, which is the mean's doing. The variance moves too: subtract "
         "normed * mean(g * normed), with g = dy * weight.")
def only_mean(dy, cache):
    _, rstd, weight, _ = cache
    g = dy * weight
    return (g - mean(g)) * rstd, *others(dy, cache)


@mistake(LAYER_NORM_BACKWARD, "only the variance moves",
         "You took out the normed direction, which is the variance's doing. The mean moves too: subtract mean(g), with "
         "g = dy * weight.")
def only_variance(dy, cache):
    normed, rstd, weight, _ = cache
    g = dy * weight
    return (g - normed * mean(g * normed)) * rstd, *others(dy, cache)


@mistake(LAYER_NORM_BACKWARD, "forgot the weight in dx",
         "The scale stands between normed and y, so what arrives at normed is dy * weight. Start from that.")
def no_weight(dy, cache):
    normed, rstd, _, _ = cache
    return (dy - mean(dy) - normed * mean(dy * normed)) * rstd, *others(dy, cache)


@mistake(LAYER_NORM_BACKWARD, "the weight came last",
         "Backward is forward read upwards: the scale was the last step, so it is undone first. Multiply dy by the "
         "weight before you take the two means.")
def weight_last(dy, cache):
    normed, rstd, weight, _ = cache
    return (dy - mean(dy) - normed * mean(dy * normed)) * rstd * weight, *others(dy, cache)


@mistake(LAYER_NORM_BACKWARD, "forgot to multiply by rstd",
         "The forward divides by the standard deviation, and so does the gradient on its way back: multiply by rstd.")
def no_rstd(dy, cache):
    normed, _, weight, _ = cache
    g = dy * weight
    return g - mean(g) - normed * mean(g * normed), *others(dy, cache)


@mistake(LAYER_NORM_BACKWARD, "divided by rstd",
         "rstd is one over the standard deviation. Multiply by it, or you multiply by the standard deviation.")
def divided(dy, cache):
    normed, rstd, weight, _ = cache
    g = dy * weight
    return (g - mean(g) - normed * mean(g * normed)) / rstd, *others(dy, cache)


@mistake(LAYER_NORM_BACKWARD, "sums along the row instead of means",
         "Each number of a row is one C-th of its mean and of its variance, so both terms are means: divide by C.")
def sums(dy, cache):
    normed, rstd, weight, _ = cache
    g = dy * weight
    return (g - g.sum(-1, keepdims=True) - normed * (g * normed).sum(-1, keepdims=True)) * rstd, *others(dy, cache)


@mistake(LAYER_NORM_BACKWARD, "means over the wrong axis",
         "Your means ran down the columns. Each row was normalised by itself, so they run along the last axis: "
         "axis=-1, keepdims=True.")
def wrong_axis(dy, cache):
    normed, rstd, weight, _ = cache
    g = dy * weight
    return (g - mean(g, 0) - normed * mean(g * normed, 0)) * rstd, *others(dy, cache)


@mistake(LAYER_NORM_BACKWARD, "dweight without the normalised rows",
         "y = normed * weight + bias: the weight's gradient is the sum of dy * normed. The sum of dy alone is the "
         "bias's.")
def dweight_from_dy(dy, cache):
    normed, rstd, weight, has_bias = cache
    g = dy * weight
    dx = (g - mean(g) - normed * mean(g * normed)) * rstd
    return dx, column_sums(dy), column_sums(dy) if has_bias else None


@mistake(LAYER_NORM_BACKWARD, "dweight multiplied by the weight",
         "The derivative of normed * weight with respect to the weight is normed. Use dy as it came in, before the "
         "weight.")
def dweight_after_weight(dy, cache):
    normed, rstd, weight, _ = cache
    g = dy * weight
    dx = (g - mean(g) - normed * mean(g * normed)) * rstd
    return dx, column_sums(g * normed), others(dy, cache)[1]


@mistake(LAYER_NORM_BACKWARD, "summed over the first axis only",
         "Scale and shift were used by every token of every text. With x (B, T, C) sum over B and over T: reshape to "
         "(-1, C) first.")
def first_axis_only(dy, cache):
    normed, rstd, weight, has_bias = cache
    g = dy * weight
    dx = (g - mean(g) - normed * mean(g * normed)) * rstd
    return dx, (dy * normed).sum(0), dy.sum(0) if has_bias else None


@mistake(LAYER_NORM_BACKWARD, "averaged over the rows",
         "Every row adds its share to the gradient of scale and shift. Sum over the rows, do not average: the mean "
         "belongs to the loss, and is in dy already.")
def averaged(dy, cache):
    normed, rstd, weight, has_bias = cache
    g, C = dy * weight, dy.shape[-1]
    dx = (g - mean(g) - normed * mean(g * normed)) * rstd
    return dx, (dy * normed).reshape(-1, C).mean(0), dy.reshape(-1, C).mean(0) if has_bias else None


@mistake(LAYER_NORM_BACKWARD, "a gradient for a bias that is not there",
         "The last entry of the cache says whether there was a bias. Without one, return None for dbias.")
def always_dbias(dy, cache):
    normed, rstd, weight, _ = cache
    g = dy * weight
    return (g - mean(g) - normed * mean(g * normed)) * rstd, column_sums(dy * normed), column_sums(dy)


# 04.4 ---------------------------------------------------------------------------------------------------------------

@mistake(RMS_NORM_BACKWARD, "root mean square treated as a constant",
         "You sent dy through the scale alone. The root mean square is made of x and moves with it: subtract "
         "normed * mean(g * normed), with g = dy * weight.")
def constant_size(dy, cache):
    normed, rrms, weight = cache
    return dy * weight * rrms, column_sums(dy * normed)


@mistake(RMS_NORM_BACKWARD, "took out the mean as well",
         "That is LayerNorm's backward. RMSNorm subtracts no mean, so the constant direction stays: only the normed "
         "one leaves.")
def as_layer_norm(dy, cache):
    normed, rrms, weight = cache
    g = dy * weight
    return (g - mean(g) - normed * mean(g * normed)) * rrms, column_sums(dy * normed)


@mistake(RMS_NORM_BACKWARD, "took out the mean only",
         "The mean plays no part here. What moves with x is the root mean square: subtract normed * mean(g * normed).")
def mean_only(dy, cache):
    normed, rrms, weight = cache
    g = dy * weight
    return (g - mean(g)) * rrms, column_sums(dy * normed)


@mistake(RMS_NORM_BACKWARD, "forgot the weight in dx",
         "The scale stands between normed and y, so what arrives at normed is dy * weight. Start from that.")
def rms_no_weight(dy, cache):
    normed, rrms, _ = cache
    return (dy - normed * mean(dy * normed)) * rrms, column_sums(dy * normed)


@mistake(RMS_NORM_BACKWARD, "the weight came last",
         "Backward is forward read upwards: the scale was the last step, so it is undone first. Multiply dy by the "
         "weight before you take the mean.")
def rms_weight_last(dy, cache):
    normed, rrms, weight = cache
    return (dy - normed * mean(dy * normed)) * rrms * weight, column_sums(dy * normed)


@mistake(RMS_NORM_BACKWARD, "forgot to multiply by rrms",
         "The forward divides by the root mean square, and so does the gradient on its way back: multiply by rrms.")
def no_rrms(dy, cache):
    normed, _, weight = cache
    g = dy * weight
    return g - normed * mean(g * normed), column_sums(dy * normed)


@mistake(RMS_NORM_BACKWARD, "sum along the row instead of a mean",
         "Each number of a row is one C-th of the mean square, so the term is a mean: divide by C.")
def rms_sum(dy, cache):
    normed, rrms, weight = cache
    g = dy * weight
    return (g - normed * (g * normed).sum(-1, keepdims=True)) * rrms, column_sums(dy * normed)


@mistake(RMS_NORM_BACKWARD, "dweight without the normalised rows",
         "y = normed * weight: the weight's gradient is the sum of dy * normed over all rows.")
def rms_dweight_from_dy(dy, cache):
    normed, rrms, weight = cache
    g = dy * weight
    return (g - normed * mean(g * normed)) * rrms, column_sums(dy)


@mistake(RMS_NORM_BACKWARD, "dweight not summed over all rows",
         "The scale was used by every token of every text, so its gradient has the shape of the weight, (C,): reshape "
         "dy * normed to (-1, C) and sum over the rows.")
def rms_first_axis_only(dy, cache):
    normed, rrms, weight = cache
    g = dy * weight
    return (g - normed * mean(g * normed)) * rrms, (dy * normed).sum(0)


@variant(RMS_NORM_BACKWARD)
def rms_not_summed(dy, cache):
    normed, rrms, weight = cache
    g = dy * weight
    return (g - normed * mean(g * normed)) * rrms, dy * normed


@variant(RMS_NORM_BACKWARD)
def rms_summed_along_rows(dy, cache):
    normed, rrms, weight = cache
    g = dy * weight
    return (g - normed * mean(g * normed)) * rrms, np.sum(dy * normed, axis=-1)
