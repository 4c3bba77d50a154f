"""Wrong answers to 18.1 budget_batches and 18.2 hide_tokens, each as people really write it."""

import numpy as np

from ..exercise import mistake

BUDGET_BATCHES, HIDE_TOKENS = [], []


# 18.1 ---------------------------------------------------------------------------------------------------------------

def refuse(lengths, max_tokens):
    if len(lengths) and max(lengths) > max_tokens:
        raise ValueError("too long")


def fill(order, lengths, too_much, last=True):
    """Rows in `order`; a new batch before the row for which too_much(batch, row) is true."""
    batches, batch = [], []
    for i in map(int, order):
        if batch and too_much(batch, i):
            batches.append(batch)
            batch = []
        batch.append(i)
    return [*batches, batch] if last and batch else batches


def sorted_rows(lengths):
    return np.argsort(lengths, kind="stable")


def fits(lengths, max_tokens):
    return lambda batch, i: (len(batch) + 1) * lengths[i] > max_tokens


@mistake(BUDGET_BATCHES, "counted tokens, not places",
         "You added up the lengths. A batch is a rectangle, and its padding takes time and memory too: the number of "
         "rows times the longest of them must stay within max_tokens.")
def tokens_not_places(lengths, max_tokens):
    refuse(lengths, max_tokens)
    return fill(sorted_rows(lengths), lengths, lambda batch, i: lengths[batch].sum() + lengths[i] > max_tokens)


@mistake(BUDGET_BATCHES, "the last batch is lost",
         "Rows are missing at the end. When the loop is over, the batch that was being filled has not been put into "
         "the list yet: append it after the loop.")
def no_last_batch(lengths, max_tokens):
    refuse(lengths, max_tokens)
    return fill(sorted_rows(lengths), lengths, fits(lengths, max_tokens), last=False)


@mistake(BUDGET_BATCHES, "one row over the budget",
         "Your batches hold a row too many. Look before you add: the question is how large the batch would be with the "
         "row at hand, (len(batch) + 1) rows as wide as this one.")
def one_too_many(lengths, max_tokens):
    refuse(lengths, max_tokens)
    return fill(sorted_rows(lengths), lengths, lambda batch, i: len(batch) * lengths[i] > max_tokens)


@mistake(BUDGET_BATCHES, "width of the row before",
         "With the row at hand the whole batch becomes as wide as this row, and you multiplied by the width from "
         "before. Rows come from short to long, so the newest is the widest.")
def width_from_before(lengths, max_tokens):
    refuse(lengths, max_tokens)
    return fill(sorted_rows(lengths), lengths, lambda batch, i: (len(batch) + 1) * lengths[batch[-1]] > max_tokens)


@mistake(BUDGET_BATCHES, "a full batch refused",
         "A batch of exactly max_tokens places is within the budget, and you started a new one. Compare with >, not "
         ">=.")
def never_full(lengths, max_tokens):
    refuse(lengths, max_tokens)
    return fill(sorted_rows(lengths), lengths, lambda batch, i: (len(batch) + 1) * lengths[i] >= max_tokens)


@mistake(BUDGET_BATCHES, "rows taken as they come",
         "Your batches keep the budget, but a short row beside a long one is mostly padding. Go through the rows from "
         "short to long: np.argsort(lengths, kind='stable').")
def not_sorted(lengths, max_tokens):
    refuse(lengths, max_tokens)
    return fill(range(len(lengths)), lengths,
                lambda batch, i: (len(batch) + 1) * max(lengths[batch].max(), lengths[i]) > max_tokens)


@mistake(BUDGET_BATCHES, "places in the sorted list instead of rows",
         "You sorted the lengths and numbered them afterwards, so 0 means the shortest row and no longer row 0. Sort "
         "the numbers instead: np.argsort gives them.")
def numbers_after_sorting(lengths, max_tokens):
    refuse(lengths, max_tokens)
    lengths = np.sort(lengths)
    return fill(range(len(lengths)), lengths, fits(lengths, max_tokens))


@mistake(BUDGET_BATCHES, "lengths instead of row numbers",
         "Your batches hold the lengths. Nobody can fetch a row by its length: return its number, its place in "
         "`lengths`.")
