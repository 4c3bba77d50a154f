"""The maths of a GPT as stateless pairs: x_forward(...) -> (y, cache) and x_backward(dy, cache) -> gradients.

A cache holds what the backward needs and nothing else. No function changes its inputs; in-place steps work on arrays
made a line before. NumPy and CuPy run the same lines, and the result keeps the inputs' dtype.

B batch  T queries  S keys  C width  H heads  D head width  V vocabulary  N rows: all leading axes as one
"""

import math

from .backend import array_module, erf


def linear_forward(x, weight, bias=None):
    """x (..., I), weight (O, I), bias (O,) -> y (..., O) = x weightᵀ + bias. Cache: x, weight, has_bias."""
    y = x.reshape(-1, x.shape[-1]) @ weight.T   # one large product is faster than one a sequence
    if bias is not None:
        y += bias
    return y.reshape(*x.shape[:-1], weight.shape[0]), (x, weight, bias is not None)


def linear_backward(dy, cache):
    """dy (..., O) -> dx (..., I), dweight (O, I), dbias (O,) or None."""
    x, weight, has_bias = cache
    dy_rows, x_rows = dy.reshape(-1, dy.shape[-1]), x.reshape(-1, x.shape[-1])
    dx = (dy_rows @ weight).reshape(x.shape)
    dweight = dy_rows.T @ x_rows                       # each row's outer product, summed over the rows
    dbias = column_sums(dy_rows) if has_bias else None
    return dx, dweight, dbias


def column_sums(rows):
    """rows (N, C) -> (C,). A product with a row of ones: BLAS adds columns faster than `sum(axis=0)` does."""
    return array_module(rows).ones(len(rows), dtype=rows.dtype) @ rows


def embedding_forward(ids, weight):
    """ids (...) ints, weight (V, C) -> y (..., C), row ids[i] of the table. Cache: ids and the table's height."""
    return weight[ids], (ids, weight.shape[0])


def embedding_backward(dy, cache):
    """dy (..., C) -> dweight (V, C). A token that occurs twice gets the sum of both gradients."""
    ids, n_rows = cache
    xp = array_module(dy)
    dy_rows = dy.reshape(-1, dy.shape[-1])
    if n_rows <= 384:                                  # small table: a one-hot product beats a scattered sum
        one_hot = (xp.arange(n_rows)[:, None] == ids.reshape(1, -1)).astype(dy.dtype)
        return one_hot @ dy_rows
    dweight = xp.zeros((n_rows, dy.shape[-1]), dtype=dy.dtype)
    xp.add.at(dweight, ids.reshape(-1), dy_rows)       # dweight[ids] += dy would keep only the last of two equal ids
    return dweight


def layer_norm_forward(x, weight, bias, eps=1e-5):
    """x (..., C), weight (C,), bias (C,) or None -> y (..., C): rows to mean 0 and variance 1, then scaled and shifted.

    Cache: the normalised rows, 1 / standard deviation, weight, whether there is a bias. Ba et al. 2016.
    """
    xp = array_module(x)
    normed = x - x.mean(-1, keepdims=True)
    variance = xp.einsum("...c,...c->...", normed, normed)[..., None] / x.shape[-1]
    rstd = 1 / xp.sqrt(variance + eps)
    normed *= rstd
    y = normed * weight
    if bias is not None:
        y += bias
    return y, (normed, rstd, weight, bias is not None)


def layer_norm_backward(dy, cache):
    """dy (..., C) -> dx (..., C), dweight (C,), dbias (C,) or None.

    The mean and the variance move with x, which takes two directions out of the gradient: the constant one and normed.
    """
    normed, rstd, weight, has_bias = cache
    xp = array_module(dy)
    C = dy.shape[-1]
    dweight = column_sums((dy * normed).reshape(-1, C))
    dbias = column_sums(dy.reshape(-1, C)) if has_bias else None
    dx = dy * weight
    along_normed = xp.einsum("...c,...c->...", dx, normed)[..., None] / C
    dx -= dx.mean(-1, keepdims=True)
    dx -= normed * along_normed
    dx *= rstd
    return dx, dweight, dbias


