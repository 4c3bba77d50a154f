"""The exercises of 07_feed_forward: GELU and its gradient, the gradient of a SwiGLU, and a fair hidden width.

C width  F hidden width
"""

import numpy as np

from .. import reference_feed_forward as right
from ..exercise import Case, Exercise, Stage
from ..inputs import label, normal
from ..reference import central_differences
from . import mistakes_feed_forward as mistakes
from . import mistakes_gated_mlp

NOTEBOOK = "07_feed_forward"
FAR_OUT = np.array([[0.0, 1, -1, 3, -3], [12, -12, 40, -40, 1000], [-1000, 0.5, -0.5, 2, -2]])


# 07.1 ---------------------------------------------------------------------------------------------------------------

def gelu_reference(x):
    y, gate = right.gelu(x)
    return y, (x, gate)


def numbers_case(x, look=("y",)):
    return Case(label(x=x), lambda: (x.copy(),), look=look)


GELU_FORWARD = Exercise(
    id="07.1", title="GELU", function="gelu_forward", signature="gelu_forward(x) -> (y, (x, gate))",
    difficulty="easy", minutes=10, notebook=NOTEBOOK, section="The tanh form",
    hints=("GELU lets a number through a gate between 0 and 1, and the number itself decides how far the gate opens.",
           "First u = sqrt(2/pi) (x + 0.044715 x^3). The gate is (1 + tanh u) / 2, which is the same as "
           "1 / (1 + exp(-2u)). The output is x times the gate; the cache holds x and the gate.",
           "u = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x); gate = 0.5 * (1 + np.tanh(u)); "
           "return x * gate, (x, gate)"),
    example="x = [0, 1, -1]: u = [0, 0.834, -0.834], so gate = [0.5, 0.841, 0.159] and y = [0, 0.841, -0.159].",
    part="pygpt.in_numpy.functional.gelu_forward",
    outputs=("y", ("x", "gate")), reference=gelu_reference, mistakes=tuple(mistakes.GELU_FORWARD),
    stages=(
        Stage("one row", "y is x times the gate.", (numbers_case(normal(1, 1, 5, scale=1.5)),)),
        Stage("any shape", "Every number on its own, however many axes there are.",
              (numbers_case(normal(2, 5, 3, scale=2)), numbers_case(normal(3, 3, 5, 7, scale=2)),
               numbers_case(normal(4, 1, 1)))),
        Stage("near zero", "For tiny x the gate stands half open.", (numbers_case(normal(5, 3, 5, scale=1e-6)),)),
        Stage("far out", "Large x pass whole, large negative x not at all, and nothing overflows into nan.",
              (numbers_case(FAR_OUT),)),
        Stage("cache", "The cache is what the backward pass needs: x and the gate.",
              (numbers_case(normal(6, 3, 7, scale=2), look=()),)),
    ))


# 07.2 ---------------------------------------------------------------------------------------------------------------

def gelu_gradient(dy, cache):
    return dy * right.gelu_slope(cache[0])


def upstream_case(x, seed, scale=1.0, **more):
    """A random upstream gradient, and x with the reference's own gate."""
    dy, gate = normal(seed, *x.shape, scale=scale), right.gelu(x)[1]
    return Case(label(dy=dy, x=x, gate=gate), lambda: (dy.copy(), (x.copy(), gate.copy())), **more)


def by_differences_gelu(dy, cache):
    return {"dx": central_differences(lambda x: right.gelu(x)[0], cache[0], dy)}


GELU_BACKWARD = Exercise(
    id="07.2", title="GELU backward", function="gelu_backward", signature="gelu_backward(dy, cache) -> dx",
    difficulty="medium", minutes=15, notebook=NOTEBOOK, section="The tanh form, backward",
    hints=("x reaches y = x gate on two ways: as the factor x, and through the gate, which moves with x. Gradients of "
           "two ways add up.",
           "The slope is gate + x * (slope of the gate). The gate is the logistic function of 2u, so its slope is "
           "gate (1 - gate) times the slope of 2u, which is 2 sqrt(2/pi) (1 + 3 * 0.044715 x^2).",
           "inner = 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x); "
           "return dy * (gate + x * gate * (1 - gate) * inner)"),
    example="x = [0] has gate = [0.5]. The second term is 0, since x is: slope 0.5, and dy = [6] gives dx = [3].",
    part="pygpt.in_numpy.functional.gelu_backward",
    outputs="dx", reference=gelu_gradient, mistakes=tuple(mistakes.GELU_BACKWARD),
    stages=(
        Stage("at zero", "At x = 0 the slope is the gate alone, 1/2.", (upstream_case(np.zeros((1, 3)), 11),)),
        Stage("one row", "The slope has two terms: the gate, and x times the slope of the gate.",
              (upstream_case(normal(12, 1, 5, scale=1.5), 13),)),
        Stage("any shape", "Every number on its own.",
              (upstream_case(normal(14, 5, 3, scale=2), 15), upstream_case(normal(16, 3, 5, 7, scale=2), 17),
               upstream_case(normal(18, 1, 1), 19))),
        Stage("far out", "Far right the slope is 1, far left it is 0.", (upstream_case(FAR_OUT, 20),)),
        Stage("small upstream", "The gradient grows and shrinks with dy.",
              (upstream_case(normal(21, 3, 5), 22, scale=1e-12),)),
        Stage("differences", "Nudge each x a little: the change of the forward pass must be the gradient.",
              (upstream_case(normal(23, 3, 7, scale=2), 24, expect=by_differences_gelu),)),
    ))


