"""Wrong answers to 04.1 layer_norm_forward and 04.2 rms_norm_forward, each as people really write it.  C width"""

import numpy as np

from ..exercise import mistake, variant

LAYER_NORM_FORWARD, RMS_NORM_FORWARD = [], []


# 04.1 ---------------------------------------------------------------------------------------------------------------

def finish(normed, rstd, weight, bias):
    """Scale, shift and cache as they should be."""
    y = normed * weight
    return (y if bias is None else y + bias), (normed, rstd, weight, bias is not None)


def centred(x, axis=-1):
    return x - x.mean(axis, keepdims=True)


@mistake(LAYER_NORM_FORWARD, "normalised over the wrong axis",
         "You took mean and variance down the columns, so tokens are mixed with each other, as a batch norm would. "
         "Every row is normalised by itself, along the last axis: axis=-1.")
def wrong_axis(x, weight, bias, eps=1e-5):
    rstd = 1 / np.sqrt(x.var(0, keepdims=True) + eps)
    return finish(centred(x, 0) * rstd, rstd, weight, bias)


@mistake(LAYER_NORM_FORWARD, "one mean for the whole array",
         "A mean without an axis runs over all tokens at once. Each row needs a mean and a variance of its own: "
         "axis=-1, keepdims=True.")
def whole_array(x, weight, bias, eps=1e-5):
    rstd = 1 / np.sqrt(x.var() + eps)
    return finish((x - x.mean()) * rstd, rstd, weight, bias)


@mistake(LAYER_NORM_FORWARD, "variance divided by C - 1",
         "Dividing by C - 1 estimates the variance of a larger population. Here the row is all there is: divide by C, "
         "so no ddof=1.")
def ddof_one(x, weight, bias, eps=1e-5):
    rstd = 1 / np.sqrt(x.var(-1, ddof=1, keepdims=True) + eps)
    return finish(centred(x) * rstd, rstd, weight, bias)


@mistake(LAYER_NORM_FORWARD, "eps outside the root",
         "You added eps to the standard deviation. It belongs to the variance, under the root: sqrt(variance + eps). "
         "For small rows the two differ by a lot.")
def eps_outside(x, weight, bias, eps=1e-5):
    rstd = 1 / (x.std(-1, keepdims=True) + eps)
    return finish(centred(x) * rstd, rstd, weight, bias)


@mistake(LAYER_NORM_FORWARD, "forgot eps",
         "A row of equal numbers has variance 0, and 0 / 0 is nan. Add eps to the variance before the root.")
def no_eps(x, weight, bias, eps=1e-5):
    rstd = 1 / x.std(-1, keepdims=True)
    return finish(centred(x) * rstd, rstd, weight, bias)


@mistake(LAYER_NORM_FORWARD, "eps written into the formula",
         "You use 1e-5 whatever the caller asks for. Take the argument eps: models differ in it.")
def fixed_eps(x, weight, bias, eps=1e-5):
    rstd = 1 / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    return finish(centred(x) * rstd, rstd, weight, bias)


@mistake(LAYER_NORM_FORWARD, "forgot to subtract the mean",
         "Your rows have the right spread, but their mean is not 0. Subtract each row's mean before you divide.")
def not_centred(x, weight, bias, eps=1e-5):
    rstd = 1 / np.sqrt(x.var(-1, keepdims=True) + eps)
    return finish(x * rstd, rstd, weight, bias)


@mistake(LAYER_NORM_FORWARD, "divided by the variance instead of its root",
         "The variance is measured in squares. Divide by the standard deviation, its square root.")
def no_root(x, weight, bias, eps=1e-5):
    rstd = 1 / (x.var(-1, keepdims=True) + eps)
    return finish(centred(x) * rstd, rstd, weight, bias)


@mistake(LAYER_NORM_FORWARD, "forgot to shift",
         "The bias never reaches y. Add it after the scale, where it is not None.")
def no_shift(x, weight, bias, eps=1e-5):
    rstd = 1 / np.sqrt(x.var(-1, keepdims=True) + eps)
    normed = centred(x) * rstd
    return normed * weight, (normed, rstd, weight, bias is not None)


@mistake(LAYER_NORM_FORWARD, "forgot to scale",
         "The weight never reaches y. Multiply the normalised rows by it, column by column.")
def no_scale(x, weight, bias, eps=1e-5):
    rstd = 1 / np.sqrt(x.var(-1, keepdims=True) + eps)
    normed = centred(x) * rstd
    return (normed if bias is None else normed + bias), (normed, rstd, weight, bias is not None)


@mistake(LAYER_NORM_FORWARD, "means without keepdims",
         "x.mean(-1) drops the last axis, so its shape no longer fits beside x. With keepdims=True the mean of "
         "(..., C) is (..., 1) and broadcasts.")
def no_keepdims(x, weight, bias, eps=1e-5):
    rstd = 1 / np.sqrt(x.var(-1, keepdims=True) + eps)
    return finish((x - x.mean(-1)) * rstd, rstd, weight, bias)


@variant(LAYER_NORM_FORWARD)
def no_keepdims_at_all(x, weight, bias, eps=1e-5):
    rstd = 1 / np.sqrt(x.var(-1) + eps)
    return finish((x - x.mean(-1)) * rstd, rstd, weight, bias)


@mistake(LAYER_NORM_FORWARD, "bias may be None",
         "Some models have no shift, and adding None is an error. Add the bias only where it is not None.")
def always_adds(x, weight, bias, eps=1e-5):
    rstd = 1 / np.sqrt(x.var(-1, keepdims=True) + eps)
    normed = centred(x) * rstd
    return normed * weight + bias, (normed, rstd, weight, bias is not None)


