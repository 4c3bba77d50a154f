"""Wrong answers to 11.1 sample_batch and 11.2 cross_entropy_backward.  B batch  T time  V vocabulary"""

import numpy as np

from ..exercise import mistake

SAMPLE_BATCH, CROSS_ENTROPY_BACKWARD = [], []


def cut(tokens, starts, length):
    return np.stack([tokens[start:start + length] for start in starts])


# 11.1 ---------------------------------------------------------------------------------------------------------------

@mistake(SAMPLE_BATCH, "targets equal the ids",
         "Your targets are the ids themselves, so the model would learn to copy. At every position the target is the "
         "next token: the same window, one token later.")
def same_window(tokens, batch_size, block_size, rng):
    starts = rng.integers(0, len(tokens) - block_size, batch_size)
    ids = cut(tokens, starts, block_size)
    return ids, ids.copy()


@mistake(SAMPLE_BATCH, "targets one token before the ids",
         "Your targets lie in the past: the shift goes the wrong way. The target of tokens[i] is tokens[i + 1].")
def backwards(tokens, batch_size, block_size, rng):
    starts = rng.integers(0, len(tokens) - block_size, batch_size)
    return cut(tokens, starts + 1, block_size), cut(tokens, starts, block_size)


@mistake(SAMPLE_BATCH, "targets drawn from other windows",
         "ids and targets come from two different draws, so they have nothing to do with each other. Draw the starts "
         "once and use them twice.")
def two_draws(tokens, batch_size, block_size, rng):
    first, second = rng.integers(0, len(tokens) - block_size, (2, batch_size))
    return cut(tokens, first, block_size), cut(tokens, second + 1, block_size)


@mistake(SAMPLE_BATCH, "never reaches the last window",
         "rng.integers leaves out its upper end, so subtracting 1 once more loses the last window. There are "
         "len(tokens) - block_size of them: rng.integers(0, len(tokens) - block_size, batch_size).")
def misses_last(tokens, batch_size, block_size, rng):
    starts = rng.integers(0, max(1, len(tokens) - block_size - 1), batch_size)
    return cut(tokens, starts, block_size), cut(tokens, starts + 1, block_size)


@mistake(SAMPLE_BATCH, "never starts at the first token",
         "Your smallest start is 1. Positions count from 0: rng.integers(0, ...).")
def misses_first(tokens, batch_size, block_size, rng):
    starts = rng.integers(min(1, len(tokens) - block_size - 1), len(tokens) - block_size, batch_size)
    return cut(tokens, starts, block_size), cut(tokens, starts + 1, block_size)


@mistake(SAMPLE_BATCH, "the last window has no room for its targets",
         "Now and then a row of targets comes out one token short. A window needs block_size tokens and one more for "
         "the last target, so starts stay below len(tokens) - block_size.")
def short_targets(tokens, batch_size, block_size, rng):
    starts = rng.integers(0, len(tokens) - block_size + 1, batch_size)
    return cut(tokens, starts, block_size), cut(tokens, starts + 1, block_size)


@mistake(SAMPLE_BATCH, "a position beyond the end of the text",
         "The last target's position is start + block_size, and it must be a position of the text. So starts stay "
         "below len(tokens) - block_size.")
def beyond_the_end(tokens, batch_size, block_size, rng):
    positions = rng.integers(0, len(tokens) - block_size + 1, batch_size)[:, None] + np.arange(block_size)
    return tokens[positions], tokens[positions + 1]


@mistake(SAMPLE_BATCH, "one window for the whole batch",
         "Every row of your batch is the same window, so a batch teaches no more than one row. Draw batch_size "
         "starts.")
def one_window(tokens, batch_size, block_size, rng):
    starts = np.repeat(rng.integers(0, len(tokens) - block_size), batch_size)
    return cut(tokens, starts, block_size), cut(tokens, starts + 1, block_size)


@mistake(SAMPLE_BATCH, "a new generator on every call",
         "A generator made inside the function starts again each time, so every batch is the same. Use the rng you "
         "are given.")
def new_generator(tokens, batch_size, block_size, rng):
    starts = np.random.default_rng(0).integers(0, len(tokens) - block_size, batch_size)
    return cut(tokens, starts, block_size), cut(tokens, starts + 1, block_size)


@mistake(SAMPLE_BATCH, "chance from np.random instead of rng",
         "np.random.* is one generator for the whole program: nobody can repeat your run. Draw from the rng you are "
         "given.")
