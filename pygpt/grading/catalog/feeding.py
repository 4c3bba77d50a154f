"""The exercises of 18_data: batches by a budget, hidden tokens, a split without a leak, a stream to be resumed."""

import numpy as np

from ..exercise import Case, Exercise, Stage
from . import feeding_questions as ask
from . import mistakes_feeding, mistakes_splits

NOTEBOOK = "18_data"


# 18.1 ---------------------------------------------------------------------------------------------------------------

def budget_reference(lengths, max_tokens):
    """A row at a time, the shortest of those left; ties by number."""
    left, batches, batch = sorted((int(n), i) for i, n in enumerate(lengths)), [], []
    if left and left[-1][0] > max_tokens:
        raise ValueError("a row is longer than the budget")
    for length, i in left:
        if batch and (len(batch) + 1) * length > max_tokens:
            batches.append(batch)
            batch = []
        batch.append(i)
    return [*batches, batch] if batch else batches


def budget_case(lengths, max_tokens, observe=ask.as_text, words=None):
    return Case(words or f"lengths {list(lengths)}, max_tokens {max_tokens}",
                lambda: (np.array(lengths, dtype=int), max_tokens), observe=observe)


def random_lengths(seed, n, longest):
    return np.random.default_rng(seed).integers(1, longest, n, endpoint=True)


BUDGET_BATCHES = Exercise(
    id="18.1", title="Batches by a token budget", function="budget_batches",
    signature="budget_batches(lengths, max_tokens) -> batches",
    difficulty="medium", minutes=15, notebook=NOTEBOOK, section="A budget of tokens",
    hints=("A batch is a rectangle: as many rows as it holds, as wide as its longest. The rectangle must fit the "
           "budget, and it wastes least where its rows are of like length.",
           "Go through the row numbers from the shortest row to the longest. The row at hand would be the widest, so "
           "with it the batch takes (rows so far + 1) * its length places. If that is too much, start a new batch "
           "with it. After the loop one batch is still open.",
           "for i in np.argsort(lengths, kind='stable'): if batch and (len(batch) + 1) * lengths[i] > max_tokens: "
           "batches.append(batch); batch = []   and then in any case batch.append(int(i))"),
    example="lengths = [7, 2, 3], max_tokens = 12. From short to long the rows are 1, 2, 0. Rows 1 and 2 take 2 x 3 = "
            "6 places; with row 0 it would be 3 x 7 = 21. So [[1, 2], [0]].",
    outputs="batches", reference=budget_reference, mistakes=tuple(mistakes_feeding.BUDGET_BATCHES),
    stages=(
        Stage("all in one", "Everything fits.", (budget_case([2, 3, 5], 15), budget_case([1], 1))),
        Stage("the rectangle", "Padding takes places too: rows times the longest.",
              (budget_case([2, 3, 7], 12), budget_case([1, 1, 1, 5], 10))),
        Stage("exactly full", "A batch of just max_tokens places is allowed.",
              (budget_case([5, 5, 5], 10), budget_case([3, 3, 3, 3, 3], 9))),
        Stage("short to long", "Rows of like length share a batch; the answer names rows by their place in lengths.",
              (budget_case([7, 1, 5, 3], 10), budget_case([7, 2, 3], 12))),
        Stage("equal lengths", "Among equals the smaller number comes first.", (budget_case([3, 1, 3, 1, 3], 6),)),
        Stage("many rows", "Random lengths.",
              (budget_case(random_lengths(1, 105, 30), 77, ask.by_place, "105 rows, max_tokens 77"),
               budget_case(random_lengths(2, 35, 7), 35, ask.by_place, "35 rows, max_tokens 35"))),
        Stage("too long", "A row that fits no batch must not vanish: raise ValueError.",
              (budget_case([3, 11, 2], 10, ask.refusal), budget_case([11], 10, ask.refusal))),
    ))


# 18.2 ---------------------------------------------------------------------------------------------------------------

def hide_reference(ids, vocab_size, mask_id, rng, rate=0.15, special=()):
    """Place by place, by one throw of the dice each."""
    inputs, targets = ids.copy(), np.full(ids.shape, ask.NO_TARGET)
    for place in np.argwhere(~np.isin(ids, special)):
        place = tuple(place)
        if rng.random() >= rate:
            continue
        targets[place], fate = ids[place], rng.integers(10)
        if fate < 8:
            inputs[place] = mask_id
        elif fate == 8:
            inputs[place] = rng.integers(vocab_size)
    return inputs, targets


