"""The exercises of 04_normalization: LayerNorm and RMSNorm, forward and backward.

C width
"""

import numpy as np

from .. import reference_norms as reference
from ..compare import describe
from ..exercise import Case, Exercise, Stage
from ..inputs import label, normal, whole
from . import mistakes_norms, mistakes_norms_backward

NOTEBOOK = "04_normalization"


def plain(C):
    """A scale and a shift that change nothing."""
    return np.ones(C), np.zeros(C)


def learnt(seed, C):
    """A scale and a shift as training leaves them: nothing is 0 or 1."""
    return 1 + 0.5 * normal(seed, C), normal(seed + 1, C)


FLAT = np.array([[7.0, 7, 7], [0, 0, 0], [-2, -2, -2], [1, 2, 3], [-1e-3, 0, 1e-3]])


def far_from_zero():
    """Rows (3, 4) in float32 around 30000, their spread a few units. Four whole numbers have an exact mean."""
    return (30000 + whole(8, 9, 3, 4)).astype("float32")


# 04.1 ---------------------------------------------------------------------------------------------------------------

def layer_norm_reference(x, weight, bias, eps=1e-5):
    y, normed, rstd = reference.layer_norm(x, weight, bias, eps)
    return y, (normed, rstd, weight, bias is not None)


def layer_norm_case(x, weight, bias, *eps, look=("y",)):
    words = label(x=x, weight=weight) + (", bias None" if bias is None else f", bias {bias.shape}")
    words += f", eps {eps[0]:g}" if eps else ""
    bias_copy = (lambda: None) if bias is None else bias.copy
    return Case(words, lambda: (x.copy(), weight.copy(), bias_copy(), *eps), look=look)


LAYER_NORM_FORWARD = Exercise(
    id="04.1", title="LayerNorm", function="layer_norm_forward",
    signature="layer_norm_forward(x, weight, bias, eps=1e-5) -> (y, (normed, rstd, weight, has_bias))",
    difficulty="easy", minutes=12, notebook=NOTEBOOK, section="LayerNorm",
    hints=("Every token's row is brought to mean 0 and variance 1, whatever it was before. Then a learnt scale and a "
           "learnt shift, one number for each column, give it the size that the next layer likes.",
           "Work along the last axis with keepdims=True: subtract the mean, take the mean of the squares of what is "
           "left, add eps, and multiply by one over the root. Then weight, then bias if there is one.",
           "normed = x - x.mean(-1, keepdims=True); rstd = 1 / np.sqrt((normed ** 2).mean(-1, keepdims=True) + eps); "
           "normed *= rstd; y = normed * weight, plus bias; return y, (normed, rstd, weight, bias is not None)"),
    example="x = [[2, 2, 6, 6]]: the mean is 4, the variance 4, so normed = [[-1, -1, 1, 1]]. With weight [1, 2, 1, 2] "
            "and bias [0, 0, 5, 5], y = [[-1, -2, 6, 7]].",
    part="pygpt.in_numpy.functional.layer_norm_forward",
    outputs=("y", ("normed", "rstd", "weight", "has_bias")), reference=layer_norm_reference,
    mistakes=tuple(mistakes_norms.LAYER_NORM_FORWARD),
    stages=(
        Stage("one row", "With scale 1 and shift 0 a row gets mean 0 and variance 1.",
              (layer_norm_case(normal(1, 1, 5), *plain(5)),)),
        Stage("many rows", "Every row, along the last axis, is normalised by itself.",
              (layer_norm_case(normal(2, 5, 3), *plain(3)), layer_norm_case(normal(3, 3, 5, 7), *plain(7)),
               layer_norm_case(normal(4, 1, 1), *plain(1)))),
        Stage("scale and shift", "Each column has a scale and a shift of its own.",
              (layer_norm_case(normal(5, 5, 3), *learnt(15, 3)), layer_norm_case(normal(6, 3, 5, 7), *learnt(17, 7)))),
        Stage("eps", "eps is added to the variance: rows of equal numbers give no nan, small rows stay small.",
              (layer_norm_case(FLAT, *learnt(19, 3)), layer_norm_case(normal(7, 3, 5, scale=1e-3), *learnt(21, 5)),
               layer_norm_case(normal(7, 3, 5), *learnt(21, 5), 0.25))),
        Stage("far from zero", "float32 rows around 30000 with a spread of a few units keep their digits.",
              (layer_norm_case(far_from_zero(), *(a.astype("float32") for a in learnt(23, 4))),)),
        Stage("large", "Numbers of ten thousand and more are no trouble.",
              (layer_norm_case(normal(9, 3, 5, scale=1e4), *learnt(25, 5)),)),
        Stage("no shift", "bias may be None.", (layer_norm_case(normal(10, 5, 3), learnt(27, 3)[0], None),)),
        Stage("cache", "The backward needs the normalised rows, rstd (..., 1), the weight, and if there is a bias.",
              (layer_norm_case(normal(11, 3, 5, 7), *learnt(29, 7), look=()),
               layer_norm_case(normal(12, 5, 3), learnt(31, 3)[0], None, look=()))),
    ))