def global_chance(tokens, batch_size, block_size, rng):
    starts = np.random.randint(0, len(tokens) - block_size, batch_size)
    return cut(tokens, starts, block_size), cut(tokens, starts + 1, block_size)


@mistake(SAMPLE_BATCH, "single tokens instead of runs of text",
         "Each position of your rows was drawn by itself, so nothing follows from what stands before it. Draw where a "
         "row starts; the rest of the row follows on.")
def single_tokens(tokens, batch_size, block_size, rng):
    positions = rng.integers(0, len(tokens) - 1, (batch_size, block_size))
    return tokens[positions], tokens[positions + 1]


@mistake(SAMPLE_BATCH, "positions instead of tokens",
         "You return where the tokens stand, not what they are. Index the text with the positions: tokens[positions].")
def only_positions(tokens, batch_size, block_size, rng):
    positions = rng.integers(0, len(tokens) - block_size, batch_size)[:, None] + np.arange(block_size)
    return positions, positions + 1


@mistake(SAMPLE_BATCH, "batch and time swapped",
         "Your arrays are (T, B). The course keeps the batch first: one row for each window, (B, T).")
def time_first(tokens, batch_size, block_size, rng):
    starts = rng.integers(0, len(tokens) - block_size, batch_size)
    return cut(tokens, starts, block_size).T, cut(tokens, starts + 1, block_size).T


# 11.2 ---------------------------------------------------------------------------------------------------------------

def one_hot(probs, targets):
    return np.eye(probs.shape[-1])[targets]


@mistake(CROSS_ENTROPY_BACKWARD, "forgot the 1/N",
         "The loss is the mean over all N positions, so each position counts 1/N. Divide by targets.size.")
def no_mean(cache):
    probs, targets = cache
    return probs - one_hot(probs, targets)


@mistake(CROSS_ENTROPY_BACKWARD, "divided by the batch size only",
         "You divided by the number of rows. The mean runs over all positions, batch times time: targets.size.")
def batch_mean(cache):
    probs, targets = cache
    return (probs - one_hot(probs, targets)) / len(targets)


@mistake(CROSS_ENTROPY_BACKWARD, "divided by the number of logits",
         "probs.size also counts the vocabulary. There is one loss for each position: divide by targets.size.")
def all_logits_mean(cache):
    probs, targets = cache
    return (probs - one_hot(probs, targets)) / probs.size


@mistake(CROSS_ENTROPY_BACKWARD, "wrong sign",
         "A step against this gradient would make the target less likely. Raising the target's logit lowers the loss, "
         "so its gradient is negative: probabilities minus one-hot.")
def target_minus_probs(cache):
    probs, targets = cache
    return (one_hot(probs, targets) - probs) / targets.size


@mistake(CROSS_ENTROPY_BACKWARD, "forgot the target",
         "Your answer is the probabilities alone and never looks at the targets. Subtract 1 at each position's "
         "target.")
def no_target(cache):
    probs, targets = cache
    return probs / targets.size


@mistake(CROSS_ENTROPY_BACKWARD, "only the target's logit",
         "The other logits matter too: raising one takes probability from the target. Their gradients are their "
         "probabilities.")
def target_only(cache):
    probs, targets = cache
    return (probs - 1) * one_hot(probs, targets) / targets.size


@mistake(CROSS_ENTROPY_BACKWARD, "gradient of the probabilities instead of the logits",
         "-1/p is the gradient before the softmax. The logits lie behind it: sent through softmax's backward, it "
         "becomes probabilities minus one-hot.")
def through_log_only(cache):
    probs, targets = cache
    return -one_hot(probs, targets) / probs / targets.size


@mistake(CROSS_ENTROPY_BACKWARD, "subtracted at every pair of position and target",
         "dlogits[:, targets] -= 1 touches, in every row, the targets of all rows. Pair each row with its own target: "
         "dlogits[np.arange(N), targets] on the flattened array.")
def every_pair(cache):
    probs, targets = cache
    flat = probs.reshape(-1, probs.shape[-1]).copy()
    flat[:, targets.ravel()] -= 1
    return flat.reshape(probs.shape) / targets.size


@mistake(CROSS_ENTROPY_BACKWARD, "multiplied by the loss",
         "The gradient of a mean of -log p does not carry the loss as a factor. At the logits, the log and the "
         "softmax together leave probabilities minus one-hot.")
def times_loss(cache):
    probs, targets = cache
    hot = one_hot(probs, targets)
    losses = -np.log((probs * hot).sum(-1, keepdims=True))
    return losses * (probs - hot) / targets.size
