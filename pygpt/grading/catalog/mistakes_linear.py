"""Wrong answers to 02.3 linear_backward and 02.4 tied_backward.  I in  O out  N rows: all leading axes as one"""

import numpy as np

from ..exercise import mistake, variant

LINEAR_BACKWARD, TIED_BACKWARD = [], []


# 02.3 ---------------------------------------------------------------------------------------------------------------

def right(dy, cache):
    """The right answer, and dy and x as rows: what most wrong ones have in common with it."""
    x, weight, has_bias = cache
    dy_rows, x_rows = dy.reshape(-1, dy.shape[-1]), x.reshape(-1, x.shape[-1])
    dbias = dy_rows.sum(0) if has_bias else None
    return (dy_rows @ weight).reshape(x.shape), dy_rows.T @ x_rows, dbias, dy_rows, x_rows


@mistake(LINEAR_BACKWARD, "transposed the weight for dx",
         "The forward pass went through weight.T, so the way back goes through weight itself: dy (N, O) @ weight "
         "(O, I). A square weight hides this, because the shapes fit either way.")
def transposed_weight(dy, cache):
    _, dweight, dbias, *_ = right(dy, cache)
    return dy @ cache[1].T, dweight, dbias


@mistake(LINEAR_BACKWARD, "dweight stands transposed",
         "Weights are (out, in), so dweight is too. x.T @ dy is (in, out): swap the two, dy.T @ x.")
def transposed_dweight(dy, cache):
    dx, dweight, dbias, *_ = right(dy, cache)
    return dx, dweight.T, dbias


@mistake(LINEAR_BACKWARD, "bias gradient as a mean instead of a sum",
         "The same bias was added to every row, so each row is a path to the loss, and gradients of paths add up: sum "
         "the rows of dy.")
def mean_bias(dy, cache):
    dx, dweight, _, dy_rows, _ = right(dy, cache)
    return dx, dweight, dy_rows.mean(0) if cache[2] else None


@mistake(LINEAR_BACKWARD, "dweight averaged over the rows",
         "You divided dweight by the number of rows. If the loss is a mean, dy has that division in it already: take "
         "the plain sum, dy.T @ x.")
def mean_weight(dy, cache):
    dx, dweight, dbias, dy_rows, _ = right(dy, cache)
    return dx, dweight / len(dy_rows), dbias


@mistake(LINEAR_BACKWARD, "summed the bias gradient over the first axis only",
         "With axes in front, dy.sum(0) leaves one axis too many. All axes but the last hold rows: first "
         "dy.reshape(-1, dy.shape[-1]), then sum(0).")
def first_axis_only(dy, cache):
    dx, dweight, *_ = right(dy, cache)
    return dx, dweight, dy.sum(0) if cache[2] else None


@mistake(LINEAR_BACKWARD, "summed the bias gradient along the rows",
         "dy.sum(-1) gives one number for each row. The bias has one number for each output: sum over the rows, not "
         "within them.")
def bias_along_rows(dy, cache):
    dx, dweight, *_ = right(dy, cache)
    return dx, dweight, dy.sum(-1) if cache[2] else None


@mistake(LINEAR_BACKWARD, "bias gradient counts the rows",
         "Your dbias is the number of rows, as if dy were 1 everywhere. The slope of y in the bias is 1, and the chain "
         "rule multiplies it by dy: sum dy itself.")
def bias_counts_rows(dy, cache):
    dx, dweight, _, dy_rows, _ = right(dy, cache)
    return dx, dweight, np.full(dy.shape[-1], float(len(dy_rows))) if cache[2] else None


@mistake(LINEAR_BACKWARD, "dx left as flat rows",
         "dx must have the shape of x, axes in front included. After the product, give them back: "
         ".reshape(x.shape).")
def flat_dx(dy, cache):
    dx, dweight, dbias, _, x_rows = right(dy, cache)
    return dx.reshape(x_rows.shape), dweight, dbias


@mistake(LINEAR_BACKWARD, ".T turns every axis round",
         "For more than two axes dy.T reverses them all. Make rows first: dy.reshape(-1, dy.shape[-1]), and x "
         "likewise; then dweight = dy_rows.T @ x_rows.")
def turns_every_axis(dy, cache):
    dx, _, dbias, *_ = right(dy, cache)
    return dx, dy.T @ cache[0], dbias


@mistake(LINEAR_BACKWARD, "dx and dweight swapped",
         "Return the gradients in the order of the forward pass's arguments: dx, dweight, dbias.")
def swapped(dy, cache):
    dx, dweight, dbias, *_ = right(dy, cache)
    return dweight, dx, dbias


@mistake(LINEAR_BACKWARD, "a bias gradient where there is no bias",
         "has_bias in the cache says whether the forward pass added a bias. Without one there is nothing to train: "
         "return None as the third result.")
def bias_always(dy, cache):
    dx, dweight, _, dy_rows, _ = right(dy, cache)
    return dx, dweight, dy_rows.sum(0)


@variant(LINEAR_BACKWARD)
def zeros_for_no_bias(dy, cache):
    dx, dweight, dbias, *_ = right(dy, cache)
    return dx, dweight, np.zeros(dy.shape[-1]) if dbias is None else dbias


# 02.4 ---------------------------------------------------------------------------------------------------------------

def both_ways(dlogits, cache):
    """The two gradients of the table (from its use as output and as input), and dvectors as rows with their ids."""
    ids, vectors, weight = cache
    rows, ids = dlogits.reshape(-1, dlogits.shape[-1]), ids.reshape(-1)
    dvectors, as_input = rows @ weight, np.zeros(weight.shape)
    np.add.at(as_input, ids, dvectors)
    return rows.T @ vectors.reshape(len(rows), -1), as_input, dvectors, ids


@mistake(TIED_BACKWARD, "only the way out",
         "The table was used twice: for the logits, and before that to look up the vectors. You followed the first "
         "use only. Send dlogits through to the vectors as well, and from there to their rows.")
def only_output(dlogits, cache):
    return both_ways(dlogits, cache)[0]


@mistake(TIED_BACKWARD, "only the way in",
         "The table was used twice: to look up the vectors, and then again for the logits. You followed the first use "
         "only. Add the gradient of the product's second factor, dlogits.T @ vectors.")
def only_input(dlogits, cache):
    return both_ways(dlogits, cache)[1]


@mistake(TIED_BACKWARD, "averaged the two gradients",
         "Your answer is half of the right one. Both uses move the loss when the table moves, so their gradients add "
         "up; nothing is divided.")
def averaged(dlogits, cache):
    as_output, as_input, *_ = both_ways(dlogits, cache)
    return (as_output + as_input) / 2


@mistake(TIED_BACKWARD, "kept only the last of equal ids",
         "dweight[ids] += dvectors keeps the last of two equal ids. Use your embedding_backward for the way in: it "
         "adds them up.")
def last_one_wins(dlogits, cache):
    as_output, _, dvectors, ids = both_ways(dlogits, cache)
    as_output[ids] += dvectors
    return as_output


@mistake(TIED_BACKWARD, "the way in overwrote the way out",
         "dweight[ids] = dvectors throws away what the way out had left in these rows. Add to it instead of writing "
         "over it.")
def overwritten(dlogits, cache):
    as_output, _, dvectors, ids = both_ways(dlogits, cache)
    as_output[ids] = dvectors
    return as_output


@mistake(TIED_BACKWARD, "subtracted one gradient from the other",
         "Both uses push the loss in their own direction, and the chain rule adds what they say: plus, not minus.")
def subtracted(dlogits, cache):
    as_output, as_input, *_ = both_ways(dlogits, cache)
    return as_output - as_input
