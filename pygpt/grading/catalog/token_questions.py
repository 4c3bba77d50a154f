"""How answers of the tokenizer exercises are read: lists, pairs, counts and texts instead of arrays."""

import numbers

import numpy as np

from ..compare import describe
from ..runner import Trouble

KEPT = "the input afterwards"


def whole(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def is_pair(value):
    return isinstance(value, tuple) and len(value) == 2 and all(map(whole, value))


def ids_of(name, value):
    """An answer that should be a list of ids, as a list of plain ints; an array of whole numbers will do."""
    if value is None:
        raise Trouble("none", "your function returned None", "Its last line should be a `return` of the new list.")
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = value.tolist()
    if not isinstance(value, list):
        raise Trouble("structure", f"{name} should be a list of ids, but it is {describe(value)}",
                      "Start with an empty list, append to it, and return it.")
    for i in value:
        if not whole(i):
            raise Trouble("structure", f"{name} should hold ids, whole numbers, but it holds {i!r}",
                          "Every entry of the list is one id.")
    return [int(i) for i in value]


def changes_ids(name, f, ids, *rest):
    """Call f(ids, ...): the new list as a text, which shows short lists best, and the old one afterwards."""
    after = ids_of(name, f(ids, *rest))
    return {name: str(after), KEPT: str(ids)}


def long_list(name, f, ids, *rest):
    """The same for a long list: its length, then place by place."""
    after = ids_of(name, f(ids, *rest))
    return {f"length of {name}": len(after), name: np.array(after, dtype=int), KEPT: str(ids)}


def merged(f, ids, pair, new):
    return changes_ids("merged", f, ids, pair, new)


def long_merged(f, ids, pair, new):
    return long_list("merged", f, ids, pair, new)


def encoded(f, ids, ranks, results):
    return changes_ids("ids", f, ids, ranks, results)


def long_encoded(f, ids, ranks, results):
    return long_list("ids", f, ids, ranks, results)


def pair_table(f, texts):
    """The counts as a table: counts[3, 5] says how often the pair (3, 5) was found."""
    height = 1 + max([i for ids, _ in texts for i in ids], default=0)
    counts = f(texts)
    if counts is None:
        raise Trouble("none", "your function returned None", "Its last line should be `return counts`.")
    if not isinstance(counts, dict):
        raise Trouble("structure", f"counts should be a dictionary, but it is {describe(counts)}",
                      "A Counter, a defaultdict or a plain {} will do: {(a, b): how often}.")
    table = np.zeros((height, height), dtype=int)
    for pair, n in counts.items():
        if not is_pair(pair) or not all(0 <= i < height for i in pair):
            raise Trouble("structure", f"counts has the key {pair!r}, which is no pair of ids of this text",
                          "A key is a tuple of two neighbours, (ids[i], ids[i + 1]).")
        if not whole(n):
            raise Trouble("structure", f"the count of {pair} should be a whole number, but it is {n!r}",
                          "Count with whole numbers: counts[pair] += n.")
        table[pair] = n
    return {"counts": table, KEPT: str(texts)}


def chosen(f, counts):
    """The pair as a text, (3, 5), and the counts afterwards."""
    pair = f(counts)
    if pair is None:
        raise Trouble("none", "your function returned None", "Its last line should be a `return` of the pair.")
    if not is_pair(pair):
        shown = repr(pair) if isinstance(pair, tuple) else describe(pair)
        raise Trouble("structure", f"the answer should be a pair of ids, (a, b), but it is {shown}",
                      "Return the key of the dictionary, not its count.")
    return {"pair": str((int(pair[0]), int(pair[1]))), KEPT: str(counts)}


def read_back(f, ids, vocab):
    """The text as Python would write it, so that spaces and new lines are seen."""
    text = f(ids, vocab)
    if text is None:
        raise Trouble("none", "your function returned None", "Its last line should be `return text`.")
    if not isinstance(text, str):
        raise Trouble("structure", f"the answer should be a text (str), but it is {describe(text)}",
                      "Bytes become a text with .decode(...).")
    return {"text": repr(text)}


def cut_out(f, text, special, allowed):
    """The parts as Python would write them, or that the text was refused; and the special tokens afterwards."""
    try:
        parts = f(text, special, allowed)
    except ValueError:
        if allowed:
            raise
        return {"parts": "a ValueError", KEPT: str(special)}
    if parts is None:
        raise Trouble("none", "your function returned None", "Its last line should be `return parts`.")
    if not isinstance(parts, list):
        raise Trouble("structure", f"parts should be a list, but it is {describe(parts)}",
                      "Start with an empty list, append to it, and return it.")
    for part in parts:
        if not isinstance(part, str) and not whole(part):
            raise Trouble("structure", f"parts should hold texts and ids, but it holds {describe(part)}",
                          "A part is text, or the id of a special token: a str or an int.")
    return {"parts": str([part if isinstance(part, str) else int(part) for part in parts]), KEPT: str(special)}