# 04.2 ---------------------------------------------------------------------------------------------------------------

def rms_norm_reference(x, weight, eps=1e-5):
    y, normed, rrms = reference.rms_norm(x, weight, eps)
    return y, (normed, rrms, weight)


def rms_norm_case(x, weight, *eps, look=("y",)):
    words = label(x=x, weight=weight) + (f", eps {eps[0]:g}" if eps else "")
    return Case(words, lambda: (x.copy(), weight.copy(), *eps), look=look)


RMS_NORM_FORWARD = Exercise(
    id="04.2", title="RMSNorm", function="rms_norm_forward",
    signature="rms_norm_forward(x, weight, eps=1e-5) -> (y, (normed, rrms, weight))",
    difficulty="easy", minutes=6, notebook=NOTEBOOK, section="RMSNorm",
    hints=("RMSNorm sets the size of a row and leaves its mean alone. The size is the root of the mean of the squares.",
           "Take the mean of x * x along the last axis with keepdims=True, add eps, and multiply x by one over the "
           "root. Then the scale. There is no shift.",
           "rrms = 1 / np.sqrt((x * x).mean(-1, keepdims=True) + eps); normed = x * rrms; "
           "return normed * weight, (normed, rrms, weight)"),
    example="x = [[1, 7]]: the mean square is (1 + 49) / 2 = 25, the root 5, so normed = [[0.2, 1.4]]. With weight "
            "[10, 1], y = [[2, 1.4]].",
    part="pygpt.in_numpy.functional.rms_norm_forward",
    outputs=("y", ("normed", "rrms", "weight")), reference=rms_norm_reference,
    mistakes=tuple(mistakes_norms.RMS_NORM_FORWARD),
    stages=(
        Stage("one row", "With scale 1 a row gets mean square 1.", (rms_norm_case(normal(41, 1, 5), plain(5)[0]),)),
        Stage("many rows", "Every row, along the last axis, is normalised by itself.",
              (rms_norm_case(normal(42, 5, 3), plain(3)[0]), rms_norm_case(normal(43, 3, 5, 7), plain(7)[0]),
               rms_norm_case(normal(44, 1, 1), plain(1)[0]))),
        Stage("scale", "Each column has a scale of its own.", (rms_norm_case(normal(45, 3, 5, 7), learnt(55, 7)[0]),)),
        Stage("eps", "eps is added to the mean square: a row of zeros stays zero, small rows stay small.",
              (rms_norm_case(FLAT, learnt(57, 3)[0]), rms_norm_case(normal(46, 3, 5, scale=1e-3), learnt(59, 5)[0]),
               rms_norm_case(normal(46, 3, 5), learnt(59, 5)[0], 0.25))),
        Stage("large", "Numbers of ten thousand and more are no trouble.",
              (rms_norm_case(normal(47, 3, 5, scale=1e4), learnt(61, 5)[0]),)),
        Stage("cache", "The backward needs the normalised rows, rrms (..., 1) and the weight.",
              (rms_norm_case(normal(48, 3, 5, 7), learnt(63, 7)[0], look=()),)),
    ))


# 04.3 ---------------------------------------------------------------------------------------------------------------

