"""Batches for next-token prediction: random windows of one long row of tokens.

B batch  T positions
"""

import numpy as np

from ..errors import DataError

NO_TARGET = -100   # the target of a place that does not count: padding, a prompt; the losses leave it out


def sample_batch(tokens, batch_size, block_size, rng):
    """tokens (N,) -> ids (B, T), targets (B, T): random windows, and the same windows one token later.

    rng: np.random.Generator. Every start from 0 to N - T - 1 is equally likely. DataError if the text is too short.
    """
    if len(tokens) < block_size + 1:
        raise DataError(f"{len(tokens)} tokens are too few for block_size={block_size}; need at least {block_size + 1}")
    starts = rng.integers(0, len(tokens) - block_size, size=batch_size)   # the upper end is excluded
    windows = tokens[starts[:, None] + np.arange(block_size + 1)]         # (B, T + 1)
    return windows[:, :-1], windows[:, 1:]


def split_batch(ids, targets, n):
    """ids, targets (B, T) -> [(ids, targets, share)], at most n parts of whole sequences whose shares add up to 1.

    A share is the part's places that count over all that do, so that the mean loss is the sum of share times a part's
    mean loss. A part in which no place counts is left out.
    """
    n = max(1, min(n, len(ids)))
    parts = list(zip(np.array_split(ids, n), np.array_split(targets, n), strict=True))
    counts = [int((part != NO_TARGET).sum()) for _, part in parts]
    total = max(1, sum(counts))
    kept = [(x, y, count / total) for (x, y), count in zip(parts, counts, strict=True) if count]
    return kept or [(ids, targets, 1.0)]


class Batches:
    """An endless stream of batches that can be stopped and resumed to the bit."""

    def __init__(self, tokens, batch_size, block_size, seed=0):
        self.tokens = np.asarray(tokens)
        self.batch_size, self.block_size = batch_size, block_size
        self.rng = np.random.default_rng(seed)

    def next(self):
        """The next (ids, targets), each (B, T)."""
        windows = sample_batch(self.tokens, self.batch_size, self.block_size, self.rng)
        return tuple(np.asarray(window, np.int64) for window in windows)   # ids on the disk may be bytes

    def state_dict(self):
        """Where the stream stands, as plain numbers for JSON."""
        return self.rng.bit_generator.state

    def load_state_dict(self, state):
        self.rng.bit_generator.state = state


def fixed_batches(tokens, batch_size, block_size, count, seed=1234):
    """`count` batches that are the same at every call, so that evaluations compare."""
    stream = Batches(tokens, batch_size, block_size, seed)
    return [stream.next() for _ in range(count)]
