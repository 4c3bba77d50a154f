"""Wrong answers to 18.3 hold_out_documents and 18.4 rows_at, each as people really write it."""

import numpy as np

from ..exercise import mistake, variant

HOLD_OUT_DOCUMENTS, ROWS_AT = [], []


# 18.3 ---------------------------------------------------------------------------------------------------------------

def count(share, n):
    return min(max(1, round(share * n)), n - 1)


def by_document(names, val):
    return ([i for i, name in enumerate(names) if name not in val], [i for i, name in enumerate(names) if name in val])


def draw(documents, n, seed):
    return {documents[i] for i in np.random.default_rng(seed).permutation(len(documents))[:n]}


@mistake(HOLD_OUT_DOCUMENTS, "drew pieces, not documents",
         "Pieces of one document are on both sides, so the model has read the neighbours of what it is tested on. Draw "
         "from the different names, then give all pieces of a name to the same side.")
def by_piece(names, share, seed):
    order = np.random.default_rng(seed).permutation(len(names))
    n = count(share, len(names))
    return sorted(order[n:].tolist()), sorted(order[:n].tolist())


@variant(HOLD_OUT_DOCUMENTS)
def every_nth_piece(names, share, seed):
    step = max(2, round(1 / share))
    return [i for i in range(len(names)) if i % step], list(range(0, len(names), step))


@mistake(HOLD_OUT_DOCUMENTS, "cut in the middle of a document",
         "You cut the list of pieces at one place. The document that lies across the cut is on both sides, and the "
         "rest of the choice is no draw at all. Draw among the documents.")
def cut_at_the_end(names, share, seed):
    cut = len(names) - count(share, len(names))
    return list(range(cut)), list(range(cut, len(names)))


@mistake(HOLD_OUT_DOCUMENTS, "one document in both parts",
         "The last document of one part is also the first of the other. Both slices must use the same border: "
         "order[:n] and order[n:].")
def overlap_of_one(names, share, seed):
    documents = sorted(set(names))
    order = [documents[i] for i in np.random.default_rng(seed).permutation(len(documents))]
    n = count(share, len(documents))
    train, val = set(order[n - 1:]), set(order[:n])
    return [i for i, name in enumerate(names) if name in train], [i for i, name in enumerate(names) if name in val]


@mistake(HOLD_OUT_DOCUMENTS, "a document in neither part",
         "One document is on no side: the border was counted twice. Both slices must use the same border: order[:n] "
         "and order[n:].")
def gap_of_one(names, share, seed):
    documents = sorted(set(names))
    order = [documents[i] for i in np.random.default_rng(seed).permutation(len(documents))]
    n = count(share, len(documents))
    train, val = set(order[n + 1:]), set(order[:n])
    return [i for i, name in enumerate(names) if name in train], [i for i, name in enumerate(names) if name in val]


@mistake(HOLD_OUT_DOCUMENTS, "the two parts swapped",
         "`share` is the share that is held out, and it landed in train. Return the large part first: train, val.")
def swapped(names, share, seed):
    documents = sorted(set(names))
    return by_document(names, draw(documents, count(share, len(documents)), seed))[::-1]


@mistake(HOLD_OUT_DOCUMENTS, "a part that can be empty",
         "With few documents share * n rounds to 0 or to n, and one part is left with nothing. Hold out at least one "
         "document and at most all but one.")
def empty_part(names, share, seed):
    documents = sorted(set(names))
    return by_document(names, draw(documents, round(share * len(documents)), seed))


@mistake(HOLD_OUT_DOCUMENTS, "rounded down",
         "int() and // cut off, so 1.9 documents become 1. Use round().")
def rounded_down(names, share, seed):
    documents = sorted(set(names))
    n = min(max(1, int(share * len(documents) - 1e-9)), len(documents) - 1)
    return by_document(names, draw(documents, n, seed))


@mistake(HOLD_OUT_DOCUMENTS, "another split in every run of Python",
         "A set has no order, and hash() of a text is another number whenever Python starts anew: the same seed would "
         "hold out other documents tomorrow. Sort the names, sorted(set(names)), and draw with a generator.")
def order_of_a_set(names, share, seed):
    documents = list(set(names))
    return by_document(names, draw(documents, count(share, len(documents)), seed))


@variant(HOLD_OUT_DOCUMENTS)
def chosen_by_hash(names, share, seed):
    documents = sorted(set(names), key=lambda name: hash((seed, name)))
    return by_document(names, set(documents[:count(share, len(documents))]))


@mistake(HOLD_OUT_DOCUMENTS, "depends on the order of the pieces",
         "You took the documents in the order in which they first turn up. The same text, sorted otherwise, would be "
         "split otherwise. Sort the names first.")
def order_of_appearance(names, share, seed):
    documents = list(dict.fromkeys(names))
    return by_document(names, draw(documents, count(share, len(documents)), seed))