def layer_norm_cache(x, weight, has_bias=True):
    _, normed, rstd = reference.layer_norm(x, weight, None)
    return normed, rstd, weight, has_bias


def layer_norm_backward_reference(dy, cache):
    return reference.layer_norm_gradients(dy, *cache)


def backward_case(make_cache, seed, x, weight, look=(), scale=1.0, **more):
    """A random upstream gradient and the cache that the reference leaves. All-ones would let zeros pass."""
    dy, cache = normal(seed, *x.shape, scale=scale), make_cache(x, weight)

    def fresh():
        return dy.copy(), tuple(part.copy() if isinstance(part, np.ndarray) else part for part in cache)
    return Case(f"{label(dy=dy, normed=cache[0], weight=weight)}", fresh, look=look, **more)


def without_bias(f, dy, cache):
    """The unpacker takes no None, so say in words what came as dbias."""
    result = f(dy, cache)
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        return {"dx": result, "dweight": result, "dbias": describe(result)}
    return {"dx": result[0], "dweight": result[1], "dbias": describe(result[2])}


def layer_norm_backward_case(*arguments, **more):
    return backward_case(layer_norm_cache, *arguments, **more)


def weights(seed, C):
    return learnt(seed, C)[0]


LAYER_NORM_BACKWARD = Exercise(
    id="04.3", title="LayerNorm backward", function="layer_norm_backward",
    signature="layer_norm_backward(dy, cache) -> (dx, dweight, dbias)",
    difficulty="hard", minutes=25, notebook=NOTEBOOK, section="LayerNorm backward",
    hints=("Scale and shift first: they are a product and a sum, used by every row. Then the normalising: raising a "
           "whole row, or stretching it about its mean, changes nothing, so these two directions carry no gradient.",
           "With g = dy * weight, work row by row: take out of g its mean, and normed times the mean of g * normed; "
           "what is left is multiplied by rstd. dweight and dbias sum over all rows, whatever axes are in front.",
           "g = dy * weight; dx = rstd * (g - g.mean(-1, keepdims=True) - normed * (g * normed).mean(-1, keepdims=True"
           ")); dweight = (dy * normed).reshape(-1, C).sum(0); dbias = dy.reshape(-1, C).sum(0) if has_bias else None"),
    example="normed = [[-1, -1, 1, 1]], rstd = [[1/2]], weight all 1, dy = [[4, 0, 0, 0]]: the mean of dy is 1, "
            "the mean of dy * normed is -1, so dx = 1/2 * [[4 - 1 - 1, 0 - 1 - 1, 0 - 1 + 1, 0 - 1 + 1]], which is "
            "[[1, -1, 0, 0]].",
    part="pygpt.in_numpy.functional.layer_norm_backward",
    outputs=("dx", "dweight", "dbias"), reference=layer_norm_backward_reference,
    mistakes=tuple(mistakes_norms_backward.LAYER_NORM_BACKWARD),
    stages=(
        Stage("dbias", "The shift was added to every row: its gradient is the sum of dy over the rows.",
              (layer_norm_backward_case(71, normal(81, 5, 3), weights(91, 3), look=("dbias",)),)),
        Stage("dweight", "The scale met every row: its gradient is the sum of dy times the normalised rows.",
              (layer_norm_backward_case(72, normal(82, 5, 3), weights(92, 3), look=("dweight",)),)),
        Stage("dx of one row", "With scale 1: the constant direction and the normed direction leave, rstd comes in.",
              (layer_norm_backward_case(73, normal(83, 1, 5), plain(5)[0], look=("dx",)),)),
        Stage("dx with a scale", "What arrives at the normalised rows is dy * weight.",
              (layer_norm_backward_case(74, normal(84, 1, 7), weights(94, 7), look=("dx",)),)),
        Stage("many rows", "Each row has means of its own.",
              (layer_norm_backward_case(75, normal(85, 5, 3), weights(95, 3)),
               layer_norm_backward_case(76, normal(86, 1, 1), weights(96, 1)))),
        Stage("axes in front", "Batch and tokens: dx keeps them, dweight and dbias sum over all of them.",
              (layer_norm_backward_case(77, normal(87, 3, 5, 7), weights(97, 7)),)),
        Stage("no shift", "Where the cache says that there was no bias, dbias is None.",
              (backward_case(lambda x, w: layer_norm_cache(x, w, has_bias=False), 78, normal(88, 5, 3), weights(98, 3),
                             observe=without_bias),)),
        Stage("flat rows", "A row of equal numbers: normed is 0 and rstd is large.",
              (layer_norm_backward_case(79, FLAT, weights(99, 3)),)),
        Stage("small upstream", "The gradients grow and shrink with dy.",
              (layer_norm_backward_case(80, normal(89, 3, 5), weights(100, 5), scale=1e-12),)),
        Stage("differences", "Nudge each number of x, weight and bias: the change of the forward must be the gradient.",
              (layer_norm_backward_case(101, normal(90, 3, 5), weights(102, 5),
                                        expect=reference.layer_norm_by_differences),)),
    ))


