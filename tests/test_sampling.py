"""From logits to a token: what each filter keeps, and that draws follow the distribution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygpt.metrics import bits_per_byte, perplexity
from pygpt.sampling import keep_top_k, keep_top_p, sample, softmax
from pygpt.tables import causal_mask

LOGITS = np.log([0.5, 0.2, 0.15, 0.1, 0.05])
rows = st.lists(st.floats(-50, 50), min_size=1, max_size=20).map(np.array)


def kept(logits):
    return np.flatnonzero(np.isfinite(logits)).tolist()


def test_filters_keep_what_they_promise():
    assert kept(keep_top_k(LOGITS, 2)) == [0, 1] and kept(keep_top_k(LOGITS, 99)) == [0, 1, 2, 3, 4]
    assert kept(keep_top_p(LOGITS, 0.6)) == [0, 1] and kept(keep_top_p(LOGITS, 0.3)) == [0]
    assert kept(keep_top_p(LOGITS, 0.9)) == [0, 1, 2, 3]
    assert kept(keep_top_k(np.zeros(4), 2)) == [0, 1, 2, 3], "ties with the k-th stay"


@given(rows, st.integers(1, 25), st.floats(0.01, 1), st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_a_draw_is_always_among_the_kept(logits, k, p, seed):
    survivors = set(kept(keep_top_p(keep_top_k(logits, k), p)))
    assert int(logits.argmax()) in survivors or logits.max() in logits[list(survivors)]
    assert sample(logits, np.random.default_rng(seed), top_k=k, top_p=p) in survivors
    assert sample(logits, None, temperature=0) == logits.argmax()


class Always:
    """A generator that always draws the same number."""

    def __init__(self, number):
        self.number = number

    def random(self):
        return self.number


def test_the_ends_of_the_unit_interval_draw_kept_tokens():
    logits = np.array([-np.inf, 0.0, 1.0, -np.inf])
    assert sample(logits, Always(0.0)) == 1 and sample(logits, Always(np.nextafter(1, 0))) == 2


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_distribution(temperature):
    rng = np.random.default_rng(0)
    counts = np.bincount([sample(LOGITS, rng, temperature) for _ in range(20_000)], minlength=5)
    np.testing.assert_allclose(counts / 20_000, softmax(LOGITS / temperature), atol=0.012)


def test_the_mask_shows_the_past_and_hides_the_future():
    for n_query, n_key in [(1, 1), (5, 5), (3, 7)]:
        mask = causal_mask(n_query, n_key)
        assert mask.shape == (n_query, n_key) and mask.dtype == np.float32
        for t in range(n_query):
            assert kept(mask[t]) == list(range(n_key - n_query + t + 1)) and mask[t].max() == 0
    with pytest.raises(ValueError, match="n_key=2 is smaller than n_query=3"):
        causal_mask(3, 2)


def test_metrics():
    assert perplexity(np.log(7)) == pytest.approx(7)
    assert bits_per_byte(np.log(4), n_tokens=10, n_bytes=40) == pytest.approx(0.5)