@mistake(HOLD_OUT_DOCUMENTS, "seed ignored",
         "Every seed gives the same documents. Make the generator from it: np.random.default_rng(seed).")
def seed_ignored(names, share, seed):
    documents = sorted(set(names))
    return by_document(names, draw(documents, count(share, len(documents)), 0))


@variant(HOLD_OUT_DOCUMENTS)
def no_draw_at_all(names, share, seed):
    documents = sorted(set(names))
    return by_document(names, set(documents[-count(share, len(documents)):]))


# 18.4 ---------------------------------------------------------------------------------------------------------------

def per_epoch(n_rows, batch_size):
    return -(-n_rows // batch_size)


def part(order, place, batch_size):
    return order[place * batch_size:(place + 1) * batch_size]


@mistake(ROWS_AT, "each batch drawn by itself",
         "In an epoch some rows come twice and others never: every step mixed all rows anew. One order for the whole "
         "epoch, from the seed and the epoch's number, and a step takes its slice of it.")
def drawn_by_itself(step, n_rows, batch_size, seed):
    place = step % per_epoch(n_rows, batch_size)
    return part(np.random.default_rng([seed, step]).permutation(n_rows), place, batch_size)


@mistake(ROWS_AT, "drawn with replacement",
         "integers() may draw the same row twice, even within a batch. A permutation holds every row once.")
def with_replacement(step, n_rows, batch_size, seed):
    place = step % per_epoch(n_rows, batch_size)
    size = min(batch_size, n_rows - place * batch_size)
    return np.random.default_rng([seed, step]).integers(0, n_rows, size)


@mistake(ROWS_AT, "the last batch is lost",
         "n_rows // batch_size leaves out what does not fill a batch, so some rows never come in an epoch. Round up: "
         "-(-n_rows // batch_size).")
def last_batch_lost(step, n_rows, batch_size, seed):
    epoch, place = divmod(step, max(1, n_rows // batch_size))
    return part(np.random.default_rng([seed, epoch]).permutation(n_rows), place, batch_size)


@mistake(ROWS_AT, "an extra batch at the end of an epoch",
         "n_rows // batch_size + 1 is one too many where the rows divide evenly: the epoch ends with an empty batch. "
         "Round up: -(-n_rows // batch_size).")
def extra_batch(step, n_rows, batch_size, seed):
    epoch, place = divmod(step, n_rows // batch_size + 1)
    return part(np.random.default_rng([seed, epoch]).permutation(n_rows), place, batch_size)


@mistake(ROWS_AT, "a batch skipped",
         "You took the slice after the right one: step 0 is the first batch, not the second. The slice begins at place "
         "* batch_size.")
def skipped(step, n_rows, batch_size, seed):
    epoch, place = divmod(step + 1, per_epoch(n_rows, batch_size))
    return part(np.random.default_rng([seed, epoch]).permutation(n_rows), place, batch_size)


@mistake(ROWS_AT, "nothing after the first epoch",
         "After the first epoch the slice lies beyond the end, and it is empty. The place within the epoch is step % "
         "the number of batches.")
def no_second_epoch(step, n_rows, batch_size, seed):
    return part(np.random.default_rng([seed, 0]).permutation(n_rows), step, batch_size)


@mistake(ROWS_AT, "the same order in every epoch",
         "Each epoch has the same batches in the same order, so rows that meet once meet always. Let the epoch's "
         "number into the seed: default_rng([seed, epoch]).")
def same_every_epoch(step, n_rows, batch_size, seed):
    place = step % per_epoch(n_rows, batch_size)
    return part(np.random.default_rng(seed).permutation(n_rows), place, batch_size)


@mistake(ROWS_AT, "not mixed",
         "The rows come in the order of the text. Neighbours are alike, so a batch would be about one scene. Mix them: "
         "permutation(n_rows).")
def not_mixed(step, n_rows, batch_size, seed):
    return part(np.arange(n_rows), step % per_epoch(n_rows, batch_size), batch_size)


@mistake(ROWS_AT, "seed ignored",
         "Every seed gives the same order. The generator must be made from the seed and the epoch: "
         "default_rng([seed, epoch]).")
def no_seed(step, n_rows, batch_size, seed):
    epoch, place = divmod(step, per_epoch(n_rows, batch_size))
    return part(np.random.default_rng(epoch).permutation(n_rows), place, batch_size)


STATE = {}


@mistake(ROWS_AT, "remembers where it stands",
         "Asked out of order your function gives other rows: it keeps something between the calls. After a stop that "
         "memory is gone. Work out everything from step and seed.")
def remembers(step, n_rows, batch_size, seed):
    epoch, place = divmod(step, per_epoch(n_rows, batch_size))
    if place == 0 or (n_rows, batch_size, seed) not in STATE:   # a new order whenever an epoch seems to begin
        STATE[n_rows, batch_size, seed] = np.random.default_rng([seed, epoch]).permutation(n_rows)
    return part(STATE[n_rows, batch_size, seed], place, batch_size)
