"""Call a learner's function with nothing left to chance: whatever it does, the outcome is an observation or a Trouble.

A watcher thread ends a call that takes too long by raising inside the thread that runs it; this needs no signals, so it
is the same on Linux, macOS and Windows and inside a Jupyter kernel. It is no security boundary: grading strangers' code
belongs in another process.
"""

import contextlib
import ctypes
import inspect
import linecache
import threading
import traceback
import warnings

import numpy as np

from .compare import describe


class Trouble(Exception):
    """An answer that has no numbers to compare: it raised, returned None, ran for ever, changed its input ..."""

    def __init__(self, kind, text, advice="", line=""):
        super().__init__(text)
        self.kind, self.text, self.advice, self.line = kind, text, advice, line

    def same_as(self, other):
        return isinstance(other, Trouble) and (self.kind, self.text) == (other.kind, other.text)


class TimeIsUp(BaseException):
    """Raised inside the learner's call by the watcher; not an Exception, so that `except Exception` lets it through."""


def observe(exercise, case, f, seconds):
    """Ask one question: {name: value} of what `f` answered, or the Trouble that came instead."""
    arguments = case.make()
    try:
        with quiet(), time_limit(seconds):
            if case.observe:
                answer = case.observe(f, *arguments)
            else:
                answer = unpack(exercise.outputs, f(*arguments), exercise.signature)
    except KeyboardInterrupt:
        raise
    except Trouble as trouble:
        return trouble
    except TimeIsUp:
        return Trouble("timeout", f"still running after {seconds:g} seconds, so it was stopped",
                       "Look for a loop whose end never comes: a `while` whose condition never turns false.")
    except BaseException as error:   # SystemExit too: nothing a learner's function does may end the check
        return explain_error(error, f, exercise, arguments)
    return changed_input(arguments, case.make()) or answer


def expected(exercise, case):
    """What a right answer gives: {name: value}, from the reference in float64 or the case's own expectation."""
    if case.expect:
        return case.expect(*case.make())
    answer = observe(exercise, case, exercise.reference, seconds=60)
    if isinstance(answer, Trouble):
        raise answer   # a fault in the catalogue, never the learner's
    return answer


@contextlib.contextmanager
def quiet():
    """No NumPy warnings: a report that says "nan" is clearer than a line on stderr."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def time_limit(seconds):
    """Raise TimeIsUp in this thread when the block runs longer than `seconds`, again and again until it gives way."""
    thread, lock, done, late = threading.get_ident(), threading.Lock(), threading.Event(), threading.Event()
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def watch():
        pause = seconds
        while not done.wait(pause):
            with lock:
                if not done.is_set():
                    late.set()
                    raise_in(ctypes.c_ulong(thread), ctypes.py_object(TimeIsUp))
            pause = 0.05   # a bare `except:` in the learner's loop swallows the first ones
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        while True:
            try:
                done.set()
                with lock:
                    raise_in(ctypes.c_ulong(thread), None)   # takes back one that was sent but has not arrived
                break
            except TimeIsUp:   # it arrived in these very lines
                continue
    if late.is_set():
        raise TimeIsUp   # it was swallowed, and whatever came back after it counts no more


def unpack(names, result, signature):
    """Name what was returned: ("y", "cache") and (a, b) -> {"y": a, "cache": b}; nested names for nested tuples."""
    if result is None:
        raise Trouble("none", "your function returned None",
                      f"Its last line should be a `return`: {signature}.")
    if isinstance(names, str):
        return {names: result}
    if not isinstance(result, (tuple, list)) or len(result) != len(names):
        raise Trouble("structure", f"expected {spell(names)}, but got {describe(result)}",
                      f"Return exactly what the signature says: {signature}.")
    named = {}
    for inner, value in zip(names, result, strict=True):
        if value is None:
            raise Trouble("none", f"{spell(inner)} is None", f"Return all of it: {signature}.")
        named |= unpack(inner, value, signature)
    return named


def spell(names):
    """("y", ("q", "k")) -> "(y, (q, k))"."""
    return names if isinstance(names, str) else f"({', '.join(map(spell, names))})"


def explain_error(error, f, exercise, arguments):
    """The Trouble for an exception in the learner's code, with the learner's own line."""
    frame = learners_frame(error, f)
    if isinstance(error, NotImplementedError) and frame is not None:
        return Trouble("not started", "not started yet", "Replace the line that raises NotImplementedError.")
    if isinstance(error, RecursionError):
        return Trouble("recursion", "your function calls itself without end", "Each call starts another; none returns.")
    if isinstance(error, TypeError) and not accepts(f, arguments):
        return Trouble("signature", f"your function cannot be called as {exercise.function}({exercise.arguments})",
                       f"Keep the first line as it was given: def {exercise.function}({exercise.arguments}):")
    text = " ".join(f"{type(error).__name__}: {error}".split())
    where = f"line {frame.lineno}: {frame.line}" if frame is not None else ""
    return Trouble("error", text, line=where)


def learners_frame(error, f):
    """The innermost traceback line that lies in the learner's own file or cell, or None."""
    code = getattr(inspect.unwrap(f), "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    mine = [frame for frame in frames if code is not None and frame.filename == code.co_filename]
    linecache.checkcache()
    return mine[-1] if mine else None


def accepts(f, arguments):
    try:
        inspect.signature(f).bind(*arguments)
    except TypeError:
        return False
    except ValueError:   # some callables written in C tell no signature
        return True
    return True


def changed_input(arguments, fresh):
    """A Trouble where an array among the arguments no longer equals its fresh copy, else None."""
    for now, before in zip(arguments, fresh, strict=False):
        if isinstance(before, tuple):
            trouble = changed_input(now, before)
            if trouble:
                return trouble
        elif isinstance(before, np.ndarray) and not (
                now.shape == before.shape and np.array_equal(now, before, equal_nan=before.dtype.kind == "f")):
            return Trouble("mutated", "your function changed one of its inputs in place",
                           "Others still need that array. Make a new one: `x = x - m`, not `x -= m`; or use x.copy().")
    return None