def lengths_returned(lengths, max_tokens):
    refuse(lengths, max_tokens)
    return [[int(lengths[i]) for i in batch] for batch in
            fill(sorted_rows(lengths), lengths, fits(lengths, max_tokens))]


@mistake(BUDGET_BATCHES, "equal lengths in reverse",
         "Among rows of equal length the smaller number comes first. A plain argsort promises nothing, and a reversed "
         "one turns equals round: use kind='stable'.")
def ties_reversed(lengths, max_tokens):
    refuse(lengths, max_tokens)
    order = sorted(range(len(lengths)), key=lambda i: (lengths[i], -i))
    return fill(order, lengths, fits(lengths, max_tokens))


@mistake(BUDGET_BATCHES, "long rows silently dropped",
         "A row longer than max_tokens vanished without a word. Data that goes missing silently is found months "
         "later: raise ValueError, so that somebody cuts the row or raises the budget.")
def long_rows_dropped(lengths, max_tokens):
    order = [i for i in sorted_rows(lengths) if lengths[i] <= max_tokens]
    return fill(order, lengths, fits(lengths, max_tokens))


@mistake(BUDGET_BATCHES, "a batch over the budget for a long row",
         "You gave the long row a batch of its own, but even alone it is more than max_tokens, and memory was planned "
         "for less. Raise ValueError.")
def long_row_alone(lengths, max_tokens):
    return fill(sorted_rows(lengths), lengths, fits(lengths, max_tokens))


# 18.2 ---------------------------------------------------------------------------------------------------------------

def hide(ids, vocab_size, mask_id, rng, rate, special, masked=0.8, random=0.1):
    """The right thing, with dials to turn; -> inputs, chosen."""
    chosen = (rng.random(ids.shape) < rate) & ~np.isin(ids, special)
    return shown(ids, vocab_size, mask_id, rng, chosen, masked, random), chosen


def shown(ids, vocab_size, mask_id, rng, chosen, masked=0.8, random=0.1):
    fate = rng.random(ids.shape)
    inputs = np.where(chosen & (fate < masked), mask_id, ids)
    return np.where(chosen & (fate >= 1 - random), rng.integers(0, vocab_size, ids.shape), inputs)


@mistake(HIDE_TOKENS, "targets everywhere",
         "Every place has a target. Where nothing was hidden the model would only copy what it sees, and six sevenths "
         "of the loss would be about that: -100 where a place was not chosen.")
def targets_everywhere(ids, vocab_size, mask_id, rng, rate=0.15, special=()):
    inputs, _ = hide(ids, vocab_size, mask_id, rng, rate, special)
    return inputs, ids.copy()


@mistake(HIDE_TOKENS, "the mask is the target",
         "Your targets hold what the model is shown, not what was there. Take them from ids before anything is "
         "hidden: np.where(chosen, ids, -100).")
def masks_as_targets(ids, vocab_size, mask_id, rng, rate=0.15, special=()):
    inputs, chosen = hide(ids, vocab_size, mask_id, rng, rate, special)
    return inputs, np.where(chosen, inputs, -100)


@mistake(HIDE_TOKENS, "targets where nothing was hidden",
         "The two sides of your np.where are swapped: the chosen places are the ones with a target, and all others get "
         "-100.")
def targets_inverted(ids, vocab_size, mask_id, rng, rate=0.15, special=()):
    inputs, chosen = hide(ids, vocab_size, mask_id, rng, rate, special)
    return inputs, np.where(chosen, -100, ids)


@mistake(HIDE_TOKENS, "0 instead of -100",
         "0 is a token like any other, so the model would learn to say it at every place that was not chosen. The "
         "number that every loss here leaves out is -100.")
def zero_for_no_target(ids, vocab_size, mask_id, rng, rate=0.15, special=()):
    inputs, chosen = hide(ids, vocab_size, mask_id, rng, rate, special)
    return inputs, np.where(chosen, ids, 0)


@mistake(HIDE_TOKENS, "the rate upside down",
         "You hid 1 - rate of the text. rng.random() < rate is true with probability rate; > is the opposite.")