# 07.3 ---------------------------------------------------------------------------------------------------------------

def gated_reference(dy, cache):
    return right.swiglu_gradients(dy, *cache)


def gated_case(seed, *shape, look=(), scale=1.0, **more):
    a, up, dy = normal(seed, *shape, scale=2), normal(seed + 1, *shape), normal(seed + 2, *shape, scale=scale)
    return fixed_gate_case(dy, a, up, look, **more)


def fixed_gate_case(dy, a, up, look=(), **more):
    return Case(label(dy=dy, a=a, up=up), lambda: (dy.copy(), (a.copy(), up.copy())), look=look, **more)


def by_differences_gated(dy, cache):
    a, up = cache
    return {"da": central_differences(lambda x: right.swiglu(x, up), a, dy),
            "dup": central_differences(lambda x: right.swiglu(a, x), up, dy)}


SWIGLU_BACKWARD = Exercise(
    id="07.3", title="SwiGLU backward", function="swiglu_backward", signature="swiglu_backward(dy, cache) -> (da, dup)",
    difficulty="medium", minutes=20, notebook=NOTEBOOK, section="Two paths: gated MLPs",
    hints=("y = silu(a) * up is a product. Each factor's gradient is dy times the other factor.",
           "dup is dy times silu(a). For da go on through SiLU: dy times up, times the slope of SiLU at a. With "
           "g = 1 / (1 + exp(-a)), SiLU is a g and its slope is g + a g (1 - g).",
           "g = 1 / (1 + np.exp(-a)); da = dy * up * (g + a * g * (1 - g)); dup = dy * a * g; return da, dup"),
    example="a = [0], up = [6], dy = [2]: g = 1/2, so silu(a) = 0 with slope 1/2. da = 2 * 6 * 1/2 = [6], dup = [0].",
    outputs=("da", "dup"), reference=gated_reference, mistakes=tuple(mistakes_gated_mlp.SWIGLU_BACKWARD),
    stages=(
        Stage("dup", "The gradient of up: dy times the other factor, silu(a).", (gated_case(30, 1, 5, look=("dup",)),)),
        Stage("da", "The gradient of a: dy times the other factor, then through SiLU.",
              (gated_case(30, 1, 5, look=("da",)),)),
        Stage("any shape", "Every number on its own.",
              (gated_case(33, 5, 3), gated_case(36, 3, 5, 7), gated_case(39, 1, 1))),
        Stage("far out", "SiLU is flat far left and a straight line far right.",
              (fixed_gate_case(normal(42, 3, 5), np.clip(FAR_OUT, -600, 600), normal(43, 3, 5)),)),
        Stage("small upstream", "The gradients grow and shrink with dy.", (gated_case(44, 3, 5, scale=1e-12),)),
        Stage("differences", "Nudge each number: the change of the forward pass must be the gradient.",
              (gated_case(47, 3, 7, expect=by_differences_gated),)),
    ))


# 07.4 ---------------------------------------------------------------------------------------------------------------

def width_case(*sizes):
    return Case(f"gated_width({', '.join(map(str, sizes))})", lambda: sizes)


GATED_WIDTH = Exercise(
    id="07.4", title="A fair width", function="gated_width",
    signature="gated_width(n_embd, n_hidden, bias=False) -> width",
    difficulty="easy", minutes=10, notebook=NOTEBOOK, section="As many numbers as before",
    hints=("Two models compare fairly when they train as many numbers. Count the plain MLP first, then ask at which "
           "width a gated one comes nearest.",
           "Plain: 2 matrices, so 2 C H numbers; biases add H and C. Gated: 3 matrices, so 3 C F; biases add F, F and "
           "C. Set the two counts equal, solve for F, round to the nearest whole number.",
           "return round(n_hidden * (2 * n_embd + bias) / (3 * n_embd + 2 * bias))"),
    example="n_embd = 3, n_hidden = 12: the plain MLP has 2 * 3 * 12 = 72 numbers. A gated one has 9 for each unit of "
            "width, so the width is 8.",
    outputs="width", reference=right.gated_width, mistakes=tuple(mistakes_gated_mlp.GATED_WIDTH),
    stages=(
        Stage("a fair width", "Three matrices hold as many numbers as two.", (width_case(3, 12), width_case(6, 30))),
        Stage("rounding", "The nearest whole number, up or down.",
              (width_case(5, 20), width_case(7, 28), width_case(768, 3072), width_case(1, 1))),
        Stage("biases", "Every row of every matrix brings one number more.",
              (width_case(1, 12, True), width_case(3, 50, True), width_case(5, 700, True), width_case(1, 1, True))),
    ))

EXERCISES = [GELU_FORWARD, GELU_BACKWARD, SWIGLU_BACKWARD, GATED_WIDTH]
