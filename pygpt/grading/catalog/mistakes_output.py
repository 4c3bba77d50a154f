"""Wrong answers to 09.3 cross_entropy_backward and 09.4 tied_gradient.  V vocabulary  C width  N places"""

import numpy as np

from ..exercise import mistake, variant

CROSS_ENTROPY_BACKWARD, TIED_GRADIENT = [], []


# 09.3 ---------------------------------------------------------------------------------------------------------------

def unpack(cache):
    """Belief and one-hot truth as rows (N, V), the weights as a column (N, 1), the smoothing, and the shape."""
    probs, targets, weights, smoothing = cache
    rows = probs.reshape(-1, probs.shape[-1])
    return rows, np.eye(rows.shape[-1])[targets], weights[:, None], smoothing, probs.shape


def smooth(hot, smoothing):
    return (1 - smoothing) * hot + smoothing / hot.shape[-1]


@mistake(CROSS_ENTROPY_BACKWARD, "forgot the weights",
         "The loss is a mean, and some places do not count. Multiply each row by its weight: weights[:, None].")
def no_weights(cache):
    rows, hot, _, smoothing, shape = unpack(cache)
    return (rows - smooth(hot, smoothing)).reshape(shape)


@mistake(CROSS_ENTROPY_BACKWARD, "divided by all places",
         "You divided by the number of all places. Ignored places still get a gradient, and the others too little. "
         "The weights in the cache know which places count: 1 over their number, or 0.")
def over_all(cache):
    rows, hot, _, smoothing, shape = unpack(cache)
    return ((rows - smooth(hot, smoothing)) / len(rows)).reshape(shape)


@mistake(CROSS_ENTROPY_BACKWARD, "a gradient leaks from ignored places",
         "The number you divide by is right, but places that do not count must have a gradient of 0. Multiply each row "
         "by its own weight.")
def leaks(cache):
    rows, hot, weights, smoothing, shape = unpack(cache)
    return ((rows - smooth(hot, smoothing)) * weights.max()).reshape(shape)


@mistake(CROSS_ENTROPY_BACKWARD, "ignored places left out, but no mean",
         "You set ignored places to 0 and forgot that the loss is a mean. The weights hold both: multiply by them.")
def no_mean(cache):
    rows, hot, weights, smoothing, shape = unpack(cache)
    return ((rows - smooth(hot, smoothing)) * (weights > 0)).reshape(shape)


@mistake(CROSS_ENTROPY_BACKWARD, "weighted the belief and not the truth",
         "The weight was multiplied before the truth was taken off. First belief minus truth, then times the weight.")
def weight_too_early(cache):
    rows, hot, weights, smoothing, shape = unpack(cache)
    return (rows * weights - smooth(hot, smoothing)).reshape(shape)


@mistake(CROSS_ENTROPY_BACKWARD, "divided by the number of logits",
         "probs.size also counts the vocabulary. There is one loss for each place; its weight is in the cache.")
def over_logits(cache):
    rows, hot, weights, smoothing, shape = unpack(cache)
    return ((rows - smooth(hot, smoothing)) * weights / rows.shape[-1]).reshape(shape)


@mistake(CROSS_ENTROPY_BACKWARD, "wrong sign",
         "A step against this gradient would make the target less likely. Raising the target's logit lowers the loss, "
         "so its gradient is negative: belief minus truth.")
def truth_minus_belief(cache):
    rows, hot, weights, smoothing, shape = unpack(cache)
    return ((smooth(hot, smoothing) - rows) * weights).reshape(shape)


@mistake(CROSS_ENTROPY_BACKWARD, "forgot the truth",
         "Your answer is the probabilities alone and never looks at the targets. Subtract the truth from them.")
def no_target(cache):
    rows, _, weights, _, shape = unpack(cache)
    return (rows * weights).reshape(shape)


@mistake(CROSS_ENTROPY_BACKWARD, "only the target's logit",
         "The other logits matter too: raising one takes probability from the target. Without smoothing their "
         "gradients are their probabilities.")
