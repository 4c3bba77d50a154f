"""Batches of sequences of different lengths: as many as fit a budget of tokens, or short ones first.

A batch is as wide as its longest sequence. The places after the end of the others hold padding, which costs time and
teaches nothing: their target is -100, which every loss here leaves out, and no earlier place looks at them.

B batch  T positions
"""

import math

import numpy as np

from ..errors import DataError, unknown
from .batches import NO_TARGET

PACES = {"linear": lambda share: share, "sqrt": math.sqrt, "square": lambda share: share * share}


class Sequences:
    """Rows of different lengths in one array: row r predicts lengths[r] tokens, each from those before it."""

    def __init__(self, tokens, ends, longest):
        """tokens (N,): the documents one after the other; ends: where each stops; longest: a longer one is cut."""
        ends = np.asarray(ends, np.int64)
        begins = np.concatenate([[0], ends[:-1]])
        targets = np.maximum(ends - begins - 1, 0)         # a document of n tokens gives n - 1 of them to predict
        rows = -(-targets // longest)                      # cut into so many rows, rounded up
        place = np.arange(rows.sum()) - np.repeat(np.cumsum(rows) - rows, rows)   # 0, 1, ... within each document
        self.starts = np.repeat(begins, rows) + place * longest
        self.lengths = np.minimum(np.repeat(targets, rows) - place * longest, longest)
        self.tokens, self.longest = tokens, longest
        if not len(self.lengths):
            raise DataError("no document has two tokens, so there is nothing to predict; give longer text")

    @classmethod
    def from_lists(cls, rows, longest):
        """Of lists of ids."""
        tokens = np.array([i for row in rows for i in row])
        return cls(tokens, np.cumsum([len(row) for row in rows]), longest)

    def __len__(self):
        return len(self.lengths)

    def batch(self, rows):
        """Numbers of rows (B,) -> ids (B, T), targets (B, T); T is the length of the longest of them."""
        lengths = self.lengths[rows][:, None]
        steps = np.arange(lengths.max() + 1)
        places = np.minimum(self.starts[rows][:, None] + steps, len(self.tokens) - 1)
        windows = np.asarray(self.tokens[places], np.int64)          # (B, T + 1)
        real = steps[:-1] < lengths
        return np.where(real, windows[:, :-1], 0), np.where(real, windows[:, 1:], NO_TARGET)


def padding_share(batches):
    """The share of places in (ids, targets) batches that has no target, 0 to 1: padding, and the source of pairs."""
    places = padding = 0
    for _, targets in batches:
        places += targets.size
        padding += int((targets == NO_TARGET).sum())
    return padding / places


class _Epochs:
    """An endless stream of batches that visits every row once an epoch; `_plan(rng)` says which rows share a batch."""

    def __init__(self, sequences, seed=0):
        self.sequences, self.seed = sequences, seed
        self.epoch, self.position = 0, 0
        self._planned = None, ()

    def plan(self):
        """The row numbers of each batch of this epoch, from the seed and the epoch's number alone."""
        if self._planned[0] != self.epoch:
            self._planned = self.epoch, self._plan(np.random.default_rng([self.seed, self.epoch]))
        return self._planned[1]

    def next(self):
        """The next (ids, targets), each (B, T); B and T change from batch to batch."""
        rows = self.plan()[self.position]
        self.position += 1
        if self.position == len(self.plan()):
            self.epoch, self.position = self.epoch + 1, 0
        return self.sequences.batch(rows)

    def waste(self):
        """The share of the places of this epoch that holds padding, 0 to 1, by the lengths alone."""
        lengths = self.sequences.lengths
        places = sum(len(rows) * int(lengths[rows].max()) for rows in self.plan())
        return 1 - int(lengths.sum()) / places

    def one_epoch(self):
        """Every batch of the current epoch, from its start, without moving on."""
        return (self.sequences.batch(rows) for rows in self.plan())

    def state_dict(self):
        """Where the stream stands, as plain numbers for JSON."""
        return {"epoch": self.epoch, "position": self.position}

    def load_state_dict(self, state):
        self.epoch, self.position = state["epoch"], state["position"]


class PaddedBatches(_Epochs):
    """batch_size rows at a time in a random order: what costs the most padding, to compare with."""

    def __init__(self, sequences, batch_size, seed=0):
        super().__init__(sequences, seed)
        self.batch_size = batch_size

    def _plan(self, rng):
        order = rng.permutation(len(self.sequences))
        return [order[i:i + self.batch_size] for i in range(0, len(order), self.batch_size)]


class BudgetBatches(_Epochs):
    """Rows of like length together, B x T at most `max_tokens`; the batches come in a random order."""

    def __init__(self, sequences, max_tokens, seed=0):
        super().__init__(sequences, seed)
        self.max_tokens = checked_budget(sequences, max_tokens)

    def _plan(self, rng):
        batches = buckets(self.sequences.lengths, self.max_tokens, rng)
        return [batches[i] for i in rng.permutation(len(batches))]


class CurriculumBatches:
    """Short rows first: step by step longer ones join, until after `steps` steps all do (Platanios et al. 2019).

    pace: how the longest length allowed grows from `shortest` on: "linear", "sqrt" (fast, then slow) or "square".
    Each batch is drawn from the seed and the number of the step alone.
    """

    def __init__(self, sequences, max_tokens, steps, seed=0, shortest=8, pace="linear"):
        if pace not in PACES:
            raise DataError(unknown("pace", pace, PACES))
        self.sequences, self.max_tokens = sequences, checked_budget(sequences, max_tokens)
        self.steps, self.seed, self.pace = steps, seed, PACES[pace]
        self.shortest = min(max(shortest, int(sequences.lengths.min())), sequences.longest)
        self.step, self._planned = 0, (None, (), ())
        self.n_batches = len(buckets(sequences.lengths, max_tokens, np.random.default_rng(0)))   # mixing changes none

    def longest_at(self, step):
        """The longest length allowed at a step."""
        share = min(1.0, step / self.steps) if self.steps else 1.0
        return self.shortest + int(self.pace(share) * (self.sequences.longest - self.shortest))

    def next(self):
        """The next (ids, targets), each (B, T)."""
        rng = np.random.default_rng([self.seed, 1, self.step])
        batches, widths = self._batches()
        allowed = max(1, np.searchsorted(widths, self.longest_at(self.step), side="right"))
        self.step += 1
        return self.sequences.batch(batches[rng.integers(allowed)])

    def _batches(self):
        """Batches from short to long, and the width of each; they are mixed anew after as many steps as there are."""
        epoch = self.step // self.n_batches
        if self._planned[0] != epoch:
            batches = buckets(self.sequences.lengths, self.max_tokens, np.random.default_rng([self.seed, 0, epoch]))
            self._planned = epoch, batches, [self.sequences.lengths[rows[-1]] for rows in batches]
        return self._planned[1:]

    def state_dict(self):
        """Where the stream stands, as plain numbers for JSON."""
        return {"step": self.step}

    def load_state_dict(self, state):
        self.step = state["step"]


def buckets(lengths, max_tokens, rng):
    """Row numbers in batches from short to long, each row once; rows of equal length are mixed by `rng`."""
    order = rng.permutation(len(lengths))
    order = order[np.argsort(lengths[order], kind="stable")]
    widths, batches, first = lengths[order], [], 0
    for last, width in enumerate(widths):
        if (last - first + 1) * width > max_tokens:   # one more row would make the whole batch as wide as itself
            batches.append(order[first:last])
            first = last
    return [*batches, order[first:]]


def checked_budget(sequences, max_tokens):
    longest = int(sequences.lengths.max())
    if max_tokens < longest:
        raise DataError(f"max_tokens={max_tokens} is less than the longest sequence; allowed: {longest} or more, or "
                        "cut the sequences shorter")
    return max_tokens
