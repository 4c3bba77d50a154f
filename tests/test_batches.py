"""Batches of sequences of different lengths: nothing lost, little padding, the same from any step on."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygpt.data import get_corpus, load_corpus
from pygpt.data.sequences import NO_TARGET, BudgetBatches, CurriculumBatches, PaddedBatches, Sequences, padding_share
from pygpt.errors import DataError

ROWS = st.lists(st.lists(st.integers(0, 99), max_size=30), min_size=1, max_size=25).filter(
    lambda rows: any(len(row) > 1 for row in rows))


def unpadded(ids, targets):
    """The rows of a batch as (ids, targets) lists, without their padding, which must be at the end."""
    for row, wanted in zip(ids, targets, strict=True):
        n = int((wanted != NO_TARGET).sum())
        assert (wanted[n:] == NO_TARGET).all() and n > 0
        yield row[:n].tolist(), wanted[:n].tolist()


@given(ROWS, st.integers(1, 12))
def test_every_token_but_the_first_of_a_document_is_predicted_once_from_the_one_before(rows, longest):
    sequences = Sequences.from_lists(rows, longest)
    assert sequences.lengths.max() <= longest
    ids, targets = sequences.batch(np.arange(len(sequences)))
    assert ids.shape == targets.shape == (len(sequences), sequences.lengths.max()) and ids.dtype == np.int64
    parts = list(unpadded(ids, targets))
    assert [i for x, _ in parts for i in x] == [i for row in rows for i in row[:-1]]
    assert [i for _, y in parts for i in y] == [i for row in rows for i in row[1:]]


@given(ROWS, st.integers(1, 12), st.integers(12, 60), st.integers(0, 9))
def test_an_epoch_visits_every_row_once_within_the_budget(rows, longest, max_tokens, seed):
    sequences = Sequences.from_lists(rows, longest)
    batches = BudgetBatches(sequences, max_tokens, seed)
    assert sorted(np.concatenate(batches.plan()).tolist()) == list(range(len(sequences)))
    for ids, _ in batches.one_epoch():
        assert ids.size <= max_tokens
    assert batches.waste() == pytest.approx(padding_share(batches.one_epoch()))
    first = [np.concatenate(batches.plan()).tolist() for batches.epoch in (0, 1)]
    again = BudgetBatches(sequences, max_tokens, seed)
    assert first == [np.concatenate(again.plan()).tolist() for again.epoch in (0, 1)]


KINDS = {
    "budget": lambda sequences: BudgetBatches(sequences, 40, seed=5),
    "padded": lambda sequences: PaddedBatches(sequences, 4, seed=5),
    "curriculum": lambda sequences: CurriculumBatches(sequences, 40, steps=30, seed=5, shortest=2),
}


@pytest.mark.parametrize("kind", KINDS)
@given(step=st.integers(0, 70))
@settings(max_examples=30, deadline=None)
def test_the_stream_goes_on_from_any_step(kind, step):
    rng = np.random.default_rng(0)
    sequences = Sequences.from_lists([rng.integers(0, 9, size=n).tolist() for n in rng.integers(2, 20, size=60)], 10)
    stream = KINDS[kind](sequences)
    for _ in range(step):
        stream.next()
    state = json.loads(json.dumps(stream.state_dict()))
    resumed = KINDS[kind](sequences)
    resumed.load_state_dict(state)
    for _ in range(5):
        for ours, theirs in zip(stream.next(), resumed.next(), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_speeches_and_lines_waste_under_five_percent_where_fixed_batches_waste_a_third_and_more():
    get_corpus("shakespeare")
    text = load_corpus("shakespeare").train
    tokens = np.frombuffer(text.encode(), np.uint8)   # the text is ASCII: a byte a character
    for separator, fixed_wastes in (("\n\n", 0.5), ("\n", 0.3)):
        ends = np.cumsum([len(document) + len(separator) for document in text.split(separator)[:-1]])
        sequences = Sequences(tokens, ends, longest=256)
        few = PaddedBatches(sequences, 16, seed=1)
        padded = padding_share(few.next() for _ in range(200))
        budget = padding_share(BudgetBatches(sequences, 4096, seed=1).one_epoch())
        assert budget < 0.01 and padded > fixed_wastes


def test_a_curriculum_goes_from_short_to_long():
    rng = np.random.default_rng(0)
    sequences = Sequences.from_lists([[1] * n for n in rng.integers(2, 101, size=3000)], 99)
    for pace, half in (("linear", 54), ("sqrt", 72), ("square", 32)):
        stream = CurriculumBatches(sequences, 400, steps=200, seed=1, shortest=10, pace=pace)
        widths = [stream.next()[0].shape[1] for _ in range(600)]
        assert all(width <= stream.longest_at(step) for step, width in enumerate(widths))
        assert stream.longest_at(0) == 10 and stream.longest_at(100) == half and stream.longest_at(200) == 99
        assert max(widths[:20]) < 40 and max(widths[200:]) == 99 and min(widths[200:]) < 20
    assert padding_share([stream.next() for _ in range(200)]) < 0.05


def test_padding_is_counted_by_place():
    sequences = Sequences.from_lists([[1, 2, 3, 4], [5, 6]], 8)
    ids, targets = sequences.batch([0, 1])
    assert targets.tolist() == [[2, 3, 4], [6, NO_TARGET, NO_TARGET]] and ids.tolist() == [[1, 2, 3], [5, 0, 0]]
    assert padding_share([(ids, targets)]) == pytest.approx(2 / 6)


@pytest.mark.parametrize(("make", "message"), [
    (lambda: BudgetBatches(Sequences.from_lists([[1] * 10], 9), 8), "max_tokens=8 is less than the longest .* 9 or"),
    (lambda: Sequences.from_lists([[1], []], 9), "no document has two tokens"),
    (lambda: CurriculumBatches(Sequences.from_lists([[1, 2]], 9), 8, 1, pace="liner"), "unknown pace 'liner'"),
])
def test_what_makes_no_batches_is_one_line(make, message):
    with pytest.raises(DataError, match=message):
        make()
