"""Exercises of 02_embeddings_and_gradients.  I in  O out  N rows  C width  V vocabulary"""

import math

import numpy as np

from .. import reference
from ..exercise import Case, Exercise, Stage
from ..inputs import label, normal, token_ids
from . import mistakes_embeddings, mistakes_linear

NOTEBOOK = "02_embeddings_and_gradients"


# 02.1 ---------------------------------------------------------------------------------------------------------------

def embedding_gradient(dy, cache):
    """The definition: walk through the text, and add each gradient to the row that was read there."""
    ids, n_rows = cache
    dweight = np.zeros((n_rows, dy.shape[-1]))
    for at in np.ndindex(ids.shape):
        dweight[ids[at]] += dy[at]
    return dweight


def lookup_case(seed, ids, n_rows, width, scale=1.0, **more):
    ids = np.array(ids)
    dy = normal(seed, *ids.shape, width, scale=scale)
    words = f"{label(dy=dy)}, ids {ids.tolist() if ids.size < 6 else ids.shape}, n_rows {n_rows}"
    return Case(words, lambda: (dy.copy(), (ids.copy(), n_rows)), **more)


def by_differences_embedding(dy, cache):
    ids, n_rows = cache
    table = normal(99, n_rows, dy.shape[-1])
    return {"dweight": reference.central_differences(lambda weight: weight[ids], table, dy)}


EMBEDDING_BACKWARD = Exercise(
    id="02.1", title="Embedding backward", function="embedding_backward",
    signature="embedding_backward(dy, cache) -> dweight",
    difficulty="easy", minutes=10, notebook=NOTEBOOK, section="Embedding backward",
    hints=("Each place in the text read one row of the table. Whatever the loss says about that place, it says about "
           "that row. A row that was read twice hears from both places.",
           "Start with zeros of shape (n_rows, C). Then visit every place: the gradient there is added to the row of "
           "the id there. Beware of dweight[ids] += dy, which adds only once where ids are equal.",
           "dweight = np.zeros((n_rows, dy.shape[-1])); np.add.at(dweight, ids.reshape(-1), "
           "dy.reshape(-1, dy.shape[-1]))"),
    example="ids = [2, 0, 2], n_rows = 4, dy = [[1], [10], [100]]: row 2 was read twice, so dweight = "
            "[[10], [0], [101], [0]].",
    part="pygpt.in_numpy.functional.embedding_backward",
    outputs="dweight", reference=embedding_gradient, mistakes=tuple(mistakes_embeddings.EMBEDDING_BACKWARD),
    stages=(
        Stage("one token", "The gradient goes to the row of the id.", (lookup_case(1, [0], 1, 1),
                                                                         lookup_case(2, [1], 2, 3))),
        Stage("different tokens", "Each row gets the gradient of its token's place.",
              (lookup_case(3, [4, 0, 2, 1, 3], 5, 3),)),
        Stage("unused rows", "Rows that nobody read have a gradient of 0.", (lookup_case(4, [3, 0, 1], 7, 5),)),
        Stage("repeated ids", "A row that was read several times gets the sum.",
              (lookup_case(5, [2, 0, 2], 3, 1), lookup_case(6, [4, 4, 1, 4, 0, 1, 4], 5, 3))),
        Stage("batches", "Any axes in front, such as a batch of texts: all of them read the same table.",
              (lookup_case(7, token_ids(7, 5, 3, 7), 5, 3), lookup_case(8, token_ids(8, 7, 2, 3, 5), 7, 1))),
        Stage("a large table", "A vocabulary of a thousand tokens, few of them in the text.",
              (lookup_case(9, [1030, 7, 7, 512, 1030], 1031, 3),)),
        Stage("small upstream", "The gradient grows and shrinks with dy.", (lookup_case(10, [1, 0, 1], 3, 5, 1e-12),)),
        Stage("differences", "Nudge each number of the table: the change of the forward pass must be the gradient.",
              (lookup_case(11, token_ids(11, 3, 7), 5, 3, expect=by_differences_embedding),)),
    ))


# 02.2 ---------------------------------------------------------------------------------------------------------------

def straight(x):
    return 3 * x


def cube(x):
    return x * x * x


def sine(x):
    return np.sin(x)