@mistake(LAYER_NORM_FORWARD, "variance as a difference of two large numbers",
         "The mean of squares minus the square of the mean is right on paper. But far from zero both are huge and "
         "nearly equal, and rounding eats their difference. Subtract the mean first, then square.")
def one_pass(x, weight, bias, eps=1e-5):
    mean = x.mean(-1, keepdims=True)
    rstd = 1 / np.sqrt((x * x).mean(-1, keepdims=True) - mean * mean + eps)
    return finish(centred(x) * rstd, rstd, weight, bias)


@mistake(LAYER_NORM_FORWARD, "cached the standard deviation, not one over it",
         "The cache wants rstd = 1 / sqrt(variance + eps): dividing once is enough, the backward multiplies.")
def cached_std(x, weight, bias, eps=1e-5):
    std = np.sqrt(x.var(-1, keepdims=True) + eps)
    y, (normed, _, *rest) = finish(centred(x) / std, std, weight, bias)
    return y, (normed, std, *rest)


@mistake(LAYER_NORM_FORWARD, "cached y instead of the normalised rows",
         "The backward needs the rows before scale and shift. Keep normed in a name of its own.")
def cached_output(x, weight, bias, eps=1e-5):
    rstd = 1 / np.sqrt(x.var(-1, keepdims=True) + eps)
    y, (_, *rest) = finish(centred(x) * rstd, rstd, weight, bias)
    return y, (y, *rest)


# 04.2 ---------------------------------------------------------------------------------------------------------------

def scaled(normed, rrms, weight):
    return normed * weight, (normed, rrms, weight)


def mean_square(x, axis=-1):
    return (x * x).mean(axis, keepdims=True)


@mistake(RMS_NORM_FORWARD, "subtracted the mean",
         "That is LayerNorm. RMSNorm leaves the mean where it is and sets only the size of the row.")
def subtracts_mean(x, weight, eps=1e-5):
    rrms = 1 / np.sqrt(x.var(-1, keepdims=True) + eps)
    return scaled(centred(x) * rrms, rrms, weight)


@mistake(RMS_NORM_FORWARD, "divided by the standard deviation",
         "The standard deviation measures distances from the mean. RMSNorm takes the mean of x * x, distances from 0.")
def divides_by_std(x, weight, eps=1e-5):
    rrms = 1 / np.sqrt(x.var(-1, keepdims=True) + eps)
    return scaled(x * rrms, rrms, weight)


@mistake(RMS_NORM_FORWARD, "normalised over the wrong axis",
         "You averaged the squares down the columns, which mixes tokens. Each row is normalised by itself: axis=-1.")
def rms_wrong_axis(x, weight, eps=1e-5):
    rrms = 1 / np.sqrt(mean_square(x, 0) + eps)
    return scaled(x * rrms, rrms, weight)


@mistake(RMS_NORM_FORWARD, "one size for the whole array",
         "A mean without an axis runs over all tokens at once. Each row has a size of its own: axis=-1, "
         "keepdims=True.")
def rms_whole_array(x, weight, eps=1e-5):
    rrms = 1 / np.sqrt((x * x).mean() + eps)
    return scaled(x * rrms, rrms, weight)


@mistake(RMS_NORM_FORWARD, "sum of squares instead of their mean",
         "You divided by the length of the row, so your numbers shrink as rows get wider. Take the mean of the "
         "squares.")
def sum_of_squares(x, weight, eps=1e-5):
    rrms = 1 / np.sqrt((x * x).sum(-1, keepdims=True) + eps)
    return scaled(x * rrms, rrms, weight)


@mistake(RMS_NORM_FORWARD, "forgot the root",
         "You divided by the mean square. The size of a row is its square root: root mean square.")
def rms_no_root(x, weight, eps=1e-5):
    rrms = 1 / (mean_square(x) + eps)
    return scaled(x * rrms, rrms, weight)


@mistake(RMS_NORM_FORWARD, "eps outside the root",
         "You added eps to the root mean square. It belongs under the root: sqrt(mean square + eps).")
def rms_eps_outside(x, weight, eps=1e-5):
    rrms = 1 / (np.sqrt(mean_square(x)) + eps)
    return scaled(x * rrms, rrms, weight)


@mistake(RMS_NORM_FORWARD, "forgot eps",
         "A row of zeros has mean square 0, and 0 / 0 is nan. Add eps to the mean square before the root.")
def rms_no_eps(x, weight, eps=1e-5):
    rrms = 1 / np.sqrt(mean_square(x))
    return scaled(x * rrms, rrms, weight)


@mistake(RMS_NORM_FORWARD, "eps written into the formula",
         "You use 1e-5 whatever the caller asks for. Take the argument eps: models differ in it.")
def rms_fixed_eps(x, weight, eps=1e-5):
    rrms = 1 / np.sqrt(mean_square(x) + 1e-5)
    return scaled(x * rrms, rrms, weight)


@mistake(RMS_NORM_FORWARD, "forgot to scale",
         "The weight never reaches y. Multiply the normalised rows by it, column by column.")
def rms_no_scale(x, weight, eps=1e-5):
    rrms = 1 / np.sqrt(mean_square(x) + eps)
    return x * rrms, (x * rrms, rrms, weight)


@mistake(RMS_NORM_FORWARD, "cached the root mean square, not one over it",
         "The cache wants rrms = 1 / sqrt(mean square + eps), shape (..., 1).")
def cached_rms(x, weight, eps=1e-5):
    rms = np.sqrt(mean_square(x) + eps)
    return x / rms * weight, (x / rms, rms, weight)
