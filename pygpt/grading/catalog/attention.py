"""The exercises of 05_attention: softmax and its gradient, the causal mask, attention and its gradients.

T queries  S keys  D width
"""

import numpy as np

from .. import reference
from ..exercise import Case, Exercise, Stage
from ..inputs import label, normal, whole
from . import mistakes_attention, mistakes_softmax

NOTEBOOK = "05_attention"


# 05.1 ---------------------------------------------------------------------------------------------------------------

def scores_case(x):
    return Case(label(x=x), lambda: (x.copy(),), look=("y",))


def softmax_reference(x):
    y = reference.softmax(x)
    return y, y


FAR_APART = np.array([[1000.0, 999, 1001], [-1000, -1001, -1002], [0, 0, 0]])
HIDDEN = np.array([[1.0, -np.inf, -np.inf], [2, 3, -np.inf], [0, 1, -1]])

SOFTMAX_FORWARD = Exercise(
    id="05.1", title="Softmax", function="softmax_forward", signature="softmax_forward(x) -> (y, cache)",
    difficulty="easy", minutes=8, notebook=NOTEBOOK, section="Softmax",
    hints=("Softmax turns a row of scores into shares of one whole: every share is positive, each row adds up to 1.",
           "Two steps, both along the last axis: powers of e, then each over the row's sum. Large scores overflow exp, "
           "so first lower the whole row by its largest score; keepdims=True keeps the shapes fitting.",
           "powers = np.exp(x - x.max(-1, keepdims=True)); y = powers / powers.sum(-1, keepdims=True); return y, y"),
    example="x = [[0, log 2, log 5]]: the powers of e are 1, 2, 5, their sum is 8, so y = [[1/8, 2/8, 5/8]].",
    part="pygpt.in_numpy.functional.softmax_forward",
    outputs=("y", "cache"), reference=softmax_reference, mistakes=tuple(mistakes_softmax.SOFTMAX_FORWARD),
    stages=(
        Stage("one row", "Each row becomes powers of e over their sum.", (scores_case(normal(1, 1, 5)),)),
        Stage("many rows", "Every row, along the last axis, is a distribution of its own.",
              (scores_case(normal(2, 5, 3)), scores_case(normal(3, 3, 5, 7)), scores_case(normal(4, 1, 1)))),
        Stage("large and small", "Scores of 1000 must not overflow, scores of -1000 must not vanish.",
              (scores_case(FAR_APART), scores_case(whole(5, 2000, 5, 3)), scores_case(normal(6, 3, 5, scale=1e-12)))),
        Stage("hidden scores", "A score of -inf gets the share 0; the mask relies on it.", (scores_case(HIDDEN),)),
        Stage("cache", "The second result is what the backward pass needs: y.",
              (Case("x (3, 5)", lambda: (normal(7, 3, 5),)),)),
    ))


# 05.2 ---------------------------------------------------------------------------------------------------------------

def upstream_case(x, seed, scale=1.0):
    """A random upstream gradient and the probabilities of x. All-ones would let an answer of zeros pass."""
    dy, y = normal(seed, *x.shape, scale=scale), reference.softmax(x)
    return Case(label(dy=dy, cache=y), lambda: (dy.copy(), y.copy()))


def by_differences_softmax(dy, y):
    """log y is a row of scores whose softmax is y."""
    return {"dx": reference.central_differences(reference.softmax, np.log(y), dy)}