# 04.4 ---------------------------------------------------------------------------------------------------------------

def rms_norm_cache(x, weight):
    _, normed, rrms = reference.rms_norm(x, weight)
    return normed, rrms, weight


def rms_norm_backward_reference(dy, cache):
    return reference.rms_norm_gradients(dy, *cache)


def rms_norm_backward_case(*arguments, **more):
    return backward_case(rms_norm_cache, *arguments, **more)


RMS_NORM_BACKWARD = Exercise(
    id="04.4", title="RMSNorm backward", function="rms_norm_backward",
    signature="rms_norm_backward(dy, cache) -> (dx, dweight)",
    difficulty="medium", minutes=12, notebook=NOTEBOOK, section="RMSNorm backward",
    hints=("Making a row longer or shorter changes nothing, so the direction along the row itself carries no gradient. "
           "The mean plays no part.",
           "With g = dy * weight: take normed times the mean of g * normed out of g, then multiply by rrms. dweight is "
           "dy * normed, summed over all rows.",
           "g = dy * weight; dx = rrms * (g - normed * (g * normed).mean(-1, keepdims=True)); "
           "dweight = (dy * normed).reshape(-1, C).sum(0)"),
    example="normed = [[0.2, 1.4]], rrms = [[1/5]], weight all 1, dy = [[5, 0]]: the mean of dy * normed is 0.5, so "
            "dx = 1/5 * [[5 - 0.1, 0 - 0.7]] = [[0.98, -0.14]].",
    part="pygpt.in_numpy.functional.rms_norm_backward",
    outputs=("dx", "dweight"), reference=rms_norm_backward_reference,
    mistakes=tuple(mistakes_norms_backward.RMS_NORM_BACKWARD),
    stages=(
        Stage("dweight", "The scale met every row: its gradient is the sum of dy times the normalised rows.",
              (rms_norm_backward_case(111, normal(121, 5, 3), weights(131, 3), look=("dweight",)),)),
        Stage("dx of one row", "With scale 1: the normed direction leaves, rrms comes in.",
              (rms_norm_backward_case(112, normal(122, 1, 5), plain(5)[0], look=("dx",)),)),
        Stage("dx with a scale", "What arrives at the normalised rows is dy * weight.",
              (rms_norm_backward_case(113, normal(123, 1, 7), weights(133, 7), look=("dx",)),)),
        Stage("many rows", "Each row by itself; dweight sums over all axes in front.",
              (rms_norm_backward_case(114, normal(124, 5, 3), weights(134, 3)),
               rms_norm_backward_case(115, normal(125, 3, 5, 7), weights(135, 7)),
               rms_norm_backward_case(116, normal(126, 1, 1), weights(136, 1)))),
        Stage("small upstream", "The gradients grow and shrink with dy.",
              (rms_norm_backward_case(117, normal(127, 3, 5), weights(137, 5), scale=1e-12),)),
        Stage("differences", "Nudge each number of x and weight: the change of the forward must be the gradient.",
              (rms_norm_backward_case(118, normal(128, 3, 5), weights(138, 5),
                                      expect=reference.rms_norm_by_differences),)),
    ))

EXERCISES = [LAYER_NORM_FORWARD, RMS_NORM_FORWARD, LAYER_NORM_BACKWARD, RMS_NORM_BACKWARD]
