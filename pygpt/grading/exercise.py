"""What an exercise is made of, and the register that finds one by its id.

An exercise is checked in stages, each isolating one idea. A stage holds cases; a case builds fresh inputs and says what
to look at. Mistakes are real wrong answers: a learner's answer that agrees with one gets that mistake's name and hint.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import PyGPTError, unknown
from . import catalog


@dataclass(frozen=True)
class Case:
    """One question to the learner's function."""

    label: str                          # shown to the learner: "x (3, 5)"
    make: Callable                      # () -> arguments, fresh on every call and always equal
    look: tuple = ()                    # names of the outputs compared; empty means all
    observe: Callable | None = None     # (f, *arguments) -> {name: value}; None: call once, name the outputs
    expect: Callable | None = None      # (*arguments) -> {name: value}; None: observe the reference


@dataclass(frozen=True)
class Stage:
    """One idea of an exercise, and the cases that test it alone as far as that can be done."""

    name: str
    about: str      # one sentence: what a failure here means
    cases: tuple


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that many people give, with what a good teacher would say to it."""

    name: str
    hint: str
    answer: Callable


@dataclass(frozen=True)
class Exercise:
    id: str                 # "05.2": notebook, then number
    title: str
    function: str           # the name the learner writes
    signature: str          # "softmax_backward(dy, cache) -> dx"
    difficulty: str         # easy | medium | hard
    minutes: int
    notebook: str           # file in notebooks/, without its ending
    section: str            # heading of that notebook to reread
    hints: tuple            # concept, place, line
    example: str            # a tiny case worked by hand
    outputs: object         # names of what is returned: "dx", or nested tuples ("y", ("q", "k", "v", "weights"))
    reference: Callable = field(repr=False)
    stages: tuple = field(repr=False)
    mistakes: tuple = field(repr=False)
    part: str = ""          # the finished version, "pygpt.in_numpy.functional.softmax_backward", if it is called alike

    def finished(self):
        """The package's own function for this part of a GPT, or None."""
        module, _, name = self.part.rpartition(".")
        return getattr(importlib.import_module(module), name) if module else None

    @property
    def arguments(self):
        """How the check calls the function: "dy, cache"."""
        return self.signature[self.signature.index("(") + 1:self.signature.index(")")]

    def cases(self):
        """(stage, case) of every stage, in order."""
        return [(stage, case) for stage in self.stages for case in stage.cases]


def mistake(collected, name, hint):
    """Decorator: the function below is a wrong answer; add it to the list `collected` with its name and hint."""
    def add(answer):
        collected.append(Mistake(name, hint, answer))
        return answer
    return add


def variant(collected):
    """Decorator: the function below makes the last mistake in `collected` in another way; the same name and hint."""
    return mistake(collected, collected[-1].name, collected[-1].hint)


def exercises(notebook=None):
    """All exercises in the order of the course, or those of one notebook: exercises("05_attention")."""
    found = []
    for module in pkgutil.iter_modules(catalog.__path__, f"{catalog.__name__}."):
        found += getattr(importlib.import_module(module.name), "EXERCISES", ())   # the others hold wrong answers
    return sorted((e for e in found if notebook in (None, e.notebook)), key=lambda e: e.id)


def find(exercise_id):
    """The exercise with this id; PyGPTError with the nearest ids where there is none."""
    known = {exercise.id: exercise for exercise in exercises()}
    if exercise_id not in known:
        raise PyGPTError(unknown("exercise", exercise_id, known))
    return known[exercise_id]
