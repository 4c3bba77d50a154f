"""Compare what a function returned with what was expected, and say in words where the two first part.

The tolerance lets a float32 answer pass and no wrong formula: 1e-4 of each value plus 1e-5 of the largest one.
"""

import numbers
from dataclasses import dataclass

import numpy as np

RELATIVE, TO_LARGEST = 1e-4, 1e-5


@dataclass(frozen=True)
class Difference:
    """The first thing wrong with one output."""

    name: str               # which output: "dq"
    text: str               # one sentence
    index: tuple | None = None
    got: str = ""
    expected: str = ""

    @property
    def place(self):
        """The wrong entry as NumPy would write it, "dq[0, 2]"; a name of several words stands apart: "a b, [0, 2]"."""
        if not self.index:
            return self.name
        return f"{self.name}{', ' if ' ' in self.name else ''}[{', '.join(map(str, self.index))}]"


def first_difference(observed, expected, look=()):
    """The first Difference between two dicts {name: value}, or None. `look` limits the names compared."""
    for name in look or expected:
        difference = compare(name, observed[name], expected[name])
        if difference:
            return difference
    return None


def agree(observed, expected, look=()):
    """Do two observations tell the same story? Used to recognise a known mistake, NaNs included."""
    return first_difference(observed, expected, look) is None


def compare(name, got, expected):
    """The Difference between two values, or None. Checks type, then shape, then kind of number, then each value."""
    if np.ndim(expected) == 0:
        return compare_number(name, got, expected)
    if not isinstance(got, np.ndarray):
        return Difference(name, f"{name} should be a NumPy array, but it is {describe(got)}")
    if got.shape != np.shape(expected):
        return Difference(name, f"{name} has the wrong shape", got=str(got.shape), expected=str(np.shape(expected)))
    wanted = np.asarray(expected).dtype
    if not kind_fits(got.dtype, wanted):
        text = f"{name} holds the wrong kind of number"
        return Difference(name, text, got=str(got.dtype), expected=kind_name(wanted))
    return compare_values(name, got, np.asarray(expected))


def compare_number(name, got, expected):
    if isinstance(expected, str):
        wrong = got != expected
    elif isinstance(expected, (bool, np.bool_)):
        wrong = bool(got) != bool(expected)
    elif not isinstance(got, numbers.Real | np.ndarray) or isinstance(got, bool) or np.size(got) != 1:
        return Difference(name, f"{name} should be one number, but it is {describe(got)}")
    else:
        return compare_values(name, np.asarray(got).reshape(()), np.asarray(expected))
    return Difference(name, f"{name} is wrong", got=str(got), expected=str(expected)) if wrong else None


def compare_values(name, got, expected):
    wrong = ~close(got, expected)
    if not wrong.any():
        return None
    nan = wrong & np.isnan(got)
    index = tuple(int(i) for i in np.argwhere(nan if nan.any() else wrong)[0])
    count = f"{int(wrong.sum())} of {wrong.size} values are wrong" if wrong.size > 1 else f"{name} is wrong"
    text = f"{name} contains nan, 'not a number'; {count}" if nan.any() else count
    return Difference(name, text, index, number(got[index]), number(expected[index]))


def close(got, expected):
    """Elementwise: equal within the tolerance; nan equals nan, inf equals inf of the same sign."""
    got, expected = got.astype(float), expected.astype(float)
    finite = np.isfinite(expected)
    largest = np.abs(expected[finite]).max(initial=0.0)
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(got - expected) <= RELATIVE * np.abs(expected) + TO_LARGEST * largest
    return np.where(finite, near, (got == expected) | (np.isnan(got) & np.isnan(expected)))


def kind_fits(got, wanted):
    """Floats where floats are wanted (whole numbers will do), whole numbers for ids, bools for bools."""
    return got.kind in {"f": "fiu", "i": "iu", "u": "iu", "b": "b"}[wanted.kind]


def kind_name(dtype):
    return {"f": "floats", "i": "whole numbers", "u": "whole numbers", "b": "True and False"}[dtype.kind]


def number(value):
    """A value as a person would write it down: six digits, no trailing zeros."""
    return str(value) if isinstance(value, (bool, np.bool_)) else format(float(value), ".6g")


def describe(value):
    """What a returned thing is, in a few words: "an array (3, 5)", "a tuple of 2", "a torch.Tensor", "None"."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array {value.shape}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    kind = type(value)
    full = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.split('.')[0]}.{kind.__name__}"
    return f"{'an' if full[0] in 'aeiou' else 'a'} {full}"
