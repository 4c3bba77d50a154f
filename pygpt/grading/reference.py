"""Right answers in float64, written for certainty, not for speed: one number at a time, straight from the definition.

They share no line with pygpt.in_numpy, so that a fault there cannot hide here.

T queries  S keys  D width  V vocabulary
"""

import math

import numpy as np


def softmax(x):
    """x (..., S) -> (..., S): each row's powers of e over their sum."""
    y = np.zeros(x.shape)
    for row in np.ndindex(x.shape[:-1]):
        largest = max(x[row])
        powers = [math.exp(value - largest) for value in x[row]]
        y[row] = [power / math.fsum(powers) for power in powers]
    return y


def softmax_gradient(dy, y):
    """dx (..., S), through the whole Jacobian of every row: dy_j/dx_i = y_j (i == j) - y_i y_j."""
    dx = np.zeros(y.shape)
    for row in np.ndindex(y.shape[:-1]):
        jacobian = np.diag(y[row]) - np.outer(y[row], y[row])
        dx[row] = jacobian @ dy[row]
    return dx


def causal_mask(n_query, n_key=None):
    """(T, S) of 0 and -inf: query t is position S - T + t and sees the keys up to there."""
    n_key = n_query if n_key is None else n_key
    mask = np.zeros((n_query, n_key))
    for t in range(n_query):
        for s in range(n_key):
            if s > n_key - n_query + t:
                mask[t, s] = -np.inf
    return mask


def alike(*arrays):
    """The arrays with the axes before their last two broadcast: one key may serve several queries."""
    front = np.broadcast_shapes(*(array.shape[:-2] for array in arrays))
    return tuple(np.broadcast_to(array, (*front, *array.shape[-2:])) for array in arrays)


def attention(q, k, v, mask=None):
    """q (..., T, D), k and v (..., S, D), mask (T, S) -> y (..., T, D), weights (..., T, S). Front axes broadcast."""
    T, D, S = q.shape[-2], q.shape[-1], k.shape[-2]
    q, k, v = alike(q, k, v)
    mask = None if mask is None else np.broadcast_to(mask, (*q.shape[:-2], T, S))
    scores = np.zeros((*q.shape[:-1], S))
    for at in np.ndindex(q.shape[:-2]):
        for t in range(T):
            for s in range(S):
                scores[at][t, s] = math.fsum(q[at][t] * k[at][s]) / math.sqrt(D)
                if mask is not None:
                    scores[at][t, s] += mask[at][t, s]
    weights = softmax(scores)
    y = np.zeros(q.shape[:-1] + v.shape[-1:])
    for at in np.ndindex(q.shape[:-2]):
        for t in range(T):
            for s in range(S):
                y[at][t] += weights[at][t, s] * v[at][s]
    return y, weights


def attention_gradients(dy, q, k, v, weights):
    """dq, dk, dv: every product of the forward pass, each sent back along both of its factors."""
    q, k, v = alike(q, k, v)
    dq, dk, dv, dweights = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape), np.zeros(weights.shape)
    pairs = list(np.ndindex(weights.shape[-2:]))
    for at in np.ndindex(q.shape[:-2]):
        for t, s in pairs:
            dv[at][s] += weights[at][t, s] * dy[at][t]
            dweights[at][t, s] = math.fsum(dy[at][t] * v[at][s])
    dscores = softmax_gradient(dweights, weights)
    for at in np.ndindex(q.shape[:-2]):
        for t, s in pairs:
            dq[at][t] += dscores[at][t, s] * k[at][s] / math.sqrt(q.shape[-1])
            dk[at][s] += dscores[at][t, s] * q[at][t] / math.sqrt(q.shape[-1])
    return dq, dk, dv


def cross_entropy(logits, targets):
    """Mean over all positions of -log(probability of the target), as a float."""
    probs = softmax(logits)
    losses = [-math.log(probs[at][targets[at]]) for at in np.ndindex(targets.shape)]
    return math.fsum(losses) / len(losses)


def cross_entropy_gradient(probs, targets):
    """dlogits (..., V) of the mean loss: probabilities, minus one at the target, over the number of positions."""
    dlogits = np.zeros(probs.shape)
    for at in np.ndindex(targets.shape):
        for token in range(probs.shape[-1]):
            wanted = 1.0 if token == targets[at] else 0.0
            dlogits[at][token] = (probs[at][token] - wanted) / targets.size
    return dlogits


def central_differences(f, x, dy=1.0, step=1e-5):
    """The gradient of sum(dy * f(x)) by nudging each number of x up and down. No formula to get wrong."""
    gradient = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[at] += step
        down[at] -= step
        gradient[at] = np.sum(dy * (f(up) - f(down))) / (2 * step)
    return gradient
