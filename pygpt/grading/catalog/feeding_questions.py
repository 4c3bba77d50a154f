"""How answers of the data exercises are read: row numbers, hidden tokens, splits. Chance is told in shares."""

import zlib

import numpy as np

from ..compare import describe
from ..runner import Trouble, unpack

NO_TARGET = -100
HIDE = "hide_tokens(ids, vocab_size, mask_id, rng, rate, special) -> (inputs, targets)"
SPLIT = "hold_out_documents(names, share, seed) -> (train, val)"


def row_numbers(name, value):
    """A list or array of whole numbers as a list of plain ints."""
    value = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(value, (list, tuple)):
        raise Trouble("structure", f"{name} should be a list of row numbers, but it is {describe(value)}",
                      "A list or an array of whole numbers will do.")
    for i in value:
        if isinstance(i, bool) or not isinstance(i, (int, np.integer)):
            raise Trouble("structure", f"{name} should hold whole numbers, but it holds {describe(i)}",
                          "Every entry says which row, 0 for the first.")
    return [int(i) for i in value]


# 18.1 ---------------------------------------------------------------------------------------------------------------

def in_batches(value):
    if value is None:
        raise Trouble("none", "your function returned None", "Its last line should be `return batches`.")
    if not isinstance(value, (list, tuple)):
        raise Trouble("structure", f"batches should be a list of lists, but it is {describe(value)}",
                      "Collect the finished batches in a list, and return it.")
    return [row_numbers("a batch", batch) for batch in value]


def as_text(f, lengths, max_tokens):
    """All batches as Python writes them: [[0, 2], [1]]."""
    return {"batches": str(in_batches(f(lengths, max_tokens)))}


def by_place(f, lengths, max_tokens):
    """Many batches: how many rows each has, then all rows one after the other."""
    batches = in_batches(f(lengths, max_tokens))
    return {"rows in each batch": np.array([len(batch) for batch in batches], dtype=int),
            "all rows": np.array([row for batch in batches for row in batch], dtype=int)}


def refusal(f, lengths, max_tokens):
    """What happens to a row that fits no batch."""
    try:
        answer = str(in_batches(f(lengths, max_tokens)))
    except ValueError:
        answer = "ValueError"
    return {"a row longer than max_tokens gives": answer}


# 18.2 ---------------------------------------------------------------------------------------------------------------

def hidden(f, ids, *rest):
    """(inputs, targets) of one call, arrays of whole numbers in the shape of ids."""
    answer = unpack(("inputs", "targets"), f(ids, *rest), HIDE)
    for name, array in answer.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "iu":
            raise Trouble("kind", f"{name} should be an array of whole numbers, but it is {describe(array)}",
                          "Ids stay whole numbers: choose between two arrays with np.where.")
        if array.shape != ids.shape:
            raise Trouble("shape", f"{name} has shape {array.shape}, expected {ids.shape}", "Both are shaped like ids.")
    return answer["inputs"], answer["targets"]


def near(share, wanted):
    return bool(abs(share - wanted) < 0.02)


def what_is_asked(f, ids, *rest):
    """The target of a place is its own id or none; a place without a target shows its id."""
    inputs, targets = hidden(f, ids, *rest)
    chosen = targets != NO_TARGET
    return {"a target is the id that stood there, or -100": bool((targets[chosen] == ids[chosen]).all()),
            "some places have no target": bool((~chosen).any()),
            "a place without a target is unchanged": bool((inputs[~chosen] == ids[~chosen]).all()),
            "most places with a target are changed": bool((inputs[chosen] != ids[chosen]).mean() > 0.5)}


def how_many(f, ids, vocab_size, mask_id, rng, rate, special):
    _, targets = hidden(f, ids, vocab_size, mask_id, rng, rate, special)
    free = ~np.isin(ids, special)
    return {f"about {100 * rate:.0f} % of the places have a target": near((targets != NO_TARGET)[free].mean(), rate)}


def fates(f, ids, vocab_size, mask_id, *rest):
    """What stands now where something was hidden. Ids are 0, random tokens are hardly ever."""
    inputs, targets = hidden(f, ids, vocab_size, mask_id, *rest)
    shown = inputs[targets != NO_TARGET]
    return {"about 80 % of the targets show the mask": near((shown == mask_id).mean(), 0.8),
            "about 10 % of the targets show what they are": near((shown == 0).mean(), 0.1),
            "about 10 % of the targets show another token": near(((shown != mask_id) & (shown != 0)).mean(), 0.1)}


def others(f, ids, vocab_size, mask_id, *rest):
    """Which tokens turn up that are neither the mask nor what stood there."""
    inputs, targets = hidden(f, ids, vocab_size, mask_id, *rest)
    strange = inputs[(targets != NO_TARGET) & (inputs != mask_id) & (inputs != ids)]
    return {"all are tokens, 0 to vocab_size - 1": bool(((strange >= 0) & (strange < vocab_size)).all()),
            "every token turns up": len(np.unique(strange)) >= vocab_size - 1}


def specials(f, ids, vocab_size, mask_id, rng, rate, special):
    inputs, targets = hidden(f, ids, vocab_size, mask_id, rng, rate, special)
    kept = np.isin(ids, special)
    return {"no special token is a target": bool((targets[kept] == NO_TARGET).all()),
            "every special token is shown": bool((inputs[kept] == ids[kept]).all()),
            "the share among the others": near((targets != NO_TARGET)[~kept].mean(), rate)}