def hide_case(observe, shape, vocab_size=1000, rate=0.15, special=(), seed=0, ids=None):
    words = f"ids {shape}, rate {rate}" + (f", special {list(special)}" if special else "")

    def make():
        drawn = np.random.default_rng(seed).integers(0, vocab_size, shape) if ids is None else np.full(shape, ids)
        return drawn, vocab_size, vocab_size, np.random.default_rng(seed + 1), rate, tuple(special)
    return Case(words, make, observe=observe)


HIDE_TOKENS = Exercise(
    id="18.2", title="Hide tokens", function="hide_tokens",
    signature="hide_tokens(ids, vocab_size, mask_id, rng, rate=0.15, special=()) -> (inputs, targets)",
    difficulty="medium", minutes=18, notebook=NOTEBOOK, section="Hide some tokens",
    hints=("Two throws of the dice for every place: is it chosen, and if so, what becomes of it? The targets follow "
           "from the first throw alone.",
           "chosen = rng.random(ids.shape) < rate, and not a special token (np.isin). A second array of random "
           "numbers, fate, splits the chosen: below 0.8 the mask, from 0.9 on a random token, between them nothing.",
           "inputs = np.where(chosen & (fate < 0.8), mask_id, ids); inputs = np.where(chosen & (fate >= 0.9), "
           "rng.integers(0, vocab_size, ids.shape), inputs); targets = np.where(chosen, ids, -100)"),
    example="ids = [[4, 7, 7, 2]], mask_id = 9. Suppose places 1 and 3 are chosen, the first for the mask, the second "
            "to stay: inputs = [[4, 9, 7, 2]], targets = [[-100, 7, -100, 2]].",
    outputs=("inputs", "targets"), reference=hide_reference, mistakes=tuple(mistakes_feeding.HIDE_TOKENS),
    stages=(
        Stage("what is asked", "A chosen place has its own id as target, all others -100, and they stay as they were.",
              (hide_case(ask.what_is_asked, (35, 70)), hide_case(ask.what_is_asked, (50, 7), 7, 0.5))),
        Stage("how many", "The share of chosen places is `rate`.",
              (hide_case(ask.how_many, (150, 101)), hide_case(ask.how_many, (150, 101), rate=0.5))),
        Stage("what becomes of them", "Of the chosen 80 % show the mask, 10 % a random token, 10 % what they are.",
              (hide_case(ask.fates, (150, 201), rate=0.5, ids=0), hide_case(ask.fates, (301, 203), ids=0))),
        Stage("random tokens", "Each is drawn by itself, from all tokens.",
              (hide_case(ask.others, (150, 101), 7, 0.5),)),
        Stage("special tokens", "Padding and the like are neither hidden nor asked for.",
              (hide_case(ask.specials, (150, 101), 11, 0.3, (0, 3)),)),
        Stage("chance", "Every row and every call hides other places, and only rng decides.",
              (hide_case(ask.places, (5, 70), rate=0.3),)),
    ))


# 18.3 ---------------------------------------------------------------------------------------------------------------

def split_reference(names, share, seed):
    """Documents in the order of the alphabet, then drawn one after the other."""
    left, rng, val = sorted({str(name) for name in names}), np.random.default_rng(seed), []
    wanted = min(max(round(share * len(left)), 1), len(left) - 1)
    while len(val) < wanted:
        val.append(left.pop(int(rng.integers(len(left)))))
    return ([i for i, name in enumerate(names) if str(name) not in val],
            [i for i, name in enumerate(names) if str(name) in val])


def pieces(seed, n_documents, n_pieces):
    """Names of pieces, a document's one after the other as in a text; documents are of very different length."""
    rng = np.random.default_rng(seed)
    counts = 1 + rng.multinomial(n_pieces - n_documents, rng.dirichlet(np.ones(n_documents)))
    order = rng.permutation(n_documents)
    return [f"play {i}" for i in order for _ in range(counts[i])]


def split_case(observe, names, share, seed, words=None):
    words = words or f"{len(names)} pieces of {len(set(names))} documents, share {share}, seed {seed}"
    return Case(words, lambda: (list(names), share, seed), observe=observe)