def mixed(x):
    """x (R, K) -> (R,): every output depends on a whole row and on the first row."""
    return x.prod(-1) + x[0].sum() * x.sum(-1)


def mixed_alike(x):
    """The same, spread over the shape of x, so that input and output are shaped alike."""
    return mixed(x)[:, None] * x


def central(f, x, dy, eps=1e-5):
    """One entry at a time, on fresh copies, the sums exact."""
    gradient = np.zeros(np.shape(x))
    for at in np.ndindex(gradient.shape):
        sides = []
        for step in (eps, -eps):
            moved = np.array(x, dtype=np.float64)
            moved[at] += step
            sides.append(np.asarray(f(moved), dtype=np.float64))
        gradient[at] = math.fsum(((sides[0] - sides[1]) * dy).ravel()) / (2 * eps)
    return gradient


def slope_case(f, x, seed, *eps, shown=None, **more):
    dy = normal(seed, *np.shape(f(np.asarray(x, dtype=float))))
    words = f"f {f.__name__}, {label(x=x, dy=dy)}" + (f", eps {eps[0]:g}" if eps else "") + (shown or "")
    return Case(words, lambda: (f, x.copy(), dy.copy(), *eps), **more)


WHOLE = np.array([[2, -1, 3], [1, 4, -2]])

NUMERICAL_GRADIENT = Exercise(
    id="02.2", title="Numerical gradient", function="numerical_gradient",
    signature="numerical_gradient(f, x, dy, eps=1e-5) -> grad",
    difficulty="medium", minutes=15, notebook=NOTEBOOK, section="A gradient can be proven",
    hints=("A gradient says how much sum(f(x) * dy) moves when one entry of x moves. So move one entry a little, up "
           "and down, and measure. No formula for the slope is needed.",
           "Work on a float64 copy of x. For each index: keep the entry, set it to entry + eps and measure, set it to "
           "entry - eps and measure, put it back. The way between the two is 2 * eps long.",
           "for index in np.ndindex(x.shape): ... above = np.sum(f(x) * dy) ... below = np.sum(f(x) * dy) ... "
           "x[index] = centre; grad[index] = (above - below) / (2 * eps)"),
    example="f(x) = x³ at x = [2], dy = [1], eps = 0.1: above is 9.261, below 6.859, so the gradient is "
            "2.402 / 0.2 = 12.01. The true slope is 12.",
    part="pygpt.in_numpy.gradcheck.numerical_gradient",
    outputs="grad", reference=central, mistakes=tuple(mistakes_embeddings.NUMERICAL_GRADIENT),
    stages=(
        Stage("a straight line", "The slope of 3 x, times the upstream gradient.",
              (slope_case(straight, normal(20, 1, 1), 21, 1e-3),)),
        Stage("a curve", "From eps below to eps above: errors of the two sides cancel.",
              (slope_case(cube, normal(22, 3), 23, 0.1), slope_case(cube, normal(24, 1, 1), 25, 0.01))),
        Stage("many numbers", "A gradient is shaped like x, whatever the shape of f(x).",
              (slope_case(cube, normal(26, 3, 5), 27, 0.1), slope_case(mixed, normal(28, 5, 3), 29, 0.1))),
        Stage("numbers that mix", "Only one entry moves at a time; the others are where they were.",
              (slope_case(mixed_alike, normal(30, 3, 5), 31, 0.1), slope_case(mixed_alike, normal(32, 2, 3), 33, 0.1))),
        Stage("other kinds of number", "Whole numbers and float32 cannot hold a small nudge.",
              (slope_case(cube, WHOLE, 34, 1e-3, shown=", x whole"),
               slope_case(cube, normal(35, 3, 5).astype(np.float32), 36, shown=", x float32"))),
        Stage("a known slope", "The slope of the sine is the cosine; without eps it is 1e-5.",
              (slope_case(sine, normal(37, 3, 7), 38, expect=lambda f, x, dy: {"grad": dy * np.cos(x)}),)),
    ))


# 02.3 ---------------------------------------------------------------------------------------------------------------

