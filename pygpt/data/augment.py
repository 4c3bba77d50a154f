"""More from the same text: words hidden to be guessed, and pairs that teach a model to say a thing in other words.

B batch  T positions
"""

import numpy as np

from ..errors import DataError
from .batches import Batches
from .sequences import NO_TARGET, Sequences

SOURCE_END, TARGET_END = "\t", "\n"   # how a line of `kjv-web` is written


def mask_tokens(ids, vocab_size, mask_id, rng, rate=0.15):
    """ids (...) -> inputs (...), targets (...): some tokens hidden, to be guessed from both sides (Devlin et al. 2018).

    Each token is chosen with probability `rate` and becomes a target; all others are no targets. Of the chosen, 80 %
    become mask_id, 10 % a random token, and 10 % stay, so that a model cannot trust even what it sees. Random tokens
    come from 0 .. vocab_size - 1 without mask_id. At least one token is chosen: no batch is without a target.
    """
    ids = np.asarray(ids, np.int64)
    if not 0 < rate <= 1:
        raise DataError(f"rate={rate}; allowed: more than 0, at most 1")
    chosen = rng.random(ids.shape) < rate
    if not chosen.any():
        chosen.flat[rng.integers(chosen.size)] = True
    fate = rng.random(ids.shape)
    other = rng.integers(0, vocab_size - (0 <= mask_id < vocab_size), size=ids.shape)
    other += other >= mask_id                            # skip over the mask itself
    inputs = np.where(chosen & (fate < 0.8), mask_id, ids)
    inputs = np.where(chosen & (fate >= 0.9), other, inputs)
    return inputs, np.where(chosen, ids, NO_TARGET)


class MaskedBatches:
    """Windows of a text with hidden tokens: an endless stream that can be stopped and resumed to the bit.

    For a model with attention="bidirectional" and one token more than the tokenizer has: mask_id.
    """

    def __init__(self, tokens, batch_size, block_size, mask_id, seed=0, rate=0.15):
        """mask_id: the id of the mask, usually the tokenizer's vocab_size, the first that is free."""
        self.windows = Batches(tokens, batch_size, block_size, seed)
        self.mask_id, self.rate = mask_id, rate

    def next(self):
        """The next (inputs, targets), each (B, T)."""
        ids, _ = self.windows.next()
        return mask_tokens(ids, self.mask_id, self.mask_id, self.windows.rng, self.rate)

    def state_dict(self):
        """Where the stream stands, as plain numbers for JSON."""
        return self.windows.state_dict()

    def load_state_dict(self, state):
        self.windows.load_state_dict(state)


def reversed_pairs(pairs):
    """[(source, target)] -> [(target, source)], to train the way back."""
    return [(target, source) for source, target in pairs]


class PairSequences(Sequences):
    """Pairs as sequences for the batches of pygpt.data.sequences: read the source, learn to write the target.

    A pair is its source, a tab, its target and the end of the line; only what comes after the tab is a target. Pairs
    that do not fit are left out whole (`left_out` counts them): a model that sees half a source learns to make things
    up.
    """

    def __init__(self, pairs, tokenizer, longest):
        """pairs: [(source, target)] texts; longest: the model's block_size."""
        rows, self.prompts, self.left_out = [], [], 0
        for source, target in pairs:
            prompt, answer = tokenizer.encode(source + SOURCE_END), tokenizer.encode(target + TARGET_END)
            if len(prompt) + len(answer) - 1 > longest:
                self.left_out += 1
                continue
            rows.append(prompt + answer)
            self.prompts.append(len(prompt))
        if not rows:
            raise DataError(f"no pair fits into {longest} tokens; train a larger tokenizer or give a longer context")
        self.prompts = np.array(self.prompts)
        super().__init__(np.array([i for row in rows for i in row]), np.cumsum([len(row) for row in rows]), longest)

    def batch(self, rows):
        """Numbers of rows (B,) -> ids (B, T), targets (B, T) with nothing to learn before the tab."""
        ids, targets = super().batch(rows)
        before = np.arange(ids.shape[1]) < self.prompts[rows][:, None] - 1   # the tab predicts the first of the answer
        return ids, np.where(before, NO_TARGET, targets)
