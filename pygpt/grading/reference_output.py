"""Right answers for lesson 09 in float64: the loss with places that do not count and with smoothing, the tied table.

One number at a time, with no line of pygpt.in_numpy.

V vocabulary  C width  N places
"""

import math

import numpy as np


def truth(target, n_vocab, label_smoothing):
    """The V probabilities that the model should have given."""
    q = [label_smoothing / n_vocab] * n_vocab
    q[target] += 1 - label_smoothing
    return q


def place_loss(z, q):
    """Cross entropy of one row of logits and the truth q; the largest logit is taken out first."""
    largest = max(z)
    log_total = math.log(math.fsum(math.exp(value - largest) for value in z))
    return math.fsum(share * (log_total - (value - largest)) for share, value in zip(q, z, strict=True))


def mean_loss(logits, targets, ignore_index=-100, label_smoothing=0.0):
    """logits (..., V), targets (...) -> the mean over the places that count."""
    n_vocab = logits.shape[-1]
    rows = zip(logits.reshape(-1, n_vocab), targets.ravel(), strict=True)
    found = [place_loss(list(z), truth(y, n_vocab, label_smoothing)) for z, y in rows if y != ignore_index]
    return math.fsum(found) / len(found)


def weights(targets, ignore_index=-100):
    """targets (...) -> (N,): 1 over the number of places that count, or 0."""
    counts = [float(y != ignore_index) for y in targets.ravel()]
    return np.array([count / sum(counts) for count in counts])


def weighted_loss(logits, targets, place_weights, label_smoothing):
    """The sum of each place's loss times its weight."""
    n_vocab = logits.shape[-1]
    rows = zip(logits.reshape(-1, n_vocab), targets.ravel(), place_weights, strict=True)
    return math.fsum(w * place_loss(list(z), truth(y, n_vocab, label_smoothing)) for z, y, w in rows)


def loss_gradient(probs, targets, place_weights, label_smoothing):
    """dlogits (..., V): belief minus truth, times the place's weight."""
    n_vocab = probs.shape[-1]
    rows = probs.reshape(-1, n_vocab)
    dlogits = np.zeros(rows.shape)
    for n, (y, weight) in enumerate(zip(targets.ravel(), place_weights, strict=True)):
        for token, share in enumerate(truth(y, n_vocab, label_smoothing)):
            dlogits[n, token] = weight * (rows[n, token] - share)
    return dlogits.reshape(probs.shape)


def tied_gradient(dlogits, x, dembedded, ids):
    """dlogits (..., V), x and dembedded (..., C), ids (...) -> dweight (V, C), product by product."""
    dweight = np.zeros((dlogits.shape[-1], x.shape[-1]))
    for at in np.ndindex(ids.shape):
        for token in range(dlogits.shape[-1]):
            dweight[token] += dlogits[at][token] * x[at]
        dweight[ids[at]] += dembedded[at]
    return dweight