SOFTMAX_BACKWARD = Exercise(
    id="05.2", title="Softmax backward", function="softmax_backward", signature="softmax_backward(dy, cache) -> dx",
    difficulty="medium", minutes=15, notebook=NOTEBOOK, section="Softmax backward",
    hints=("Raising one score raises its own probability and lowers all others in the row: they share one whole. "
           "So a score's gradient asks: is my dy above or below the row's average, weighted by the probabilities?",
           "With y in the cache, work row by row: first the sum of dy * y along the last axis, then subtract it from "
           "dy, and weigh what is left by y.",
           "dx = y * (dy - (dy * y).sum(-1, keepdims=True))"),
    example="y = [[1/2, 1/4, 1/4]], dy = [[4, 0, 8]]: the sum of dy * y is 4, so dx = y * (dy - 4) = [[0, -1, 1]].",
    part="pygpt.in_numpy.functional.softmax_backward",
    outputs="dx", reference=reference.softmax_gradient, mistakes=tuple(mistakes_softmax.SOFTMAX_BACKWARD),
    stages=(
        Stage("one row", "dx of a single distribution.", (upstream_case(normal(1, 1, 3), 11),)),
        Stage("many rows", "Rows do not know each other: one sum for each, along the last axis.",
              (upstream_case(normal(2, 5, 3), 12), upstream_case(normal(3, 3, 5, 7), 13),
               upstream_case(normal(4, 1, 1), 14))),
        Stage("sure rows", "Where one probability is 1 and the rest are 0, scores hardly matter.",
              (upstream_case(FAR_APART, 15), upstream_case(HIDDEN, 16))),
        Stage("small upstream", "The gradient grows and shrinks with dy.",
              (upstream_case(normal(7, 3, 5), 17, 1e-12),)),
        Stage("differences", "Nudge each score a little: the change of the forward pass must be the gradient.",
              (Case("dy (3, 7), cache (3, 7)", lambda: (normal(18, 3, 7), reference.softmax(normal(8, 3, 7))),
                    expect=by_differences_softmax),)),
    ))


# 05.3 ---------------------------------------------------------------------------------------------------------------

def mask_case(*sizes):
    return Case(f"causal_mask({', '.join(map(str, sizes))})", lambda: sizes)


CAUSAL_MASK = Exercise(
    id="05.3", title="Causal mask", function="causal_mask", signature="causal_mask(n_query, n_key=None) -> mask",
    difficulty="easy", minutes=8, notebook=NOTEBOOK, section="The causal mask",
    hints=("A model that predicts the next token must not see it. The mask is added to the scores: 0 changes nothing, "
           "-inf becomes a weight of exactly 0.",
           "Compare positions: make a column of query positions and a row of key positions, and let broadcasting build "
           "the (T, S) table of `key <= query`. With extra keys, the queries are the last ones.",
           "query = np.arange(n_key - n_query, n_key)[:, None]; np.where(np.arange(n_key) <= query, 0.0, -np.inf)"),
    example="causal_mask(2) is [[0, -inf], [0, 0]]; causal_mask(1, 3) is [[0, 0, 0]]: the last of three sees all.",
    part="pygpt.tables.causal_mask",
    outputs="mask", reference=reference.causal_mask, mistakes=tuple(mistakes_softmax.CAUSAL_MASK),
    stages=(
        Stage("one token", "A position may look at itself.", (mask_case(1),)),
        Stage("square", "Row t holds 0 up to and including column t, -inf after it.", (mask_case(3), mask_case(5))),
        Stage("more keys", "With n_key given, the queries are the last n_query of the positions.",
              (mask_case(3, 5), mask_case(2, 7), mask_case(1, 7))),
        Stage("n_key equal", "n_key = n_query is the square mask again.", (mask_case(5, 5),)),
    ))


# 05.4 ---------------------------------------------------------------------------------------------------------------

def attention_reference(q, k, v, mask=None):
    y, weights = reference.attention(q, k, v, mask)
    return y, (q, k, v, weights)


def attention_case(q, k, v, mask=None, look=("y",), **more):
    words = label(q=q, k=k, v=v) + ("" if mask is None else f", mask {mask.shape}")
    inputs = (q, k, v) if mask is None else (q, k, v, mask)
    return Case(words, lambda: tuple(array.copy() for array in inputs), look=look, **more)


def only_position_0(f, q, k, v, mask):
    """Position 0 sees itself alone, so it returns its own value."""
    y, _ = two(f(q, k, v, mask))
    return {"y at position 0": np.asarray(y)[..., 0, :]}


def two(result):
    return result if isinstance(result, tuple) and len(result) == 2 else (result, None)


MOVED = "change of y before the last token"


def the_past_moves(f, q, k, v, mask):
    """Change the last token; how far did the outputs before it move? Not at all, if the future is hidden."""
    before, _ = two(f(q, k, v, mask))
    q, k, v = q.copy(), k.copy(), v.copy()
    for array in (q, k, v):
        array[..., -1, :] += 3.0
    after, _ = two(f(q, k, v, mask))
    return {MOVED: np.asarray(after)[..., :-1, :] - np.asarray(before)[..., :-1, :]}