def linear_gradients(dy, cache):
    """Every product of the forward pass, y[at, o] += x[at, i] weight[o, i], sent back along both of its factors."""
    x, weight, has_bias = cache
    dx, dweight, dbias = np.zeros(x.shape), np.zeros(weight.shape), np.zeros(len(weight))
    for *at, o in np.ndindex(dy.shape):
        at, upstream = tuple(at), dy[(*at, o)]
        dbias[o] += upstream
        for i in range(x.shape[-1]):
            dx[(*at, i)] += upstream * weight[o, i]
            dweight[o, i] += upstream * x[(*at, i)]
    return dx, dweight, dbias if has_bias else None


def linear_case(seed, front, n_in, n_out, has_bias=True, look=(), scale=1.0, **more):
    x, weight = normal(seed, *front, n_in), normal(seed + 1, n_out, n_in)
    dy = normal(seed + 2, *front, n_out, scale=scale)
    words = label(dy=dy, x=x, weight=weight) + ("" if has_bias else ", no bias")
    return Case(words, lambda: (dy.copy(), (x.copy(), weight.copy(), has_bias)), look=look, **more)


def without_bias(f, dy, cache):
    """None has no numbers to compare, so ask for it by name."""
    result = f(dy, cache)
    third = result[2] if isinstance(result, (tuple, list)) and len(result) == 3 else result
    return {"dbias is None": third is None and isinstance(result, (tuple, list))}


def by_differences_linear(dy, cache):
    x, weight, _ = cache
    bias, slope = normal(98, len(weight)), reference.central_differences
    return {"dx": slope(lambda x: np.einsum("...i,oi->...o", x, weight) + bias, x, dy),
            "dweight": slope(lambda weight: np.einsum("...i,oi->...o", x, weight) + bias, weight, dy),
            "dbias": slope(lambda bias: np.einsum("...i,oi->...o", x, weight) + bias, bias, dy)}


LINEAR_BACKWARD = Exercise(
    id="02.3", title="Linear backward", function="linear_backward",
    signature="linear_backward(dy, cache) -> (dx, dweight, dbias)",
    difficulty="medium", minutes=20, notebook=NOTEBOOK, section="Linear backward",
    hints=("For single numbers y = x w + b, so dx = dy w, dw = dy x, db = dy. With many rows the same weight and bias "
           "serve every row, so their gradients add up over the rows.",
           "Turn dy and x into rows, (N, O) and (N, I). Then let shapes lead you: dx (N, I) from dy and weight, "
           "dweight (O, I) from dy and x, dbias (O,) as a sum over rows, or None. Give dx the shape of x.",
           "dx = (dy_rows @ weight).reshape(x.shape); dweight = dy_rows.T @ x_rows; dbias = dy_rows.sum(0) if has_bias "
           "else None"),
    example="x = [[1, 2]], weight = [[3, 4], [5, 6], [7, 8]], dy = [[1, 0, 10]]: dx = [[73, 84]], dweight = "
            "[[1, 2], [0, 0], [10, 20]], dbias = [1, 0, 10].",
    part="pygpt.in_numpy.functional.linear_backward",
    outputs=("dx", "dweight", "dbias"), reference=linear_gradients, mistakes=tuple(mistakes_linear.LINEAR_BACKWARD),
    stages=(
        Stage("dx", "Each input hears from every output it fed.", (linear_case(40, (5,), 3, 7, look=("dx",)),)),
        Stage("dweight", "Shaped like the weight, (out, in); a sum over the rows.",
              (linear_case(43, (5,), 3, 7, look=("dweight",)),)),
        Stage("dbias", "The bias was added to every row: a sum over the rows.",
              (linear_case(46, (5,), 3, 7, look=("dbias",)),)),
        Stage("a square weight", "As many outputs as inputs: shapes warn of nothing now.",
              (linear_case(49, (5,), 3, 3), linear_case(52, (1,), 1, 1))),
        Stage("axes in front", "A batch of texts has rows in two axes, or more.",
              (linear_case(55, (2, 5), 3, 7), linear_case(58, (2, 3, 5), 7, 1))),
        Stage("no bias", "Without a bias the third result is None.",
              (linear_case(61, (3,), 5, 7, has_bias=False, look=(), observe=without_bias,
                           expect=lambda *_: {"dbias is None": True}),)),
        Stage("small upstream", "The gradients grow and shrink with dy.", (linear_case(64, (3,), 5, 7, scale=1e-12),)),
        Stage("differences", "Nudge each number of x, weight and bias: the change must be the gradient.",
              (linear_case(67, (2, 3), 5, 7, expect=by_differences_linear),)),
    ))


