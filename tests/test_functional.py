"""Every functional pair: gradients by central differences, and the promises that docstrings make."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygpt.in_numpy import check_gradients
from pygpt.in_numpy import functional as F
from pygpt.in_numpy.layers import Linear
from pygpt.in_numpy.losses import cross_entropy_backward, cross_entropy_forward
from pygpt.in_numpy.module import Parameter, Tape
from pygpt.in_numpy.optim import clip_grad_norm
from pygpt.tables import (
    alibi_bias,
    alibi_slopes,
    causal_mask,
    document_mask,
    rope_table,
    sinusoid_table,
    window_mask,
)


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def fixed_dropout(x):
    return F.dropout_forward(x, F.dropout_mask(x, 0.4, np.random.default_rng(7)))   # the same mask at every call


def rotate(x, pairs):
    return F.rope_forward(x, *(table.astype(x.dtype) for table in rope_table(x.shape[-2], x.shape[-1])), pairs)


PAIRS = {
    "linear": (F.linear_forward, F.linear_backward, [normal(3, 5, 7), normal(4, 7), normal(4)]),
    "layer_norm": (F.layer_norm_forward, F.layer_norm_backward, [normal(3, 5, 7), normal(7), normal(7)]),
    "rms_norm": (F.rms_norm_forward, F.rms_norm_backward, [normal(3, 5, 7), normal(7)]),
    "silu": (F.silu_forward, F.silu_backward, [3 * normal(3, 5)]),
    "relu2": (F.relu2_forward, F.relu2_backward, [normal(3, 5)]),
    "rope half": (lambda x: rotate(x, "half"), F.rope_backward, [normal(2, 5, 6)]),
    "rope interleaved": (lambda x: rotate(x, "interleaved"), F.rope_backward, [normal(2, 5, 6)]),
    "gelu_exact": (F.gelu_exact_forward, F.gelu_exact_backward, [3 * normal(3, 5)]),
    "gelu": (F.gelu_forward, F.gelu_backward, [3 * normal(3, 5)]),
    "dropout": (fixed_dropout, F.dropout_backward, [normal(5, 7)]),
    "softmax": (F.softmax_forward, F.softmax_backward, [normal(3, 5)]),
    "attention": (F.attention_forward, F.attention_backward, [normal(2, 3, 7), normal(2, 5, 7), normal(2, 5, 7)]),
    "causal attention": (lambda q, k, v: F.attention_forward(q, k, v, causal_mask(3, 5)), F.attention_backward,
                         [normal(2, 3, 7), normal(2, 5, 7), normal(2, 5, 7)]),
}
every_pair = pytest.mark.parametrize("forward, backward, inputs", PAIRS.values(), ids=PAIRS.keys())


@every_pair
def test_gradients(forward, backward, inputs):
    assert max(check_gradients(forward, backward, inputs, rng=1)) < 1e-8


@every_pair
def test_no_input_changes_and_the_dtype_stays(forward, backward, inputs):
    inputs = [x.astype("float32") for x in inputs]
    before = [x.copy() for x in inputs]
    y, cache = forward(*inputs)
    dy = normal(*y.shape).astype("float32")
    dy_before = dy.copy()
    grads = backward(dy, cache)
    for array in (y, *(grads if isinstance(grads, tuple) else (grads,))):
        assert array.dtype == "float32"
    for now, then in zip([*inputs, dy], [*before, dy_before], strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("n_rows", [6, 2000], ids=["one-hot product", "scattered sum"])
def test_embedding_gradient_sums_over_repeated_ids(n_rows):
    ids, dy = np.array([[1, 5, 1], [5, 5, 0]]), normal(2, 3, 4)
    _, cache = F.embedding_forward(ids, normal(n_rows, 4))
    dweight = F.embedding_backward(dy, cache)
    np.testing.assert_allclose(dweight[5], dy[0, 1] + dy[1, 0] + dy[1, 1], atol=1e-15)
    np.testing.assert_allclose(dweight.sum(0), dy.sum((0, 1)), atol=1e-14)


def test_cross_entropy_gradient():
    targets = np.array([[0, 2, 2], [4, 1, 0]])
    logits = 3 * normal(2, 3, 5)
    error = check_gradients(lambda x: cross_entropy_forward(x, targets),
                            lambda dy, cache: dy * cross_entropy_backward(cache), [logits], rng=1)
    assert error[0] < 1e-8


@given(st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=9), st.floats(-1e4, 1e4))
@settings(max_examples=100, deadline=None)
def test_softmax_is_a_distribution_that_ignores_shifts(row, shift):
    x = np.array(row)
    y, _ = F.softmax_forward(x)
    assert np.isfinite(y).all() and y.min() >= 0 and y.sum() == pytest.approx(1)
    if np.abs(x).max() < 1e3:
        np.testing.assert_allclose(F.softmax_forward(x + shift)[0], y, atol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("forward, backward", [(F.gelu_forward, F.gelu_backward), (F.silu_forward, F.silu_backward)])
def test_gates_are_exact_where_exp_would_overflow(forward, backward, dtype):
    x = np.array([-1e4, -50, -20, 0, 20, 50, 1e4], dtype=dtype)
    with np.errstate(over="raise", invalid="raise"):
        y, cache = forward(x)
        dx = backward(np.ones_like(x), cache)
    np.testing.assert_allclose(y, [0, 0, 0, 0, 20, 50, 1e4], atol=1e-7 * 20)
    np.testing.assert_allclose(dx, [0, 0, 0, 0.5, 1, 1, 1], atol=1e-6)


@pytest.mark.parametrize("pairs", ["half", "interleaved"])
def test_rope_keeps_lengths_and_makes_scores_depend_on_distance_only(pairs):
    q, k = np.tile(normal(6), (9, 1)), np.tile(normal(6, seed=1), (9, 1))   # the same query and key at every position
    turned_q, turned_k = rotate(q, pairs)[0], rotate(k, pairs)[0]
    np.testing.assert_allclose(np.linalg.norm(turned_q, axis=-1), np.linalg.norm(q, axis=-1))
    scores = turned_q @ turned_k.T
    for distance in range(-8, 9):
        diagonal = np.diagonal(scores, distance)
        np.testing.assert_allclose(diagonal, diagonal[0], atol=1e-12)
    assert np.ptp(scores[0]) > 0.1


def test_rope_pairings_are_one_rotation_in_two_orders():
    order = np.r_[0:6:2, 1:6:2]   # interleaved coordinates, sorted into halves
    x = normal(5, 6)
    np.testing.assert_allclose(rotate(x, "interleaved")[0][:, order], rotate(x[:, order], "half")[0], atol=1e-14)


def test_position_tables_hold_the_published_numbers():
    np.testing.assert_allclose(alibi_slopes(8), [2.0**-i for i in range(1, 9)])
    np.testing.assert_allclose(alibi_slopes(6), [2**-2, 2**-4, 2**-6, 2**-8, 2**-1, 2**-3])
    np.testing.assert_allclose(alibi_bias(8, 2, 3)[0], [[-0.5, 0, 0], [-1, -0.5, 0]])
    table = sinusoid_table(3, 5)
    np.testing.assert_allclose(table[2, :2], [np.sin(2), np.cos(2)])
    np.testing.assert_allclose(table[1, 4], np.sin(10000 ** (-4 / 5)))


def test_masks_hide_what_they_say():
    np.testing.assert_array_equal(window_mask(2, 4, 2) == 0, [[0, 1, 1, 0], [0, 0, 1, 1]])
    np.testing.assert_array_equal(window_mask(3, 5, 9), causal_mask(3, 5))
    documents = np.array([[0, 0, 1, 1], [5, 2, 2, 5]])
    for mask, row in zip(document_mask(documents), documents, strict=True):
        assert mask.dtype == np.float32
        for t in range(4):
            assert (mask[t] == 0).tolist() == [s <= t and row[s] == row[t] for s in range(4)]


def test_the_tape_refuses_a_backward_out_of_order():
    first, second, tape = Linear(3, 3, rng=0), Linear(3, 3, rng=1), Tape()
    second(first(np.ones((1, 3)), tape), tape)
    with pytest.raises(RuntimeError, match="must mirror forward"):
        first.backward(np.ones((1, 3)), tape)
    second.backward(np.ones((1, 3)), tape)
    first.backward(np.ones((1, 3)), tape)
    with pytest.raises(RuntimeError, match="empty"):
        first.backward(np.ones((1, 3)), tape)


def test_a_layer_used_twice_collects_both_gradients():
    layer, tape, x = Linear(3, 3, rng=0), Tape(), normal(2, 3)
    once = layer(x, tape)
    twice = layer(once, tape)
    dy = normal(2, 3, seed=1)
    dx = layer.backward(layer.backward(dy, tape), tape)
    w = layer.weight.data
    np.testing.assert_allclose(dx, dy @ w @ w, atol=1e-14)
    np.testing.assert_allclose(layer.weight.grad, dy.T @ once + (dy @ w).T @ x, atol=1e-14)
    assert twice.shape == x.shape


def test_clipping_keeps_the_direction_and_leaves_small_gradients_alone():
    parameters = [Parameter(np.zeros(2)), Parameter(np.zeros(1))]
    parameters[0].grad, parameters[1].grad = np.array([3.0, 0.0]), np.array([4.0])
    assert clip_grad_norm(parameters, 10.0) == pytest.approx(5) and parameters[0].grad[0] == 3
    assert clip_grad_norm(parameters, 0) == pytest.approx(5) and parameters[1].grad[0] == 4
    clip_grad_norm(parameters, 1.0)
    np.testing.assert_allclose([parameters[0].grad[0], parameters[1].grad[0]], [0.6, 0.8])