def places(f, ids, vocab_size, mask_id, rng, rate, special):
    """Chance that is real, and that comes from rng alone."""
    def ask():
        return hidden(f, ids, vocab_size, mask_id, rng, rate, special)[1] != NO_TARGET
    state = rng.bit_generator.state
    first, second = ask(), ask()
    rng.bit_generator.state = state
    again = ask()
    return {"rows hide different places": bool((first != first[:1]).any()),
            "the next call hides other places": not np.array_equal(first, second),
            "rng in the same state hides the same places": np.array_equal(first, again)}


# 18.3 ---------------------------------------------------------------------------------------------------------------

class Name(str):
    """A name whose hash is another one in every run of Python, as that of a str is; here a run is `salt`."""

    salt = 0

    def __hash__(self):
        return zlib.crc32(f"{self.salt} {str.__str__(self)}".encode())

    __eq__ = str.__eq__


def in_run(salt, names):
    found = [Name(name) for name in names]
    for name in found:
        name.salt = salt
    return found


def parts(f, names, share, seed):
    """(train, val) as lists of numbers; each must be the number of a piece."""
    answer = unpack(("train", "val"), f(names, share, seed), SPLIT)
    for name, numbers in answer.items():
        answer[name] = row_numbers(name, numbers)
        if any(not 0 <= i < len(names) for i in answer[name]):
            raise Trouble("foreign", f"{name} holds a number that is no piece; allowed: 0 to {len(names) - 1}",
                          "Return the numbers of the pieces, not the pieces or the documents.")
    return answer["train"], answer["val"]


def held_out(f, names, share, seed):
    return {str(names[i]) for i in parts(f, names, share, seed)[1]}


def sides(f, names, share, seed):
    """Every piece once, and no document on both sides."""
    train, val = parts(f, names, share, seed)
    both = {names[i] for i in train} & {names[i] for i in val}
    return {"documents with pieces on both sides": len(both),
            "pieces on no side": len(set(range(len(names))) - set(train) - set(val)),
            "pieces counted twice": len(train) + len(val) - len(set(train + val))}


def sizes(f, names, share, seed):
    train, val = parts(f, names, share, seed)
    return {"documents in val": len({names[i] for i in val}), "documents in train": len({names[i] for i in train})}


def repeats(f, names, share, seed):
    """The seed decides, and nothing else: not the order of the pieces, not the run of Python."""
    first = held_out(f, in_run(0, names), share, seed)
    return {"the same call gives the same documents": held_out(f, in_run(0, names), share, seed) == first,
            "pieces in another order give the same documents":
                held_out(f, in_run(0, names[::-1]), share, seed) == first,
            "another run of Python gives the same documents": all(
                held_out(f, in_run(salt, names), share, seed) == first for salt in (1, 2, 3, 5)),
            "another seed can give other documents": any(
                held_out(f, in_run(0, names), share, seed + more) != first for more in range(1, 9))}


def first_is_free(f, names, share, seed):
    """Over many seeds, is every document held out at some time?"""
    found = set().union(*(held_out(f, names, share, seed + more) for more in range(80)))
    return {"documents that are never held out": len(set(map(str, names)) - found)}


# 18.4 ---------------------------------------------------------------------------------------------------------------

def rows(f, step, n_rows, batch_size, seed):
    found = row_numbers("rows", f(step, n_rows, batch_size, seed))
    if any(not 0 <= row < n_rows for row in found):
        strangest = max(found, key=lambda row: abs(row - n_rows / 2))
        raise Trouble("foreign", f"rows holds {strangest}; allowed: 0 to {n_rows - 1}",
                      "Rows are numbered from 0 to n_rows - 1.")
    return found


def epoch(f, number, n_rows, batch_size, seed):
    """All rows of one epoch, batch by batch."""
    per = -(-n_rows // batch_size)
    return [rows(f, number * per + i, n_rows, batch_size, seed) for i in range(per)]


def visits(f, number, n_rows, batch_size, seed):
    batches = epoch(f, number, n_rows, batch_size, seed)
    seen = np.bincount(np.array([row for batch in batches for row in batch], dtype=int), minlength=n_rows)
    return {"rows in each batch": np.array([len(batch) for batch in batches], dtype=int),
            "how often each row comes in an epoch": seen}


def order(f, n_rows, batch_size, seed):
    """Mixed, and mixed anew in every epoch and for every seed."""
    first, second, third = (sum(epoch(f, number, n_rows, batch_size, seed), []) for number in range(3))
    other = sum(epoch(f, 0, n_rows, batch_size, seed + 1), [])
    return {"the rows are mixed": first != sorted(first), "each epoch mixes anew": first != second != third != first,
            "another seed mixes otherwise": first != other}


def anywhere(f, n_rows, batch_size, seed):
    """A step asked alone, after a stop, gives what it gave in the run."""
    per = -(-n_rows // batch_size)
    straight = [rows(f, step, n_rows, batch_size, seed) for step in range(2 * per + 1)]
    jumped = [rows(f, step, n_rows, batch_size, seed) for step in reversed(range(2 * per + 1))]
    return {"steps that change when they are asked out of order": sum(
        a != b for a, b in zip(straight, jumped[::-1], strict=True))}
