"""Is a backward right? Compare it with the slope that the forward shows when one input moves a little."""

import numpy as np


def numerical_gradient(f, x, dy, eps=1e-5):
    """Gradient of sum(f(x) * dy) in x by central differences, shape of x, float64.

    f: array -> array (no cache). dy: the upstream gradient, shape of f(x): make it random, since an upstream of
    ones hides errors (the rows of softmax always sum to one, so its gradient would be zero). The error is of order
    eps².
    """
    x = np.array(x, dtype=np.float64)
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        centre = x[index]
        x[index] = centre + eps
        above = np.sum(f(x) * dy)
        x[index] = centre - eps
        below = np.sum(f(x) * dy)
        x[index] = centre
        grad[index] = (above - below) / (2 * eps)
    return grad


def relative_error(a, b):
    """Largest difference of two arrays over their largest value: 1e-8 is agreement in float64, 1e-2 is a bug."""
    a, b = np.asarray(a), np.asarray(b)
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0), 1e-12)
    return float(np.abs(a - b).max(initial=0) / scale)


def check_gradients(forward, backward, inputs, rng=None, eps=1e-5):
    """Relative error of each input's gradient, a list of floats.

    forward(*inputs) -> (y, cache) and backward(dy, cache) -> one gradient, or a tuple of one for each input.
    """
    inputs = [np.asarray(x, dtype=np.float64) for x in inputs]
    y, cache = forward(*inputs)
    dy = np.random.default_rng(rng).normal(size=np.shape(y))
    grads = backward(dy, cache)
    grads = grads if isinstance(grads, tuple) else (grads,)
    errors = []
    for i, grad in enumerate(grads):
        def moved(x, i=i):
            return forward(*inputs[:i], x, *inputs[i + 1:])[0]
        errors.append(relative_error(grad, numerical_gradient(moved, inputs[i], dy, eps)))
    return errors