# 02.4 ---------------------------------------------------------------------------------------------------------------

def tied_gradient(dlogits, cache):
    """Every product of the forward pass, logits[at, v] += weight[ids[at], c] weight[v, c], back along both factors."""
    ids, vectors, weight = cache
    dweight = np.zeros(weight.shape)
    for *at, v in np.ndindex(dlogits.shape):
        at, upstream = tuple(at), dlogits[(*at, v)]
        dweight[v] += upstream * vectors[at]
        dweight[ids[at]] += upstream * weight[v]
    return dweight


def tied_case(seed, ids, n_vocab, width, scale=1.0, **more):
    ids, weight = np.array(ids), normal(seed, n_vocab, width)
    dlogits = normal(seed + 1, *ids.shape, n_vocab, scale=scale)
    words = f"{label(dlogits=dlogits, weight=weight)}, ids {ids.tolist() if ids.size < 6 else ids.shape}"
    return Case(words, lambda: (dlogits.copy(), (ids.copy(), weight[ids], weight.copy())), **more)


def rows_never_looked_up(f, dlogits, cache):
    """These rows were used for the logits alone."""
    ids, _, weight = cache
    dweight = f(dlogits, cache)
    unused = [row for row in range(len(weight)) if row not in ids]
    fits = isinstance(dweight, np.ndarray) and dweight.shape == weight.shape
    return {"rows never looked up": dweight[unused] if fits else dweight}


def by_differences_tied(dlogits, cache):
    ids, _, weight = cache
    return {"dweight": reference.central_differences(lambda w: np.einsum("...c,vc->...v", w[ids], w), weight, dlogits)}


TIED_BACKWARD = Exercise(
    id="02.4", title="A table used twice", function="tied_backward",
    signature="tied_backward(dlogits, cache) -> dweight",
    difficulty="hard", minutes=20, notebook=NOTEBOOK, section="A value that is used twice",
    hints=("Give the two uses of the table two names in your mind, and find the gradient of each as if they were "
           "different tables. They are one, so it moves the loss through both: add.",
           "Backwards: the logits are a linear map of the vectors, so 02.3 turns dlogits into dvectors and into one "
           "gradient of the table. The vectors were looked up, so 02.1 turns dvectors into the other.",
           "dvectors, as_output, _ = linear_backward(dlogits, (vectors, weight, False)); "
           "return as_output + embedding_backward(dvectors, (ids, len(weight)))"),
    example="weight = [[2], [3]], ids = [1], so vectors = [[3]] and logits = [[6, 9]]. With dlogits = [[1, 10]]: the "
            "way out gives [[3], [30]], the way in gives row 1 another 1 * 2 + 10 * 3 = 32, so dweight = [[3], [62]].",
    outputs="dweight", reference=tied_gradient, mistakes=tuple(mistakes_linear.TIED_BACKWARD),
    stages=(
        Stage("the way out", "Rows that were never looked up were still used for the logits.",
              (tied_case(70, [3, 0], 5, 3, observe=rows_never_looked_up),)),
        Stage("the way in", "Rows that were looked up get both gradients, added.",
              (tied_case(73, [3, 0], 5, 3), tied_case(76, [1], 3, 5), tied_case(79, [0], 1, 1))),
        Stage("repeated ids", "A row that was looked up several times gets a gradient from each place.",
              (tied_case(82, [2, 0, 2], 3, 1), tied_case(85, [4, 4, 1, 4, 0, 1, 4], 5, 3))),
        Stage("batches", "Any axes in front: all of them used the same table.",
              (tied_case(88, token_ids(88, 5, 2, 7), 5, 3),)),
        Stage("small upstream", "The gradient grows and shrinks with dlogits.",
              (tied_case(91, [1, 0, 1], 3, 5, 1e-12),)),
        Stage("differences", "Nudge each number of the table: the change of the logits must be the gradient.",
              (tied_case(94, token_ids(94, 5, 2, 3), 5, 3, expect=by_differences_tied),)),
    ))

EXERCISES = [EMBEDDING_BACKWARD, NUMERICAL_GRADIENT, LINEAR_BACKWARD, TIED_BACKWARD]