def rate_upside_down(ids, vocab_size, mask_id, rng, rate=0.15, special=()):
    inputs, chosen = hide(ids, vocab_size, mask_id, rng, 1 - rate, special)
    return inputs, np.where(chosen, ids, -100)


@mistake(HIDE_TOKENS, "rate ignored",
         "15 % is only the default. Compare with `rate`.")
def rate_ignored(ids, vocab_size, mask_id, rng, rate=0.15, special=()):
    inputs, chosen = hide(ids, vocab_size, mask_id, rng, 0.15, special)
    return inputs, np.where(chosen, ids, -100)


@mistake(HIDE_TOKENS, "always the mask",
         "Every chosen place shows the mask. In real text there is no mask, so the model should also meet hidden "
         "places that look normal: 10 % a random token, 10 % the true one.")
def always_the_mask(ids, vocab_size, mask_id, rng, rate=0.15, special=()):
    inputs, chosen = hide(ids, vocab_size, mask_id, rng, rate, special, masked=1, random=0)
    return inputs, np.where(chosen, ids, -100)


@mistake(HIDE_TOKENS, "never a random token",
         "80 % show the mask and all others what they are. Half of those others should show a random token, so that "
         "the model cannot trust what it sees.")
def never_random(ids, vocab_size, mask_id, rng, rate=0.15, special=()):
    inputs, chosen = hide(ids, vocab_size, mask_id, rng, rate, special, random=0)
    return inputs, np.where(chosen, ids, -100)


@mistake(HIDE_TOKENS, "never left as it is",
         "20 % show a random token and none what it is. Random from 0.9 on, and nothing changes between 0.8 and 0.9.")
def never_kept(ids, vocab_size, mask_id, rng, rate=0.15, special=()):
    inputs, chosen = hide(ids, vocab_size, mask_id, rng, rate, special, random=0.2)
    return inputs, np.where(chosen, ids, -100)


@mistake(HIDE_TOKENS, "one random token for all",
         "All your random tokens are the same one. Draw a token for every place: rng.integers(0, vocab_size, "
         "ids.shape).")
def one_random_token(ids, vocab_size, mask_id, rng, rate=0.15, special=()):
    chosen = (rng.random(ids.shape) < rate) & ~np.isin(ids, special)
    fate = rng.random(ids.shape)
    inputs = np.where(chosen & (fate < 0.8), mask_id, ids)
    return np.where(chosen & (fate >= 0.9), rng.integers(0, vocab_size), inputs), np.where(chosen, ids, -100)


@mistake(HIDE_TOKENS, "special tokens are hidden too",
         "Padding and other special tokens were chosen like any other. There is nothing to learn from them: take them "
         "out with ~np.isin(ids, special).")
def hides_specials(ids, vocab_size, mask_id, rng, rate=0.15, special=()):
    inputs, chosen = hide(ids, vocab_size, mask_id, rng, rate, ())
    return inputs, np.where(chosen, ids, -100)


@mistake(HIDE_TOKENS, "the same places in every row",
         "You threw the dice once for a row and used them for all. Every place of every row needs its own: "
         "rng.random(ids.shape).")
def same_places(ids, vocab_size, mask_id, rng, rate=0.15, special=()):
    chosen = (rng.random(ids.shape[-1]) < rate) & ~np.isin(ids, special)
    return shown(ids, vocab_size, mask_id, rng, chosen), np.where(chosen, ids, -100)


@mistake(HIDE_TOKENS, "a generator of its own",
         "Every call hides the same places, because you made a new generator inside. The model would see the same gaps "
         "in every epoch: use the rng that you are given.")
def own_generator(ids, vocab_size, mask_id, rng, rate=0.15, special=()):
    inputs, chosen = hide(ids, vocab_size, mask_id, np.random.default_rng(0), rate, special)
    return inputs, np.where(chosen, ids, -100)


@mistake(HIDE_TOKENS, "global dice",
         "The state of rng did not decide, so a resumed run hides other places than the run that was stopped. Draw "
         "from rng, not from np.random.")
def global_dice(ids, vocab_size, mask_id, rng, rate=0.15, special=()):
    inputs, chosen = hide(ids, vocab_size, mask_id, np.random.default_rng(), rate, special)
    return inputs, np.where(chosen, ids, -100)
