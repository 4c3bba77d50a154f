"""Wrong answers to 07.1 gelu_forward and 07.2 gelu_backward, each as people really write it."""

import math

import numpy as np

from ..exercise import mistake, variant

GELU_FORWARD, GELU_BACKWARD = [], []
ROOT = math.sqrt(2 / math.pi)


def tanh_inner(x):
    return ROOT * (x + 0.044715 * x * x * x)


def logistic(x):
    return 1 / (1 + np.exp(-x))


def each(f, x):
    return np.array([f(value) for value in np.ravel(x).tolist()]).reshape(np.shape(x))


# 07.1 ---------------------------------------------------------------------------------------------------------------

@mistake(GELU_FORWARD, "the exact form instead of the tanh form",
         "You used the error function. That is GELU too, and differs only in the fourth digit; this exercise asks for "
         "the tanh form, so that weights trained with it give the same numbers.")
def exact_form(x):
    gate = 0.5 * (1 + each(math.erf, x / math.sqrt(2)))
    return x * gate, (x, gate)


@mistake(GELU_FORWARD, "x squared instead of x cubed",
         "The small term inside u is 0.044715 times x * x * x. A square is positive on both sides, so the gate would "
         "lean to the right.")
def squared(x):
    gate = 0.5 * (1 + np.tanh(ROOT * (x + 0.044715 * x * x)))
    return x * gate, (x, gate)


@mistake(GELU_FORWARD, "forgot sqrt(2/pi)",
         "Inside the tanh stands sqrt(2/pi), about 0.8, times the bracket. It gives the gate the steepness that the "
         "normal distribution has at 0.")
def no_root(x):
    gate = 0.5 * (1 + np.tanh(x + 0.044715 * x * x * x))
    return x * gate, (x, gate)


@mistake(GELU_FORWARD, "sqrt(2/pi) on x alone",
         "sqrt(2/pi) multiplies the whole bracket, x + 0.044715 x^3. Mind the brackets.")
def root_on_x_alone(x):
    gate = 0.5 * (1 + np.tanh(ROOT * x + 0.044715 * x * x * x))
    return x * gate, (x, gate)


@mistake(GELU_FORWARD, "logistic function of u instead of 2u",
         "(1 + tanh u) / 2 equals 1 / (1 + exp(-2u)). The 2 in the exponent is missing, so your gate opens half as "
         "fast.")
def logistic_of_u(x):
    gate = logistic(tanh_inner(x))
    return x * gate, (x, gate)


@mistake(GELU_FORWARD, "forgot the half",
         "1 + tanh u runs from 0 to 2. A gate runs from 0 to 1: take half of it.")
def no_half(x):
    gate = 1 + np.tanh(tanh_inner(x))
    return x * gate, (x, gate)


@mistake(GELU_FORWARD, "returned the gate instead of x times the gate",
         "Your output stays between 0 and 1: it is the gate. What goes through it is x, so y = x * gate.")
def gate_alone(x):
    gate = 0.5 * (1 + np.tanh(tanh_inner(x)))
    return gate, (x, gate)


@mistake(GELU_FORWARD, "SiLU instead of GELU",
         "x times the logistic function of x is SiLU. GELU's gate is the logistic function of 2u, which is steeper.")
def silu_instead(x):
    gate = logistic(x)
    return x * gate, (x, gate)


@mistake(GELU_FORWARD, "the shortcut with 1.702",
         "x times the logistic function of 1.702 x is a rough GELU, off by up to 0.02. The tanh form has a cubic term "
         "as well.")
def quick_gelu(x):
    gate = logistic(1.702 * x)
    return x * gate, (x, gate)


@mistake(GELU_FORWARD, "0.44715 instead of 0.044715",
         "The factor of the cubic term is ten times too large: 0.044715 has a zero after the point.")
def tenfold(x):
    gate = 0.5 * (1 + np.tanh(ROOT * (x + 0.44715 * x * x * x)))
    return x * gate, (x, gate)


@mistake(GELU_FORWARD, "exp of a large number",
         "exp(2u) is inf for a large x, and inf / inf is nan. Write the gate as 1 / (1 + exp(-2u)), or with np.tanh.")
