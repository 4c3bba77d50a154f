"""Wrong answers to 05.1 softmax_forward, 05.2 softmax_backward and 05.3 causal_mask, each as people really write it."""

import numpy as np

from ..exercise import mistake, variant

SOFTMAX_FORWARD, SOFTMAX_BACKWARD, CAUSAL_MASK = [], [], []


def softmax(x, axis=-1):
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


# 05.1 ---------------------------------------------------------------------------------------------------------------

@mistake(SOFTMAX_FORWARD, "softmax over the wrong axis",
         "Your columns add up to 1. Each row is one distribution, so both the maximum and the sum run along the last "
         "axis: axis=-1.")
def wrong_axis(x):
    y = softmax(x, axis=0)
    return y, y


@variant(SOFTMAX_FORWARD)
def wrong_axis_without_maximum(x):
    powers = np.exp(x)
    y = powers / powers.sum(axis=0)
    return y, y


@mistake(SOFTMAX_FORWARD, "one sum for the whole array",
         "All your numbers together add up to 1. A sum without an axis adds everything; each row needs a sum of its "
         "own: axis=-1, keepdims=True.")
def one_sum_for_all(x):
    powers = np.exp(x - x.max())
    y = powers / powers.sum()
    return y, y


@variant(SOFTMAX_FORWARD)
def one_sum_with_row_maxima(x):
    powers = np.exp(x - x.max(-1, keepdims=True))
    y = powers / powers.sum()
    return y, y


@variant(SOFTMAX_FORWARD)
def one_sum_without_maximum(x):
    powers = np.exp(x)
    y = powers / powers.sum()
    return y, y


@mistake(SOFTMAX_FORWARD, "forgot to subtract the maximum",
         "exp(1000) is inf, and inf / inf is nan. Subtract each row's largest score before exp: the quotient stays "
         "the same, because top and bottom are divided by the same number.")
def no_maximum(x):
    powers = np.exp(x)
    y = powers / powers.sum(-1, keepdims=True)
    return y, y


@mistake(SOFTMAX_FORWARD, "one maximum for the whole array",
         "A row whose scores all lie far below the array's maximum underflows to 0 / 0. Subtract the maximum of each "
         "row: x.max(-1, keepdims=True).")
def one_maximum_for_all(x):
    powers = np.exp(x - x.max())
    y = powers / powers.sum(-1, keepdims=True)
    return y, y


@mistake(SOFTMAX_FORWARD, "forgot to divide by the sum",
         "Your largest entry of every row is 1, so the rows do not add up to 1. Divide each row by its own sum.")
def no_division(x):
    y = np.exp(x - x.max(-1, keepdims=True))
    return y, y


@mistake(SOFTMAX_FORWARD, "log-softmax instead of softmax",
         "Your numbers are the logarithms of the answer. Probabilities lie between 0 and 1: return exp of them.")
def log_softmax(x):
    y = np.log(softmax(x))
    return y, y


@mistake(SOFTMAX_FORWARD, "cached the input instead of the output",
         "The backward pass needs the probabilities, not the scores. Return y twice: once as the result, once as the "
         "cache.")
def cached_input(x):
    return softmax(x), x


# 05.2 ---------------------------------------------------------------------------------------------------------------

@mistake(SOFTMAX_BACKWARD, "gradient without the row sum",
         "dy * y is what each score does to its own probability through exp alone. But raising one score also takes "
         "probability away from all others in the row: subtract the row's sum of dy * y before you multiply by y.")
def no_row_sum(dy, cache):
    return dy * cache


@mistake(SOFTMAX_BACKWARD, "row sum over the wrong axis",
         "You summed down the columns. One distribution is one row, so the sum runs along the last axis: axis=-1, "
         "keepdims=True.")
def sum_down_columns(dy, cache):
    return cache * (dy - (dy * cache).sum(0, keepdims=True))


@mistake(SOFTMAX_BACKWARD, "one sum for the whole array",
         "Rows do not know each other: what happens in one must not reach another. Sum along the last axis only: "
         "axis=-1, keepdims=True.")
def one_sum_backward(dy, cache):
    return cache * (dy - (dy * cache).sum())


@mistake(SOFTMAX_BACKWARD, "row sum of dy instead of dy * y",
         "Each upstream gradient counts as much as the probability it belongs to. Sum dy * y along the row, not dy.")
def plain_sum(dy, cache):
    return cache * (dy - dy.sum(-1, keepdims=True))


@mistake(SOFTMAX_BACKWARD, "mean instead of sum along the row",
         "Scores in a row are many paths that end in the same place, and gradients of paths add up. Use .sum(-1, "
         "keepdims=True).")