HOLD_OUT_DOCUMENTS = Exercise(
    id="18.3", title="A split without a leak", function="hold_out_documents",
    signature="hold_out_documents(names, share, seed) -> (train, val)",
    difficulty="medium", minutes=15, notebook=NOTEBOOK, section="A split that leaks",
    hints=("Pieces of one document are alike, so a document must be on one side, whole. Draw documents, not pieces.",
           "Bring the different names into an order that is the same everywhere (a set has none), draw some of them "
           "with a generator made from the seed, then give every piece to the side of its document. At least one "
           "document on each side.",
           "documents = sorted(set(names)); n = min(max(1, round(share * len(documents))), len(documents) - 1); "
           "held_out = {documents[i] for i in np.random.default_rng(seed).permutation(len(documents))[:n]}"),
    example="names = ['b', 'b', 'a', 'c', 'a'], share = 0.3. Three documents, 0.3 x 3 rounds to one. If 'a' is drawn: "
            "train = [0, 1, 3], val = [2, 4].",
    outputs=("train", "val"), reference=split_reference, mistakes=tuple(mistakes_splits.HOLD_OUT_DOCUMENTS),
    stages=(
        Stage("two sides", "Every piece is on one side, and so is every document.",
              (split_case(ask.sides, pieces(1, 7, 105), 0.3, 0), split_case(ask.sides, pieces(2, 5, 35), 0.5, 3),
               split_case(ask.sides, ["b", "b", "a", "c", "a"], 0.3, 1))),
        Stage("how many", "A share of the documents, rounded, is held out for val.",
              (split_case(ask.sizes, pieces(3, 10, 77), 0.3, 0), split_case(ask.sizes, pieces(4, 20, 75), 0.1, 5))),
        Stage("never empty", "A small share still holds out one document, a large one leaves one to learn from.",
              (split_case(ask.sizes, pieces(5, 5, 21), 0.05, 0), split_case(ask.sizes, pieces(6, 3, 15), 0.97, 0))),
        Stage("chance", "The seed decides, and nothing else.", (split_case(ask.repeats, pieces(7, 13, 91), 0.3, 2),)),
        Stage("any document", "No document is safe from being held out.",
              (split_case(ask.first_is_free, pieces(8, 5, 35), 0.3, 0),)),
    ))


# 18.4 ---------------------------------------------------------------------------------------------------------------

def rows_reference(step, n_rows, batch_size, seed):
    """The rows with the smallest random marks first; a part of them."""
    per_epoch = (n_rows + batch_size - 1) // batch_size
    marks = np.random.default_rng([seed, step // per_epoch]).random(n_rows)
    first = step % per_epoch * batch_size
    return np.argsort(marks)[first:first + batch_size]


def rows_case(observe, *arguments, words):
    return Case(words, lambda: arguments, observe=observe)


def visit_case(epoch, n_rows, batch_size, seed=3):
    return rows_case(ask.visits, epoch, n_rows, batch_size, seed,
                     words=f"epoch {epoch}, n_rows {n_rows}, batch_size {batch_size}, seed {seed}")


ROWS_AT = Exercise(
    id="18.4", title="The rows of any step", function="rows_at",
    signature="rows_at(step, n_rows, batch_size, seed) -> rows",
    difficulty="hard", minutes=18, notebook=NOTEBOOK, section="Stop, and go on, in every backend",
    hints=("If the step and the seed alone decide, there is nothing to save but the number of the step. An epoch has "
           "an order of its own; a step is a place in it.",
           "First how many batches an epoch has, rounded up. Then divmod of step by it: the number of the epoch, and "
           "the place within. A generator made from the seed AND the epoch mixes all rows; the batch is a slice.",
           "per_epoch = -(-n_rows // batch_size); epoch, place = divmod(step, per_epoch); "
           "order = np.random.default_rng([seed, epoch]).permutation(n_rows); "
           "return order[place * batch_size:(place + 1) * batch_size]"),
    example="n_rows = 5, batch_size = 2: three batches an epoch, of 2, 2 and 1 rows. Step 7 is in epoch 2, at place 1: "
            "the third and fourth row of that epoch's order.",
    outputs="rows", reference=rows_reference, mistakes=tuple(mistakes_splits.ROWS_AT),
    stages=(
        Stage("one epoch", "Batches that divide evenly: every row once.", (visit_case(0, 15, 5), visit_case(0, 1, 1))),
        Stage("a short batch", "What is left at the end of an epoch is a batch too.",
              (visit_case(0, 17, 5), visit_case(0, 3, 7))),
        Stage("the epochs after", "Each starts with its own first batch.",
              (visit_case(1, 15, 5), visit_case(2, 17, 5), visit_case(35, 7, 3))),
        Stage("order", "Mixed, and mixed anew in every epoch.",
              (rows_case(ask.order, 35, 5, 3, words="n_rows 35, batch_size 5, three epochs"),)),
        Stage("any step", "A step gives the same rows whatever was asked before it.",
              (rows_case(ask.anywhere, 17, 5, 3, words="n_rows 17, batch_size 5, steps forwards and backwards"),)),
    ))

EXERCISES = [BUDGET_BATCHES, HIDE_TOKENS, HOLD_OUT_DOCUMENTS, ROWS_AT]