def rms_norm_forward(x, weight, eps=1e-5):
    """x (..., C), weight (C,) -> y (..., C): each row to mean square 1, then scaled (Zhang & Sennrich 2019).

    Cache: the normalised rows, 1 / root mean square, weight.
    """
    xp = array_module(x)
    mean_square = xp.einsum("...c,...c->...", x, x)[..., None] / x.shape[-1]
    rrms = 1 / xp.sqrt(mean_square + eps)
    normed = x * rrms
    return normed * weight, (normed, rrms, weight)


def rms_norm_backward(dy, cache):
    """dy (..., C) -> dx (..., C), dweight (C,). Only length is normalised: only one direction leaves the gradient."""
    normed, rrms, weight = cache
    xp = array_module(dy)
    C = dy.shape[-1]
    dweight = column_sums((dy * normed).reshape(-1, C))
    dx = dy * weight
    dx -= normed * (xp.einsum("...c,...c->...", dx, normed)[..., None] / C)
    dx *= rrms
    return dx, dweight


def gelu_forward(x):
    """x (...) -> y (...), GELU in its tanh form (Hendrycks & Gimpel 2016), as GPT-2 uses it.

    0.5 (1 + tanh u) is the logistic function of 2u, which needs one exp. Cache: x and that gate.
    """
    xp = array_module(x)
    gate = x * x
    gate *= -2 * math.sqrt(2 / math.pi) * 0.044715
    gate -= 2 * math.sqrt(2 / math.pi)
    gate *= x                                          # -2u, with u = sqrt(2/pi) (x + 0.044715 x³)
    xp.minimum(gate, 80.0, out=gate)                   # exp(89) overflows float32; the gate is 0 long before
    xp.exp(gate, out=gate)
    gate += 1
    xp.reciprocal(gate, out=gate)
    return x * gate, (x, gate)


def gelu_backward(dy, cache):
    """dy (...) -> dx (...): y = x g(2u) has dy/dx = g + x g (1 - g) 2u', with u' = sqrt(2/pi) (1 + 3 * 0.044715 x²)."""
    x, gate = cache
    slope = x * x
    slope *= 2 * math.sqrt(2 / math.pi) * 3 * 0.044715
    slope += 2 * math.sqrt(2 / math.pi)
    slope *= x
    slope *= 1 - gate
    slope += 1
    slope *= gate
    slope *= dy
    return slope


def gelu_exact_forward(x):
    """x (...) -> y (...) = x times the chance that a normal number lies below x (Hendrycks & Gimpel 2016).

    The tanh form stays within 5e-4 of it. Cache: x and that chance.
    """
    chance = erf(x * (1 / math.sqrt(2)))
    chance += 1
    chance *= 0.5
    return x * chance, (x, chance)


def gelu_exact_backward(dy, cache):
    """dy (...) -> dx (...): y = x P(x) has dy/dx = P + x p, with the normal density p as the slope of P."""
    x, chance = cache
    slope = x * x
    slope *= -0.5
    array_module(x).exp(slope, out=slope)
    slope *= 1 / math.sqrt(2 * math.pi)
    slope *= x
    slope += chance
    slope *= dy
    return slope


def silu_forward(x):
    """x (...) -> y (...) = x times the logistic function of x, or swish (Ramachandran et al. 2017). Cache: x, gate."""
    xp = array_module(x)
    gate = xp.minimum(-x, 80.0)                        # exp(89) overflows float32; the gate is 0 long before
    xp.exp(gate, out=gate)
    gate += 1
    xp.reciprocal(gate, out=gate)
    return x * gate, (x, gate)


def silu_backward(dy, cache):
    """dy (...) -> dx (...): y = x g(x) gives dy/dx = g + x g (1 - g)."""
    x, gate = cache
    slope = 1 - gate
    slope *= x
    slope += 1
    slope *= gate
    slope *= dy
    return slope


def relu2_forward(x):
    """x (...) -> y (...) = max(x, 0) squared (So et al. 2021). Cache: the positive part."""
    positive = array_module(x).maximum(x, 0)
    return positive * positive, positive


