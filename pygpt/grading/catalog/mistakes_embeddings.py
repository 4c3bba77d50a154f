"""Wrong answers to 02.1 embedding_backward and 02.2 numerical_gradient, each as people really write it."""

import numpy as np

from ..exercise import mistake, variant

EMBEDDING_BACKWARD, NUMERICAL_GRADIENT = [], []


# 02.1 ---------------------------------------------------------------------------------------------------------------

def rows_of(dy, ids):
    """ids and dy with all leading axes as one: (N,), (N, C)."""
    return ids.reshape(-1), dy.reshape(-1, dy.shape[-1])


def scattered_sum(n_rows, ids, rows):
    dweight = np.zeros((n_rows, rows.shape[-1]))
    np.add.at(dweight, ids, rows)
    return dweight


@mistake(EMBEDDING_BACKWARD, "kept only the last of equal ids",
         "dweight[ids] += dy reads every row once and writes it once, so of two places with the same id the last one "
         "wins. Add them up one by one: np.add.at(dweight, ids, dy), or a loop.")
def last_one_wins(dy, cache):
    ids, n_rows = cache
    dweight = np.zeros((n_rows, dy.shape[-1]))
    dweight[ids] += dy
    return dweight


@mistake(EMBEDDING_BACKWARD, "mean instead of sum for equal ids",
         "You divided a row by how often its id occurs. Each place where a row was used is a path to the loss, and "
         "gradients of paths add up: take the sum.")
def mean_of_equal_ids(dy, cache):
    ids, rows = rows_of(dy, cache[0])
    counts = np.bincount(ids, minlength=cache[1])
    return scattered_sum(cache[1], ids, rows) / np.maximum(counts, 1)[:, None]


@mistake(EMBEDDING_BACKWARD, "a gradient for each place instead of each row of the table",
         "You returned dy as it came. The gradient of the table is shaped like the table, (n_rows, C): send each row "
         "of dy to the row of its id.")
def returned_upstream(dy, cache):
    return dy.copy()


@mistake(EMBEDDING_BACKWARD, "took the table's height from the largest id",
         "The table may have rows that no id in this batch asks for. Their gradient is 0, but it must be there: make "
         "dweight with the n_rows from the cache.")
def height_of_largest_id(dy, cache):
    ids, rows = rows_of(dy, cache[0])
    return scattered_sum(ids.max() + 1, ids, rows)


@mistake(EMBEDDING_BACKWARD, "kept only the last text of a batch",
         "You start a new dweight for each text, and the last one overwrites the others. All texts used the same "
         "table: make dweight once, and add to it.")
def last_text_only(dy, cache):
    ids, n_rows = cache
    if ids.ndim < 2:
        return scattered_sum(n_rows, ids, dy)
    for text, gradient in zip(ids, dy, strict=True):
        dweight = scattered_sum(n_rows, *rows_of(gradient, text))
    return dweight


@mistake(EMBEDDING_BACKWARD, "wrote to the places instead of the ids",
         "Row 0 of your answer holds the gradient of the first place, row 1 that of the second. Row ids[0] of the "
         "table was used at the first place: the id says which row gets it.")
def by_place(dy, cache):
    _, rows = rows_of(dy, cache[0])
    dweight = np.zeros((cache[1], dy.shape[-1]))
    dweight[:len(rows)] = rows[:cache[1]]
    return dweight


# 02.2 ---------------------------------------------------------------------------------------------------------------

def nudged(f, x, dy, eps, formula=None, dtype=np.float64, restore=True):
    """The gradient of sum(f(x) * dy), right but for what is asked: formula(above, below, centre) -> slope; the dtype
    that is nudged, None for that of x; whether an entry is put back.
    """
    formula = formula or (lambda above, below, _: (above - below) / (2 * eps))
    x = np.array(x, dtype=dtype)
    grad, centre = np.zeros(x.shape), np.sum(f(x) * dy)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + eps
        above = np.sum(f(x) * dy)
        x[index] = kept - eps
        below = np.sum(f(x) * dy)
        if restore:
            x[index] = kept
        grad[index] = formula(above, below, centre)
    return grad


@mistake(NUMERICAL_GRADIENT, "forward difference instead of central",
         "You nudged to one side only. On a curve that is off by a share of eps; nudging up and down, the errors of "
         "both sides cancel: (f(x + eps) - f(x - eps)) / (2 * eps).")
def forward_difference(f, x, dy, eps=1e-5):
    return nudged(f, x, dy, eps, lambda above, below, centre: (above - centre) / eps)


@variant(NUMERICAL_GRADIENT)
def backward_difference(f, x, dy, eps=1e-5):
    return nudged(f, x, dy, eps, lambda above, below, centre: (centre - below) / eps)


@mistake(NUMERICAL_GRADIENT, "forgot the 2",
         "Your slopes are twice the right ones. From x - eps to x + eps is a way of 2 * eps: divide by that.")
def forgot_two(f, x, dy, eps=1e-5):
    return nudged(f, x, dy, eps, lambda above, below, _: (above - below) / eps)


@mistake(NUMERICAL_GRADIENT, "wrong sign",
         "You subtracted the upper value from the lower one. A slope is what happens when x grows: above - below.")
def flipped(f, x, dy, eps=1e-5):
    return nudged(f, x, dy, eps, lambda above, below, _: (below - above) / (2 * eps))


@mistake(NUMERICAL_GRADIENT, "ignored dy",
         "You added up the outputs as they are, as if dy were 1 everywhere. The loss moves by sum(f(x) * dy): weigh "
         "each output with its upstream gradient.")
def ignored_upstream(f, x, dy, eps=1e-5):
    return nudged(f, x, np.ones_like(dy), eps)


@mistake(NUMERICAL_GRADIENT, "ignored eps",
         "Your nudge is always 1e-5. Use the eps that you are given, for the nudge and for the division.")
def ignored_eps(f, x, dy, eps=1e-5):
    return nudged(f, x, dy, 1e-5)


@mistake(NUMERICAL_GRADIENT, "did not put the entry back",
         "After an entry was nudged, it stayed there while you nudged the next ones. Keep its value before you start, "
         "and write it back when you are done with it.")
def never_restored(f, x, dy, eps=1e-5):
    return nudged(f, x, dy, eps, restore=False)


@mistake(NUMERICAL_GRADIENT, "nudged every number at once",
         "f(x + eps) moves all entries together, so you cannot tell who moved which output. Nudge one entry, "
         "measure, put it back, and go on to the next.")
def all_at_once(f, x, dy, eps=1e-5):
    x = np.array(x, dtype=np.float64)
    return (f(x + eps) - f(x - eps)) * dy / (2 * eps)


@variant(NUMERICAL_GRADIENT)
def all_at_once_summed(f, x, dy, eps=1e-5):
    x = np.array(x, dtype=np.float64)
    return np.full(x.shape, np.sum((f(x + eps) - f(x - eps)) * dy) / (2 * eps))


@mistake(NUMERICAL_GRADIENT, "mean of the outputs instead of the sum",
         "The upstream gradient already says how much each output counts. Add up f(x) * dy: np.sum, not np.mean.")
def mean_of_outputs(f, x, dy, eps=1e-5):
    return nudged(f, x, dy / dy.size, eps)


@mistake(NUMERICAL_GRADIENT, "nudged in the input's own kind of number",
         "Whole numbers cannot hold 2.00001, and float32 hardly can: the nudge is rounded away. Work on a float64 "
         "copy: x = np.array(x, dtype=np.float64).")
def kept_kind(f, x, dy, eps=1e-5):
    return nudged(f, x, dy, eps, dtype=None)