def large(seed, *shape):
    return 2 * whole(seed, 20, *shape)   # D = 4: the scale is exactly 1/2 and the scores are whole, up to thousands


def attention_stages():
    full = ("weights", "y")
    mask = reference.causal_mask
    tokens = [normal(seed, 5, 3) for seed in (31, 32, 33)]
    return (
        Stage("one token", "With one key there is one weight, 1, and y is v.",
              (attention_case(normal(20, 1, 3), normal(21, 1, 3), normal(22, 1, 3)),)),
        Stage("scores", "With width 1 there is no scale: weights = softmax of q times k, one row for each query.",
              (attention_case(normal(23, 3, 1), normal(24, 3, 1), normal(25, 3, 1), look=("weights",)),)),
        Stage("values", "y mixes the values with the weights.",
              (attention_case(normal(23, 3, 1), normal(24, 3, 1), normal(25, 3, 1)),)),
        Stage("scale", "Scores are divided by sqrt(D).",
              (attention_case(normal(26, 3, 7), normal(27, 3, 7), normal(28, 3, 7), look=full),
               attention_case(normal(29, 3, 7), normal(30, 5, 7), normal(31, 5, 7), look=full))),
        Stage("position 0", "Under the mask, position 0 sees only itself: its output is its own value.",
              (attention_case(*tokens, mask(5), look=(), observe=only_position_0,
                              expect=lambda q, k, v, mask: {"y at position 0": v[0]}),)),
        Stage("mask", "The mask is added to the scores before softmax.",
              (attention_case(*tokens, mask(5), look=full),
               attention_case(normal(34, 3, 7), normal(35, 5, 7), normal(36, 5, 7), mask(3, 5), look=full))),
        Stage("batches", "Any axes in front, such as batch and heads, are carried along.",
              (attention_case(*(normal(seed, 2, 3, 5, 7) for seed in (37, 38, 39)), mask(5), look=full),
               attention_case(*(normal(seed, 1, 1) for seed in (40, 41, 42)), mask(1), look=full))),
        Stage("the past stays", "Changing the last token leaves every output before it as it was.",
              (attention_case(*(normal(seed, 3, 5, 7) for seed in (43, 44, 45)), mask(5), look=(),
                              observe=the_past_moves, expect=lambda *_: {MOVED: np.zeros((3, 4, 7))}),)),
        Stage("large scores", "Scores in the thousands must not overflow.",
              (attention_case(large(46, 3, 4), large(47, 5, 4), normal(48, 5, 4), look=full),)),
        Stage("cache", "The backward pass needs q, k, v and the weights.",
              (attention_case(*(normal(seed, 3, 5, 7) for seed in (49, 50, 51)), look=()),)),
    )


ATTENTION_FORWARD = Exercise(
    id="05.4", title="Attention", function="attention_forward",
    signature="attention_forward(q, k, v, mask=None) -> (y, (q, k, v, weights))",
    difficulty="medium", minutes=15, notebook=NOTEBOOK, section="From a loop to matrices",
    hints=("Each query asks every key how well they fit, and gets back a mixture of the values, mixed by the answers.",
           "Four steps: scores are dot products of queries and keys over sqrt(D); add the mask if there is one; "
           "softmax along the keys; mix the values. Swap only the last two axes of k: batches and heads stay in front.",
           "scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]), plus mask; weights, _ = softmax_forward(scores); "
           "y = weights @ v"),
    example="q = [[0], [log 3]], k = [[0], [1]], v = [[1], [5]]: the scores are [[0, 0], [0, log 3]], the weights "
            "[[1/2, 1/2], [1/4, 3/4]], so y = [[3], [4]]. Under the causal mask y = [[1], [4]].",
    part="pygpt.in_numpy.functional.attention_forward",
    outputs=("y", ("q", "k", "v", "weights")), reference=attention_reference,
    mistakes=tuple(mistakes_attention.ATTENTION_FORWARD), stages=attention_stages())


# 05.5 ---------------------------------------------------------------------------------------------------------------

def gradients_reference(dy, cache):
    return reference.attention_gradients(dy, *cache)