def relu2_backward(dy, positive):
    """dy (...) -> dx (...): the square's slope is twice its base, and zero where the base is."""
    dx = dy * positive
    dx *= 2
    return dx


def rope_forward(x, cos, sin, pairs="half"):
    """x (..., T, D), cos and sin (T, D/2) -> y (..., T, D): every pair of coordinates turned by its position's angle.

    pairs: "half" turns coordinate i with i + D/2 (Llama as transformers has it), "interleaved" 2i with 2i + 1 (the
    paper). The same rotation with the coordinates in another order. Cache: cos, sin and pairs.
    """
    first, second = split_pairs(x.shape[-1], pairs)
    y = array_module(x).empty_like(x)
    y[..., first] = x[..., first] * cos - x[..., second] * sin
    y[..., second] = x[..., first] * sin + x[..., second] * cos
    return y, (cos, sin, pairs)


def rope_backward(dy, cache):
    """dy (..., T, D) -> dx (..., T, D). A rotation's transpose is the rotation back."""
    cos, sin, pairs = cache
    return rope_forward(dy, cos, -sin, pairs)[0]


def split_pairs(head_size, pairs):
    """The two slices of the last axis whose coordinates are turned together."""
    half = head_size // 2
    return (slice(half), slice(half, None)) if pairs == "half" else (slice(0, None, 2), slice(1, None, 2))


def dropout_mask(x, p, rng):
    """A mask for x, of its shape and dtype: 0 with probability p, else 1 / (1 - p), so that the mean of x stays.

    rng is a np.random.Generator: masks are drawn on the host, the same on every device.
    """
    keep = rng.random(x.shape, dtype="float32") >= p
    mask = array_module(x).asarray(keep).astype(x.dtype)
    mask *= 1 / (1 - p)
    return mask


def dropout_forward(x, mask):
    """x (...), mask (...) -> y (...): some values dropped, the others a little larger. Cache: the mask."""
    return x * mask, mask


def dropout_backward(dy, mask):
    """dy (...) -> dx (...): what was dropped gets no gradient."""
    return dy * mask


def softmax_forward(x):
    """x (..., S) -> y (..., S), rows positive with sum 1. Cache: y, all that the backward needs."""
    xp = array_module(x)
    y = x - x.max(-1, keepdims=True)                   # exp of a large number overflows; a shift changes nothing
    xp.exp(y, out=y)
    y /= y.sum(-1, keepdims=True)
    return y, y


def softmax_backward(dy, y):
    """dy (..., S) -> dx (..., S). Every output depends on every input of its row, hence the row sum."""
    dx = dy - (dy * y).sum(-1, keepdims=True)
    dx *= y
    return dx


def attention_forward(q, k, v, mask=None):
    """q (..., T, D), k (..., S, D), v (..., S, D), mask (T, S) to add or None -> y (..., T, D).

    Scaled dot-product attention (Vaswani et al. 2017): each query takes a weighted mean of the values.
    Cache: q, k, v and the weights (..., T, S).
    """
    scores = q @ k.swapaxes(-1, -2)                    # (..., T, D) @ (..., D, S) -> (..., T, S)
    scores *= 1 / math.sqrt(q.shape[-1])
    if mask is not None:
        scores += mask
    weights, _ = softmax_forward(scores)
    return weights @ v, (q, k, v, weights)             # (..., T, S) @ (..., S, D) -> (..., T, D)


def attention_backward(dy, cache):
    """dy (..., T, D) -> dq (..., T, D), dk (..., S, D), dv (..., S, D).

    The mask needs no line of its own: where it was -inf the weight is 0, and softmax_backward multiplies by it.
    """
    q, k, v, weights = cache
    dv = weights.swapaxes(-1, -2) @ dy                 # (..., S, T) @ (..., T, D) -> (..., S, D)
    dweights = dy @ v.swapaxes(-1, -2)                 # (..., T, D) @ (..., D, S) -> (..., T, S)
    dscores = softmax_backward(dweights, weights)
    dscores *= 1 / math.sqrt(q.shape[-1])
    dq = dscores @ k
    dk = dscores.swapaxes(-1, -2) @ q
    return dq, dk, dv