def target_only(cache):
    rows, hot, weights, smoothing, shape = unpack(cache)
    return ((rows - smooth(hot, smoothing)) * hot * weights).reshape(shape)


@mistake(CROSS_ENTROPY_BACKWARD, "gradient of the probabilities instead of the logits",
         "-1/p is the gradient before the softmax. The logits lie behind it: sent through softmax's backward, it "
         "becomes belief minus truth.")
def through_log_only(cache):
    rows, hot, weights, smoothing, shape = unpack(cache)
    return (-smooth(hot, smoothing) / rows * weights).reshape(shape)


@mistake(CROSS_ENTROPY_BACKWARD, "subtracted at every pair of place and target",
         "dlogits[:, targets] -= 1 touches, in every row, the targets of all rows. Pair each row with its own target: "
         "dlogits[np.arange(N), targets] on the flattened array.")
def every_pair(cache):
    probs, targets, weights, smoothing = cache
    rows = probs.reshape(-1, probs.shape[-1]).copy()
    rows[:, targets] -= 1 - smoothing
    return ((rows - smoothing / rows.shape[-1]) * weights[:, None]).reshape(probs.shape)


@mistake(CROSS_ENTROPY_BACKWARD, "multiplied by the loss",
         "The gradient of a mean of -log p does not carry the loss as a factor. At the logits, the log and the "
         "softmax together leave belief minus truth.")
def times_loss(cache):
    rows, hot, weights, smoothing, shape = unpack(cache)
    losses = -np.log((rows * hot).sum(-1, keepdims=True))
    return (losses * (rows - smooth(hot, smoothing)) * weights).reshape(shape)


@mistake(CROSS_ENTROPY_BACKWARD, "label_smoothing makes no difference",
         "You subtract the whole 1 at the target. With smoothing the truth is 1 - label_smoothing there, and "
         "label_smoothing / V more at every token.")
def not_smoothed(cache):
    rows, hot, weights, _, shape = unpack(cache)
    return ((rows - hot) * weights).reshape(shape)


@mistake(CROSS_ENTROPY_BACKWARD, "the smoothed share was given to nobody",
         "You took label_smoothing from the truth and did not spread it: subtract label_smoothing / V from every "
         "token. A row of the gradient adds up to 0.")
def not_spread(cache):
    rows, hot, weights, smoothing, shape = unpack(cache)
    return ((rows - (1 - smoothing) * hot) * weights).reshape(shape)


@mistake(CROSS_ENTROPY_BACKWARD, "the truth kept all of its share",
         "You spread label_smoothing over all tokens without taking it from the truth. Subtract 1 - label_smoothing at "
         "the target. A row of the gradient adds up to 0.")
def not_taken(cache):
    rows, hot, weights, smoothing, shape = unpack(cache)
    return ((rows - hot - smoothing / rows.shape[-1]) * weights).reshape(shape)


@mistake(CROSS_ENTROPY_BACKWARD, "spread over the other tokens only",
         "label_smoothing is spread over all V tokens, the true one included; you spread it over the V - 1 others.")
def others_only(cache):
    rows, hot, weights, smoothing, shape = unpack(cache)
    truth = (1 - smoothing) * hot + smoothing * (1 - hot) / max(rows.shape[-1] - 1, 1)
    return ((rows - truth) * weights).reshape(shape)


@mistake(CROSS_ENTROPY_BACKWARD, "the gradient lost its shape",
         "dlogits should have the shape of probs, but yours are rows (N, V). Reshape at the end.")
def rows_only(cache):
    rows, hot, weights, smoothing, _ = unpack(cache)
    return (rows - smooth(hot, smoothing)) * weights


# 09.4 ---------------------------------------------------------------------------------------------------------------

def as_head(dlogits, x):
    return dlogits.reshape(-1, dlogits.shape[-1]).T @ x.reshape(-1, x.shape[-1])


