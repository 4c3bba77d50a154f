"""Every exercise: the solution passes, the empty stub has not started, each known mistake fails with its own hint."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygpt.grading import check, exercises, reference

ROOT = Path(__file__).parents[1]
EXERCISES = exercises()
MISTAKES = [(exercise, mistake) for exercise in EXERCISES for mistake in exercise.mistakes]
PARTS = [exercise for exercise in EXERCISES if exercise.part]
GRADIENTS = [exercise for exercise in EXERCISES if exercise.function.endswith("_backward")]


def in_float32(f):
    """The function, computing in float32 as most learners will."""
    def narrow(value):
        if isinstance(value, tuple):
            return tuple(narrow(part) for part in value)
        return value.astype("float32") if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value
    return lambda *arguments: narrow(f(*narrow(arguments)))


def scaled(factor, answer):
    """Every gradient of an answer times a factor."""
    if isinstance(answer, tuple):
        return tuple(scaled(factor, part) for part in answer)
    return None if answer is None else factor * answer


@pytest.fixture(scope="module")
def solutions():
    """{function name: function} out of the code cells of solutions/, which are the answers learners would write."""
    nbformat = pytest.importorskip("nbformat", reason="reading the solutions needs nbformat")
    found = {}
    for path in sorted((ROOT / "solutions").glob("*.ipynb")):
        names = {"display": lambda *_: None}
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code" and (cell.id == "setup" or cell.metadata.get("nbgrader", {}).get("solution")):
                exec(compile(cell.source, f"{path.name}:{cell.id}", "exec"), names)
        found |= names
    return found


# What decision 10 of the design asks of every exercise ---------------------------------------------------------------

@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_the_solution_passes(exercise, solutions):
    report = check(exercise.id, solutions[exercise.function])
    assert report, repr(report)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_the_reference_passes(exercise):
    assert check(exercise.id, exercise.reference)


@pytest.mark.parametrize("exercise", PARTS, ids=lambda e: e.id)
def test_the_package_itself_passes(exercise):
    report = check(exercise.id, exercise.finished())
    assert report, repr(report)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_float32_answers_pass(exercise, solutions):
    report = check(exercise.id, in_float32(solutions[exercise.function]))
    assert report, repr(report)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_the_stub_has_not_started(exercise):
    def stub(*arguments):
        raise NotImplementedError("your turn")
    report = check(exercise.id, stub)
    assert not report and report.status == "not started"
    assert "not started yet" in repr(report) and "not started yet" in report._repr_html_()


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=[f"{e.id} {m.answer.__name__}" for e, m in MISTAKES])
def test_each_mistake_fails_with_its_own_hint(exercise, mistake):
    report = check(exercise.id, mistake.answer)
    assert report.status == "failed"
    assert report.failure.mistake == mistake.name and report.failure.hint == mistake.hint
    text = " ".join(repr(report).split())
    assert mistake.name in text and mistake.hint in text


@pytest.mark.parametrize("exercise", GRADIENTS, ids=lambda e: e.id)
def test_gradients_of_zeros_fail(exercise):
    assert not check(exercise.id, lambda *arguments: scaled(0, exercise.reference(*arguments)))


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_an_exercise_is_complete(exercise):
    assert len(exercise.hints) == 3 and exercise.example and exercise.minutes
    assert exercise.signature.startswith(exercise.function + "(") and exercise.difficulty in ("easy", "medium", "hard")
    kinds = {(mistake.name, mistake.hint) for mistake in exercise.mistakes}   # one kind may come in several variants
    assert len(kinds) >= 4 and len({name for name, _ in kinds}) == len({hint for _, hint in kinds}) == len(kinds)
    assert len({stage.name for stage in exercise.stages}) == len(exercise.stages)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_the_section_to_reread_exists(exercise):
    notebook = ROOT / "notebooks" / f"{exercise.notebook}.ipynb"
    if not notebook.exists():
        pytest.skip(f"{notebook.name} is not written yet")
    import nbformat

    cells = nbformat.read(notebook, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    headings = re.findall(r"^#+ (?:\d+[.:)]? )?(.+?)\s*$", text, flags=re.MULTILINE)
    assert exercise.section in headings


# The references are right: against the forward pass alone, and against each other ------------------------------------

@settings(max_examples=30, deadline=None)
@given(rows=st.integers(1, 5), width=st.integers(1, 7), seed=st.integers(0, 10**6))
def test_softmax_reference_agrees_with_differences(rows, width, seed):
    x, dy = np.random.default_rng(seed).normal(size=(2, rows, width))
    slope = reference.central_differences(reference.softmax, x, dy)
    np.testing.assert_allclose(reference.softmax_gradient(dy, reference.softmax(x)), slope, atol=1e-8)


@settings(max_examples=15, deadline=None)
@given(n_query=st.integers(1, 4), more=st.integers(0, 3), width=st.integers(1, 4), seed=st.integers(0, 10**6))
def test_attention_reference_agrees_with_differences(n_query, more, width, seed):
    rng = np.random.default_rng(seed)
    q, dy = rng.normal(size=(2, n_query, width))
    k, v = rng.normal(size=(2, n_query + more, width))
    mask = reference.causal_mask(n_query, n_query + more)
    _, weights = reference.attention(q, k, v, mask)
    found = reference.attention_gradients(dy, q, k, v, weights)
    for gradient, place in zip(found, range(3), strict=True):
        def moved(array, place=place):
            inputs = [q, k, v]
            inputs[place] = array
            return reference.attention(*inputs, mask)[0]
        np.testing.assert_allclose(gradient, reference.central_differences(moved, (q, k, v)[place], dy), atol=1e-7)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 6), n_vocab=st.integers(1, 7), seed=st.integers(0, 10**6))
def test_cross_entropy_reference_agrees_with_differences(n, n_vocab, seed):
    rng = np.random.default_rng(seed)
    logits, targets = rng.normal(size=(n, n_vocab)), rng.integers(0, n_vocab, n)
    slope = reference.central_differences(lambda x: reference.cross_entropy(x, targets), logits)
    np.testing.assert_allclose(reference.cross_entropy_gradient(reference.softmax(logits), targets), slope, atol=1e-8)


@settings(max_examples=25, deadline=None)
@given(exercise=st.sampled_from(GRADIENTS),
       factor=st.one_of(st.floats(-3, 0.99), st.floats(1.01, 3)))
def test_a_gradient_off_by_any_factor_fails(exercise, factor):
    assert not check(exercise.id, lambda *arguments: scaled(factor, exercise.reference(*arguments)))
