"""Wrong answers to 07.3 swiglu_backward and 07.4 gated_width.  C width  H plain hidden width  F gated hidden width"""

import math

import numpy as np

from ..exercise import mistake, variant

SWIGLU_BACKWARD, GATED_WIDTH = [], []


def logistic(a):
    return 1 / (1 + np.exp(-a))


def slope(a):
    g = logistic(a)
    return g + a * g * (1 - g)


# 07.3 ---------------------------------------------------------------------------------------------------------------

@mistake(SWIGLU_BACKWARD, "each factor got its own instead of the other one",
         "In a product, the gradient of one factor is dy times the OTHER factor: up gets silu(a), and the gate's side "
         "gets up.")
def own_factor(dy, cache):
    a, up = cache
    return dy * a * logistic(a) * slope(a), dy * up


@mistake(SWIGLU_BACKWARD, "forgot the slope of SiLU",
         "dy * up is the gradient of silu(a). a stands inside the SiLU: multiply by its slope at a as well.")
def no_slope(dy, cache):
    a, up = cache
    return dy * up, dy * a * logistic(a)


@mistake(SWIGLU_BACKWARD, "slope of SiLU without the term x g (1 - g)",
         "You took the logistic function g for the slope. SiLU is a * g, and g moves with a: the slope is "
         "g + a g (1 - g).")
def gate_as_slope(dy, cache):
    a, up = cache
    return dy * up * logistic(a), dy * a * logistic(a)


@mistake(SWIGLU_BACKWARD, "slope of the logistic function instead of SiLU's",
         "g (1 - g) is the slope of the logistic function. SiLU is a times it, so the product rule gives "
         "g + a g (1 - g).")
def logistic_slope(dy, cache):
    a, up = cache
    g = logistic(a)
    return dy * up * g * (1 - g), dy * a * g


@variant(SWIGLU_BACKWARD)
def logistic_slope_times_a(dy, cache):
    a, up = cache
    g = logistic(a)
    return dy * up * a * g * (1 - g), dy * a * g


@mistake(SWIGLU_BACKWARD, "dup without the activation",
         "The other factor is silu(a), not a itself: dup = dy * silu(a).")
def dup_from_a(dy, cache):
    a, up = cache
    return dy * up * slope(a), dy * a


@mistake(SWIGLU_BACKWARD, "logistic function instead of SiLU in dup",
         "You multiplied by g alone. SiLU is a * g: dup = dy * a * g.")
def dup_from_logistic(dy, cache):
    a, up = cache
    return dy * up * slope(a), dy * logistic(a)


@mistake(SWIGLU_BACKWARD, "forgot the factor up in da",
         "The gate's side is multiplied by up in the forward pass, so its gradient is dy * up, and then the slope of "
         "SiLU.")
def no_up(dy, cache):
    a, up = cache
    return dy * slope(a), dy * a * logistic(a)


@mistake(SWIGLU_BACKWARD, "slope at silu(a) instead of at a",
         "The slope of SiLU belongs to the number that went in, a, not to the number that came out.")
def slope_at_output(dy, cache):
    a, up = cache
    return dy * up * slope(a * logistic(a)), dy * a * logistic(a)


@mistake(SWIGLU_BACKWARD, "da and dup swapped",
         "Both gradients are right, but they stand in the wrong order. Return them as their inputs came: da, dup.")
def swapped(dy, cache):
    a, up = cache
    return dy * a * logistic(a), dy * up * slope(a)


@mistake(SWIGLU_BACKWARD, "forgot dy",
         "You return the slopes themselves. Multiply both by the upstream gradient.")
def no_upstream(dy, cache):
    a, up = cache
    return up * slope(a), a * logistic(a)


# 07.4 ---------------------------------------------------------------------------------------------------------------

def fair(n_embd, n_hidden, bias=False):
    """The width before rounding."""
    return n_hidden * (2 * n_embd + bias) / (3 * n_embd + 2 * bias)


@mistake(GATED_WIDTH, "three halves instead of two thirds",
         "Your gated MLP is wider than the plain one. It has a matrix more, so each must be smaller: two thirds.")
def upside_down(n_embd, n_hidden, bias=False):
    return round(n_hidden * (3 * n_embd + 2 * bias) / (2 * n_embd + bias))


@mistake(GATED_WIDTH, "the same width",
         "At the same width a gated MLP has half as many numbers again, 3 C F instead of 2 C F. That is no fair "
         "comparison.")
def same_width(n_embd, n_hidden, bias=False):
    return n_hidden


@mistake(GATED_WIDTH, "half the width",
         "Only the way up is doubled, gate and up; there is still one way down. So three matrices stand against two, "
         "and the width is two thirds.")
def half(n_embd, n_hidden, bias=False):
    return round(n_hidden / 2)


@mistake(GATED_WIDTH, "8/3 of the hidden width",
         "8/3 belongs to C, and only because a plain MLP is 4 C wide: two thirds of 4 is 8/3. You are given the hidden "
         "width itself, so take two thirds of it.")
def eight_thirds_of_hidden(n_embd, n_hidden, bias=False):
    return round(8 * n_hidden / 3)


@mistake(GATED_WIDTH, "n_hidden ignored",
         "8/3 of n_embd is right only where the plain MLP is 4 n_embd wide. Use the n_hidden that you are given.")
def hidden_ignored(n_embd, n_hidden, bias=False):
    return round(8 * n_embd / 3)


@mistake(GATED_WIDTH, "rounded down",
         "int() and // cut off what stands behind the point. The nearest whole number is wanted: round().")
def rounded_down(n_embd, n_hidden, bias=False):
    return int(fair(n_embd, n_hidden, bias))


@variant(GATED_WIDTH)
def rounded_down_without_biases(n_embd, n_hidden, bias=False):
    return 2 * n_hidden // 3


@mistake(GATED_WIDTH, "rounded up",
         "math.ceil always takes the larger width. The nearest whole number is wanted: round().")
def rounded_up(n_embd, n_hidden, bias=False):
    return math.ceil(fair(n_embd, n_hidden, bias))


@mistake(GATED_WIDTH, "biases left out of the count",
         "With bias=True every row of a matrix brings one number more: the plain MLP has H + C of them, the gated one "
         "F + F + C. In a narrow model that moves the answer.")
def no_biases(n_embd, n_hidden, bias=False):
    return round(2 * n_hidden / 3)


@mistake(GATED_WIDTH, "one bias too few",
         "A gated MLP has two matrices on the way up, gate and up, and each has F biases. You counted F only once.")
def one_bias_missing(n_embd, n_hidden, bias=False):
    return round(n_hidden * (2 * n_embd + bias) / (3 * n_embd + bias))


@mistake(GATED_WIDTH, "returned the number of weights",
         "You counted the numbers of the plain MLP. The question is at which width a gated one has as many.")
def count_returned(n_embd, n_hidden, bias=False):
    return 2 * n_embd * n_hidden + (n_hidden + n_embd if bias else 0)