def as_table(dembedded, ids, n_vocab):
    dweight = np.zeros((n_vocab, dembedded.shape[-1]))
    np.add.at(dweight, ids, dembedded)
    return dweight


@mistake(TIED_GRADIENT, "only the head",
         "The weight is also the embedding table, and the gradient that arrives there belongs to it as well. Add "
         "dembedded, each row to the row of its token.")
def head_only(dlogits, x, dembedded, ids):
    return as_head(dlogits, x)


@mistake(TIED_GRADIENT, "only the table",
         "The weight is also the output head: logits = x @ weight.T. Add dlogits.T @ x, summed over all places.")
def table_only(dlogits, x, dembedded, ids):
    return as_table(dembedded, ids, dlogits.shape[-1])


@mistake(TIED_GRADIENT, "mean of the two uses",
         "Both uses move the loss, and their effects add up. Nothing is divided by 2.")
def mean_of_both(dlogits, x, dembedded, ids):
    return (as_head(dlogits, x) + as_table(dembedded, ids, dlogits.shape[-1])) / 2


@mistake(TIED_GRADIENT, "difference of the two uses",
         "The effects of both uses add up; you subtracted one.")
def difference(dlogits, x, dembedded, ids):
    return as_head(dlogits, x) - as_table(dembedded, ids, dlogits.shape[-1])


@mistake(TIED_GRADIENT, "a token that occurs twice counts once",
         "dweight[ids] += dembedded keeps only the last of equal ids. np.add.at(dweight, ids, dembedded) adds them "
         "all.")
def last_one_wins(dlogits, x, dembedded, ids):
    dweight = as_head(dlogits, x)
    dweight[ids] += dembedded
    return dweight


@mistake(TIED_GRADIENT, "rows overwritten instead of added to",
         "dweight[ids] = dembedded throws away what the head had put there. Add to it.")
def overwritten(dlogits, x, dembedded, ids):
    dweight = as_head(dlogits, x)
    dweight[ids] = dembedded
    return dweight


@mistake(TIED_GRADIENT, "mean over the places",
         "You divided by the number of places. A weight that is used at many places gets the sum of their gradients; "
         "the mean of the loss is in dlogits already.")
def mean_over_places(dlogits, x, dembedded, ids):
    return (as_head(dlogits, x) + as_table(dembedded, ids, dlogits.shape[-1])) / ids.size


@mistake(TIED_GRADIENT, "the vectors instead of their gradient",
         "You added x, the vectors at the top, to the rows of the table. What arrives at the table is dembedded.")
def adds_vectors(dlogits, x, dembedded, ids):
    return as_head(dlogits, x) + as_table(x, ids, dlogits.shape[-1])


@mistake(TIED_GRADIENT, "the head was given x, not dembedded",
         "For the head you multiplied dlogits by the gradient at the bottom. Its input was x: dlogits.T @ x.")
def wrong_factor(dlogits, x, dembedded, ids):
    return as_head(dlogits, dembedded) + as_table(dembedded, ids, dlogits.shape[-1])


@mistake(TIED_GRADIENT, "transposed",
         "Your gradient is (C, V), but the weight is (V, C), a row for each token. A gradient has the shape of what it "
         "belongs to: dlogits.T @ x, not x.T @ dlogits.")
def transposed(dlogits, x, dembedded, ids):
    return (as_head(dlogits, x) + as_table(dembedded, ids, dlogits.shape[-1])).T


@mistake(TIED_GRADIENT, "one sequence only",
         "Every sequence of the batch used the weight. Sum over all places: flatten batch and time first.")
def first_sequence(dlogits, x, dembedded, ids):
    return as_head(dlogits[:1], x[:1]) + as_table(dembedded[:1], ids[:1], dlogits.shape[-1])


@variant(TIED_GRADIENT)
def last_sequence(dlogits, x, dembedded, ids):
    return as_head(dlogits[-1:], x[-1:]) + as_table(dembedded[-1:], ids[-1:], dlogits.shape[-1])