def backward_case(seed, q_shape, k_shape, mask=None, look=(), scale=1.0, **more):
    """Random q, k, v and upstream gradient; the cache holds the reference's own weights."""
    q, k, v = normal(seed, *q_shape), normal(seed + 1, *k_shape), normal(seed + 2, *k_shape)
    dy, weights = normal(seed + 3, *q_shape, scale=scale), reference.attention(q, k, v, mask)[1]
    words = f"{label(dy=dy, q=q, k=k, v=v)}{'' if mask is None else ', causal mask'}"
    return Case(words, lambda: (dy.copy(), (q.copy(), k.copy(), v.copy(), weights.copy())), look=look, **more)


def by_differences_attention(dy, cache):
    q, k, v, weights = cache
    mask = np.where(weights == 0, -np.inf, 0.0)
    slope = reference.central_differences
    return {"dq": slope(lambda x: reference.attention(x, k, v, mask)[0], q, dy),
            "dk": slope(lambda x: reference.attention(q, x, v, mask)[0], k, dy),
            "dv": slope(lambda x: reference.attention(q, k, x, mask)[0], v, dy)}


ATTENTION_BACKWARD = Exercise(
    id="05.5", title="Attention backward", function="attention_backward",
    signature="attention_backward(dy, cache) -> (dq, dk, dv)",
    difficulty="hard", minutes=25, notebook=NOTEBOOK, section="Attention backward",
    hints=("Read the forward pass from bottom to top. Each matrix product sends a gradient to both of its factors, and "
           "the softmax between them sends one back through 05.2.",
           "y = weights @ v gives dv and dweights. softmax_backward turns dweights into dscores. The scores, "
           "q @ k^T / sqrt(D), give dq and dk. Check each shape: dq like q, dk like k, dv like v.",
           "dscores = softmax_backward(dy @ v.swapaxes(-1, -2), weights) / math.sqrt(q.shape[-1]); then "
           "dq = dscores @ k, dk = dscores.swapaxes(-1, -2) @ q, dv = weights.swapaxes(-1, -2) @ dy"),
    example="q = [[1]], k = [[0], [log 3]], v = [[1], [5]], so weights = [[1/4, 3/4]]. With dy = [[1]]: "
            "dv = [[1/4], [3/4]], dweights = [[1, 5]] with row sum 4, dscores = [[-3/4, 3/4]], dq = [[3/4 log 3]], "
            "dk = [[-3/4], [3/4]].",
    part="pygpt.in_numpy.functional.attention_backward",
    outputs=("dq", "dk", "dv"), reference=gradients_reference, mistakes=tuple(mistakes_attention.ATTENTION_BACKWARD),
    stages=(
        Stage("dv", "y = weights @ v: the gradient of the values.", (backward_case(60, (3, 7), (3, 7), look=("dv",)),)),
        Stage("dq without a scale", "With width 1: from dy through the values and the softmax to the queries.",
              (backward_case(64, (3, 1), (3, 1), look=("dq",)),)),
        Stage("dk without a scale", "The same way to the keys: dscores stands transposed.",
              (backward_case(64, (3, 1), (3, 1), look=("dk",)),)),
        Stage("scale", "dq and dk carry 1 / sqrt(D), dv does not.", (backward_case(68, (3, 7), (3, 7)),)),
        Stage("more keys", "T = 3 queries, S = 5 keys.", (backward_case(72, (3, 7), (5, 7)),)),
        Stage("masked batches", "Batch and heads in front; a key gets no gradient from queries that cannot see it.",
              (backward_case(76, (2, 3, 5, 7), (2, 3, 5, 7), reference.causal_mask(5)),
               backward_case(80, (1, 1), (1, 1)))),
        Stage("small upstream", "The gradients grow and shrink with dy.",
              (backward_case(84, (5, 3), (5, 3), scale=1e-12),)),
        Stage("differences", "Nudge each number of q, k and v: the change of the forward pass must be the gradient.",
              (backward_case(88, (3, 5), (3, 5), reference.causal_mask(3), expect=by_differences_attention),)),
    ))

EXERCISES = [SOFTMAX_FORWARD, SOFTMAX_BACKWARD, CAUSAL_MASK, ATTENTION_FORWARD, ATTENTION_BACKWARD]