def mean_not_sum(dy, cache):
    return cache * (dy - (dy * cache).mean(-1, keepdims=True))


@mistake(SOFTMAX_BACKWARD, "only the diagonal of the Jacobian",
         "y * (1 - y) is the derivative of a sigmoid, and here only each score's effect on its own probability. The "
         "effect on the other probabilities, -y_i * y_j, is missing.")
def diagonal_only(dy, cache):
    return dy * cache * (1 - cache)


@mistake(SOFTMAX_BACKWARD, "all zeros",
         "A gradient of zeros says that no score matters. Zeros come out when dy is taken to be all ones: raising "
         "every probability at once is impossible, they add up to 1. Use the dy that you are given.")
def all_zeros(dy, cache):
    return np.zeros_like(cache)


@mistake(SOFTMAX_BACKWARD, "wrong sign",
         "Your answer is the right one times -1. A score that raises a probability with a positive dy has a positive "
         "gradient: dy minus the sum.")
def flipped_sign(dy, cache):
    return cache * ((dy * cache).sum(-1, keepdims=True) - dy)


# 05.3 ---------------------------------------------------------------------------------------------------------------

def allowed(n_query, n_key, offset):
    """True where key s <= query t + offset."""
    return np.arange(n_key)[None, :] <= np.arange(n_query)[:, None] + offset


def additive(seen):
    return np.where(seen, 0.0, -np.inf)


@mistake(CAUSAL_MASK, "mask lets the future in and hides the past",
         "Your triangle is upside down: -inf stands where a query may look. Position t sees positions 0 to t, so -inf "
         "belongs above the diagonal.")
def upside_down(n_query, n_key=None):
    n_key = n_key or n_query
    return additive(np.arange(n_key)[None, :] >= np.arange(n_query)[:, None] + n_key - n_query)


@mistake(CAUSAL_MASK, "mask hides the present",
         "Your diagonal is -inf, so a position cannot see itself, and position 0 sees nothing at all. A query may "
         "look at its own key: <=, not <.")
def hides_present(n_query, n_key=None):
    n_key = n_key or n_query
    return additive(allowed(n_query, n_key, n_key - n_query - 1))


@mistake(CAUSAL_MASK, "mask lets one future position in",
         "Each row has one 0 too many: position t sees t + 1, the very token it has to predict. In np.triu the offset "
         "is k=1, not k=2.")
def one_step_ahead(n_query, n_key=None):
    n_key = n_key or n_query
    return additive(allowed(n_query, n_key, n_key - n_query + 1))


@mistake(CAUSAL_MASK, "ones and zeros instead of 0 and -inf",
         "This mask is added to the scores, and adding 0 forbids nothing. Put 0 where looking is allowed and -inf "
         "where it is not: exp(-inf) is exactly 0.")
def ones_and_zeros(n_query, n_key=None):
    n_key = n_key or n_query
    return allowed(n_query, n_key, n_key - n_query).astype(float)


@mistake(CAUSAL_MASK, "True and False instead of 0 and -inf",
         "This mask is added to the scores, and True counts as 1 there. Turn it into numbers: np.where(seen, 0.0, "
         "-np.inf).")
def true_and_false(n_query, n_key=None):
    n_key = n_key or n_query
    return allowed(n_query, n_key, n_key - n_query)


@mistake(CAUSAL_MASK, "-inf times 0",
         "0 * -inf is nan. Do not multiply by infinity: choose between two numbers with np.where(seen, 0.0, -np.inf).")
def infinity_times_zero(n_query, n_key=None):
    n_key = n_key or n_query
    return (1.0 - allowed(n_query, n_key, n_key - n_query)) * -np.inf


@mistake(CAUSAL_MASK, "a large negative number instead of -inf",
         "-1e9 hides a position only while scores stay small beside it. -np.inf makes exp give exactly 0, whatever "
         "the scores are.")
def large_negative(n_query, n_key=None):
    n_key = n_key or n_query
    return np.where(allowed(n_query, n_key, n_key - n_query), 0.0, -1e9)


@mistake(CAUSAL_MASK, "queries placed at the start instead of the end",
         "With more keys than queries, the extra keys are the past: the queries are the last of the positions. Query "
         "t stands at position n_key - n_query + t.")
def queries_first(n_query, n_key=None):
    return additive(allowed(n_query, n_key or n_query, 0))


@mistake(CAUSAL_MASK, "n_key ignored",
         "The mask has one column for each key. When n_key is given, the shape is (n_query, n_key), not square.")
def always_square(n_query, n_key=None):
    return additive(allowed(n_query, n_query, 0))
