"""Whatever a learner's function does, check() gives one clear message; wrong use of its own doors gets one line."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pygpt.errors import PyGPTError
from pygpt.grading import check, exercises, hint, reference
from pygpt.grading.checking import SECONDS
from pygpt.grading.hints import hints_taken
from pygpt.in_numpy import functional

EXERCISES = exercises()


def by_id(exercise_id):
    return next(exercise for exercise in EXERCISES if exercise.id == exercise_id)


def loops_for_ever(*arguments):
    while True:
        try:
            sum(range(1000))
        except Exception:
            pass


def swallows_everything(*arguments):
    while True:
        try:
            arguments = arguments[::-1]
        except:   # noqa: E722 - learners write this
            pass


def swallows_once(*arguments):
    try:
        while True:
            pass
    except:   # noqa: E722
        return arguments[0]


def calls_itself(*arguments):
    return calls_itself(*arguments)


def divides_by_zero(dy, cache):
    total = 0
    return dy / len(cache) + 1 // total


def changes_its_input(dy, cache):
    dy -= (dy * cache).sum(-1, keepdims=True)
    return dy * cache


BAD_ANSWERS = {
    "None": (lambda dy, cache: None, "returned None"),
    "a list": (lambda dy, cache: [[1.0]], "dx should be a NumPy array, but it is a list"),
    "a text": (lambda dy, cache: "dx", "dx should be a NumPy array, but it is a str"),
    "wrong shape": (lambda dy, cache: np.zeros((2, 2)), "wrong shape"),
    "too many": (lambda dy, cache: (dy, cache), "a tuple of 2"),
    "nan": (lambda dy, cache: dy * np.nan, "contains nan"),
    "infinite": (lambda dy, cache: dy / np.zeros_like(dy), "values are wrong"),
    "objects": (lambda dy, cache: dy.astype(object), "wrong kind of number"),
    "complex": (lambda dy, cache: dy + 1j, "wrong kind of number"),
    "raises": (divides_by_zero, "ZeroDivisionError"),
    "exits": (lambda dy, cache: sys.exit(3), "SystemExit: 3"),
    "loops": (loops_for_ever, "still running after 0.3 seconds"),
    "loops and swallows": (swallows_everything, "still running after 0.3 seconds"),
    "loops and swallows once": (swallows_once, "still running after 0.3 seconds"),
    "recursion": (calls_itself, "calls itself without end"),
    "changes its input": (changes_its_input, "changed one of its inputs"),
    "one argument": (lambda dy: dy, "cannot be called as softmax_backward(dy, cache)"),
}


@pytest.mark.parametrize(("f", "words"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_bad_answers_get_one_clear_message(f, words):
    report = check("05.2", f, seconds=0.3)
    assert report.status == "failed" and words in report.failure.text
    assert words in repr(report)
    assert "Traceback" not in repr(report)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
@pytest.mark.parametrize("answer", [None, 0.0, "text", (), (None, None), (1, 2, 3), np.float64("nan"), [1, [2]],
                                    np.zeros((2, 2)), (np.zeros(3), np.zeros(3)), object()],
                         ids=lambda value: type(value).__name__)
def test_no_exercise_stumbles_over_nonsense(exercise, answer):
    report = check(exercise.id, lambda *arguments: answer)
    assert report.status == "failed" and report.failure.text and report._repr_html_()


def test_the_learners_line_is_shown():
    report = check("05.2", divides_by_zero)
    assert "return dy / len(cache) + 1 // total" in repr(report)


def test_nothing_is_left_to_interrupt_later():
    """A call that ends just as its time is up must not be struck down afterwards."""
    import time

    for _ in range(20):
        check("05.3", lambda n, m=None: time.sleep(0.01) or reference.causal_mask(n, m), seconds=0.01)
    for _ in range(1000):
        time.sleep(0.0001)


def test_a_failure_says_where_and_what_to_read():
    text = repr(check("05.2", lambda dy, cache: dy * cache))
    for words in ("one row", "dx[0, 0]", "got ", "expected ", "gradient without the row sum", "subtract the row's sum",
                  "05_attention.ipynb", "Softmax backward", 'hint("05.2")'):
        assert words in text


def test_an_unknown_wrong_answer_says_what_the_stage_looks_at():
    report = check("05.2", lambda dy, cache: cache + 7)
    assert not report.failure.mistake and report.failure.about in repr(report)


def test_stages_isolate():
    """Forgetting the mask leaves everything before the mask green."""
    mistake = next(m for m in by_id("05.4").mistakes if m.name == "mask ignored")
    stages = dict(check("05.4", mistake.answer).stages)
    assert [stages[name] for name in ("one token", "scores", "values", "scale")] == ["passed"] * 4
    assert stages["position 0"] == "failed" and stages["large scores"] == "passed"


def test_reports_are_deterministic_and_safe_html():
    first, second = (check("05.2", lambda dy, cache: dy * cache) for _ in range(2))
    assert repr(first) == repr(second) and first._repr_html_() == second._repr_html_()

    def raises(dy, cache):
        raise ValueError("<script>alert(1)</script>")
    assert "<script>" not in check("05.2", raises)._repr_html_()


def test_inputs_of_one_question_do_not_leak_into_the_next():
    kept = []

    def spoils_what_it_keeps(dy, cache):
        for array in kept:
            array[...] = np.nan
        kept.append(cache)
        return functional.softmax_backward(dy, cache)
    assert check("05.2", spoils_what_it_keeps)


# The doors -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("wrong", ["05.9", "5.2", "attention", "", None, 5.2])
def test_unknown_exercise_offers_the_nearest(wrong):
    for ask in (lambda: check(wrong, print), lambda: hint(wrong)):
        with pytest.raises(PyGPTError, match=r"unknown exercise .*; nearest allowed: .*\d\d\.\d"):
            ask()


@pytest.mark.parametrize("f", [np.zeros(3), None, "softmax_forward"])
def test_not_a_function(f):
    with pytest.raises(PyGPTError, match=r"write its name without brackets: check\('05.1', softmax_forward\)"):
        check("05.1", f)


def test_hints_come_one_at_a_time():
    exercise = by_id("11.2")
    assert [hint("11.2").text for _ in range(4)] == [*exercise.hints, exercise.hints[-1]]
    assert hints_taken()["11.2"] == 3
    assert hint("05.1", level=3).text == by_id("05.1").hints[2]
    assert "the concept" in repr(hint("05.1", level=1)) and "the concept" in hint("05.1", level=1)._repr_html_()
    with pytest.raises(PyGPTError, match="level=4; allowed: 1"):
        hint("05.1", level=4)


def test_importing_is_quick_and_light():
    code = "import sys, pygpt.grading; print(sorted({'torch', 'matplotlib', 'nbgrader', 'IPython'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_reference_shares_nothing_with_the_package():
    tree = ast.parse(Path(reference.__file__).read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported == {"math", "numpy"} and not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
    assert SECONDS >= 2   # a loaded machine must not turn a right answer into a time-out