def overflowing(x):
    power = np.exp(2 * tanh_inner(x))
    gate = power / (power + 1)
    return x * gate, (x, gate)


@mistake(GELU_FORWARD, "cached y instead of the gate",
         "The backward pass needs x and the gate. From y alone it could not tell the gate where x is 0.")
def cached_y(x):
    gate = 0.5 * (1 + np.tanh(tanh_inner(x)))
    return x * gate, (x, x * gate)


# 07.2 ---------------------------------------------------------------------------------------------------------------

def inner_slope(x, three=3):
    """Slope of 2u."""
    return 2 * ROOT * (1 + three * 0.044715 * x * x)


@mistake(GELU_BACKWARD, "the gate alone",
         "dy * gate treats the gate as a constant. The gate moves with x too: add x times the slope of the gate.")
def gate_only(dy, cache):
    return dy * cache[1]


@mistake(GELU_BACKWARD, "forgot the gate's own term",
         "You have x times the slope of the gate. The product x * gate has a second term: the slope of x, which is 1, "
         "times the gate.")
def slope_only(dy, cache):
    x, gate = cache
    return dy * x * gate * (1 - gate) * inner_slope(x)


@mistake(GELU_BACKWARD, "forgot dy",
         "You return the slope itself. The gradient is the upstream gradient times the slope.")
def no_upstream(dy, cache):
    x, gate = cache
    return gate + x * gate * (1 - gate) * inner_slope(x)


@mistake(GELU_BACKWARD, "slope of the cubic without its 3",
         "The slope of x^3 is 3 x^2, so inside stands 1 + 3 * 0.044715 x^2.")
def no_three(dy, cache):
    x, gate = cache
    return dy * (gate + x * gate * (1 - gate) * inner_slope(x, three=1))


@mistake(GELU_BACKWARD, "forgot the slope of the inside",
         "gate (1 - gate) is the slope of the logistic function with respect to 2u. By the chain rule, the slope of 2u "
         "with respect to x comes on top.")
def no_chain(dy, cache):
    x, gate = cache
    return dy * (gate + x * gate * (1 - gate))


@mistake(GELU_BACKWARD, "slope of u instead of 2u",
         "The gate is the logistic function of 2u, so its slope is gate (1 - gate) times the slope of 2u. Your second "
         "term is half of what it should be.")
def u_not_2u(dy, cache):
    x, gate = cache
    return dy * (gate + x * gate * (1 - gate) * inner_slope(x) / 2)


@mistake(GELU_BACKWARD, "forgot the x before the gate's slope",
         "By the product rule the second term is x times the slope of the gate. Without the x, even x = 0 would "
         "feel the gate move.")
def no_x(dy, cache):
    x, gate = cache
    return dy * (gate + gate * (1 - gate) * inner_slope(x))


@mistake(GELU_BACKWARD, "took the gate for the tanh",
         "1 - tanh^2 is the slope of tanh. But the cache holds the gate, (1 + tanh) / 2, whose slope is "
         "gate (1 - gate) times the slope of 2u.")
def gate_as_tanh(dy, cache):
    x, gate = cache
    return dy * (gate + x * (1 - gate * gate) * inner_slope(x) / 2)


@variant(GELU_BACKWARD)
def gate_as_tanh_with_half(dy, cache):
    x, gate = cache
    return dy * (0.5 * (1 + gate) + 0.5 * x * (1 - gate * gate) * inner_slope(x) / 2)


@mistake(GELU_BACKWARD, "forgot sqrt(2/pi) in the slope",
         "u carries the factor sqrt(2/pi), and so does its slope: 2 sqrt(2/pi) (1 + 3 * 0.044715 x^2).")
def no_root_in_slope(dy, cache):
    x, gate = cache
    return dy * (gate + x * gate * (1 - gate) * inner_slope(x) / ROOT)


@mistake(GELU_BACKWARD, "slope of the exact form",
         "gate + x times the normal density is the slope of exact GELU. The tanh form is another function, with a "
         "slope of its own: gate (1 - gate) times the slope of 2u.")
def exact_slope(dy, cache):
    x, gate = cache
    return dy * (gate + x * np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi))
