"""Mine or finished: which parts of the package's GPT are the learner's own, and how they take their places."""

import importlib
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape

from ..errors import PyGPTError
from .compare import describe
from .exercise import exercises, find
from .report import EDGES, FAINT, NOT_STARTED, TINTS, box

FINISHED = "finished"

_mine = {}   # exercise id -> the learner's function, in this session


def use(exercise_id, f):
    """Make a part of the GPT yours, use("05.5", my_attention_backward), or finished again, use("05.5", "finished").

    Nothing changes until assemble() builds a GPT. Returns the list of parts. Raises PyGPTError for an exercise that is
    no part of a GPT, and for anything that cannot be called.
    """
    exercise = find(exercise_id)
    if not in_a_gpt(exercise):
        known = ", ".join(e.id for e in exercises() if in_a_gpt(e))
        raise PyGPTError(f"exercise {exercise_id} is no part of a GPT; those that are: {known}")
    if isinstance(f, str) and f == FINISHED:
        _mine.pop(exercise_id, None)
    elif callable(f):
        _mine[exercise_id] = f
    else:
        raise PyGPTError(f"use({exercise_id!r}, ...) needs your function or \"{FINISHED}\", but got {describe(f)}; "
                         f"for example use({exercise_id!r}, {exercise.function})")
    return parts()


def mine():
    """{exercise: the learner's function} in the order of the course."""
    return {find(exercise_id): _mine[exercise_id] for exercise_id in sorted(_mine)}


@dataclass(frozen=True, repr=False)
class Parts:
    """The parts that a GPT can be assembled from, and whose each is."""

    rows: tuple   # ((id, function, "mine" | "finished"), ...)

    def __repr__(self):
        return "\n".join(f"{number}  {function:26} {whose}" for number, function, whose in self.rows)

    def _repr_html_(self):
        own = [row for row in self.rows if row[2] != FINISHED]
        head = f"<b>{len(own)} of {len(self.rows)} parts are yours</b>"
        body = "".join(f"<div><code>{number}&nbsp; {escape(function)}</code></div>" for number, function, _ in own)
        if not own:
            body = f'<div style="{FAINT}">use("05.1", softmax_forward) makes the first one yours.</div>'
        return box(EDGES[NOT_STARTED], TINTS[NOT_STARTED], head + body)


def parts():
    """Every part that can be yours, and whether it is."""
    return Parts(tuple((e.id, e.function, "mine" if e.id in _mine else FINISHED) for e in exercises() if in_a_gpt(e)))


def in_a_gpt(exercise):
    """Whether a GPT calls this part while it trains, and two right answers give the same numbers.

    Tools are no parts, and what draws random numbers may draw others and be right.
    """
    inside = exercise.part.startswith(("pygpt.in_numpy.", "pygpt.tables.")) and ".gradcheck." not in exercise.part
    return inside and "rng" not in exercise.arguments


class Exchanged:
    """A learner's function in the place of the finished one. Called from inside itself it is the finished one.

    So a function that adds something to the package's own does not run in a circle.
    """

    def __init__(self, f, finished):
        self.f, self.finished = f, finished
        self.called = False
        self._inside = threading.local()   # the batch is split over threads

    def __call__(self, *args, **kwargs):
        if getattr(self._inside, "yes", False):
            return self.finished(*args, **kwargs)
        self.called = self._inside.yes = True
        try:
            return self.f(*args, **kwargs)
        finally:
            self._inside.yes = False


@contextmanager
def installed(functions):
    """{exercise: function}: while the context lasts, all of the package but the grader calls these.

    Yields {exercise: Exchanged}. It holds for the whole process, so train in one place at a time.
    """
    exchanged = {exercise: Exchanged(f, exercise.finished()) for exercise, f in functions.items()}
    places = [(vars(module), name, new) for new in exchanged.values() for module in users()
              for name, value in list(vars(module).items()) if value is new.finished]
    try:
        for names, name, new in places:
            names[name] = new
        yield exchanged
    finally:
        for names, name, new in places:
            names[name] = new.finished


def users():
    """The package's modules that may call a part: all that are loaded, but for the grader's own."""
    importlib.import_module("pygpt.in_numpy.engine")
    return [module for name, module in list(sys.modules.items())
            if name.startswith("pygpt.") and not name.startswith("pygpt.grading") and module is not None]
