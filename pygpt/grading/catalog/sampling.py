"""What can be asked of sample_batch, whatever it draws: all tokens differ, so each id tells where it came from."""

import numpy as np

from ..runner import Trouble, unpack

SIGNATURE = "sample_batch(tokens, batch_size, block_size, rng) -> (ids, targets)"


def text(n):
    """n different token ids in mixed order; none is a position."""
    return 100 + 3 * np.random.default_rng(n).permutation(n)


def draw(f, tokens, batch_size, block_size, rng):
    """One batch as (ids, targets), or the Trouble with its shape or kind."""
    batch = unpack(("ids", "targets"), f(tokens, batch_size, block_size, rng), SIGNATURE)
    for name, array in batch.items():
        shape = np.shape(array)
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "iu":
            raise Trouble("kind", f"{name} should be an array of whole numbers", "Token ids are whole numbers.")
        if shape != (batch_size, block_size):
            raise Trouble("shape", f"{name} has shape {shape}, expected {(batch_size, block_size)}",
                          "One row for each window: (batch_size, block_size).")
    return batch["ids"], batch["targets"]


def positions(values, tokens, name):
    """Where in the text each value stands."""
    found = values[..., None] == tokens
    if not found.any(-1).all():
        stranger = values[~found.any(-1)][0]
        raise Trouble("foreign", f"{name} holds {stranger}, which occurs nowhere in tokens",
                      "Take ids and targets out of the text: tokens[positions].")
    return found.argmax(-1)


def shapes(f, tokens, batch_size, block_size, rng):
    ids, targets = draw(f, tokens, batch_size, block_size, rng)
    return {"shape of ids": str(ids.shape), "shape of targets": str(targets.shape)}


def runs(f, tokens, batch_size, block_size, rng):
    """In a run of text every id stands one place after the one before."""
    ids, _ = draw(f, tokens, batch_size, block_size, rng)
    return {"places from each id to the next": np.diff(positions(ids, tokens, "ids"), axis=-1)}


def shift(f, tokens, batch_size, block_size, rng):
    """Every target stands one place after its id."""
    ids, targets = draw(f, tokens, batch_size, block_size, rng)
    return {"places from each id to its target": positions(targets, tokens, "targets") - positions(ids, tokens, "ids")}


def windows(f, tokens, batch_size, block_size, rng):
    """After many draws from a short text, which windows have turned up?"""
    starts = [positions(draw(f, tokens, batch_size, block_size, rng)[0][:, 0], tokens, "ids") for _ in range(200)]
    seen = np.isin(np.arange(len(tokens) - block_size), np.concatenate(starts))
    return {"windows drawn": seen}


def only_window(f, tokens, batch_size, block_size, rng):
    """A text of block_size + 1 tokens holds one window."""
    ids, targets = draw(f, tokens, batch_size, block_size, rng)
    return {"ids": ids, "targets": targets}


def chance(f, tokens, batch_size, block_size, rng):
    """Randomness that is real, and that comes from rng alone."""
    state = rng.bit_generator.state
    first, second = (draw(f, tokens, batch_size, block_size, rng)[0] for _ in range(2))
    rng.bit_generator.state = state
    again = draw(f, tokens, batch_size, block_size, rng)[0]
    return {"rows start at different places": len(np.unique(first[:, 0])) > 1,
            "the next call gives another batch": not np.array_equal(first, second),
            "rng in the same state gives the same batch": np.array_equal(first, again)}


def evenly(f, tokens, batch_size, block_size, rng):
    """How often each window turned up, against the fair share: between two thirds and three halves of it."""
    starts = [positions(draw(f, tokens, batch_size, block_size, rng)[0][:, 0], tokens, "ids") for _ in range(200)]
    counts = np.bincount(np.concatenate(starts), minlength=len(tokens) - block_size)
    fair = 200 * batch_size / (len(tokens) - block_size)
    return {"drawn about as often as the others": (counts > fair * 2 / 3) & (counts < fair * 3 / 2)}
