"""solutions/ and exercises/: in step, valid for nbgrader, and an unsolved notebook greets its reader kindly."""

import json
import shutil
from pathlib import Path

import pytest

from pygpt.errors import PyGPTError
from pygpt.grading import exercises
from pygpt.grading.release import STUB, build

nbformat = pytest.importorskip("nbformat", reason="reading notebooks needs nbformat")
pytest.importorskip("nbgrader", reason="building exercises needs nbgrader")

ROOT = Path(__file__).parents[1]
NAMES = sorted(path.name for path in (ROOT / "solutions").glob("*.ipynb"))


def read(folder, name):
    return nbformat.read(ROOT / folder / name, as_version=4)


def marks(cell):
    return cell.metadata.get("nbgrader", {})


def test_exercises_are_in_step_with_solutions():
    changed = [str(path) for path in build(ROOT, check=True)]
    assert not changed, f"run `pygpt exercises build`; out of step: {changed}"


@pytest.fixture
def course(tmp_path):
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions")
    assert len(build(tmp_path)) == len(NAMES)
    return tmp_path


def test_building_twice_changes_nothing(course):
    assert build(course) == [] and build(course, check=True) == []


def test_check_finds_a_change_and_writes_nothing(course):
    target = course / "exercises" / NAMES[0]
    spoiled = target.read_text(encoding="utf-8").replace(STUB.split("(")[0], "return NotImplementedError")
    target.write_text(spoiled, encoding="utf-8")
    (course / "exercises" / "99_stray.ipynb").write_text("{}", encoding="utf-8")
    assert [path.name for path in build(course, check=True)] == [NAMES[0], "99_stray.ipynb"]
    assert target.read_text(encoding="utf-8") == spoiled


def test_somebodys_answers_are_not_overwritten(course):
    target = course / "exercises" / NAMES[0]
    notebook = json.loads(target.read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution"))
    cell["source"] = ["def softmax_forward(x):\n", "    return x, x\n"]
    target.write_text(json.dumps(notebook), encoding="utf-8")
    with pytest.raises(PyGPTError, match="holds somebody's answers"):
        build(course)
    assert json.loads(target.read_text(encoding="utf-8")) == notebook


def test_a_broken_source_is_named(course):
    source = course / "solutions" / NAMES[0]
    source.write_text(source.read_text(encoding="utf-8").replace("### END SOLUTION", "###"), encoding="utf-8")
    with pytest.raises(PyGPTError, match=f"cannot take the answers out of .*{NAMES[0]}"):
        build(course)


def test_missing_nbgrader_says_what_to_install(course, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "nbgrader", None)
    with pytest.raises(PyGPTError, match="pip install 'pygpt-course"):
        build(course)


@pytest.mark.parametrize("name", NAMES)
def test_no_answer_is_left(name):
    solved, unsolved = read("solutions", name), read("exercises", name)
    assert [cell.id for cell in solved.cells] == [cell.id for cell in unsolved.cells]
    text = "\n".join(cell.source for cell in unsolved.cells)
    answers = [cell for cell in solved.cells if marks(cell).get("solution")]
    assert text.count(STUB) == len(answers) and "SOLUTION" not in text
    for cell in answers:
        body = cell.source.split("### BEGIN SOLUTION")[1].split("### END SOLUTION")[0]
        assert body.strip() and body.strip() not in text
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in unsolved.cells)


def test_every_exercise_has_its_three_cells():
    found = {}
    for name in NAMES:
        cells = read("solutions", name).cells
        found |= {marks(cell)["grade_id"]: (name, cell) for cell in cells if marks(cell)}
    for exercise in exercises():
        for kind, part in (("task", f"task_{exercise.function}"), ("answer", exercise.function),
                           ("check", f"check_{exercise.function}")):
            assert part in found, f"{exercise.id} lacks its {kind} cell"
            assert found[part][0] == f"{exercise.notebook}.ipynb"
        task, checking = found[f"task_{exercise.function}"][1].source, found[f"check_{exercise.function}"][1]
        for words in (exercise.id, exercise.title, exercise.difficulty, f"{exercise.minutes} minutes", exercise.section,
                      exercise.signature, "By hand"):
            assert words in task, f"{exercise.id}: the task does not say {words!r}"
        assert f'check("{exercise.id}", {exercise.function})' in checking.source and "assert report" in checking.source
        assert marks(checking)["points"] > 0 and marks(checking)["grade"] and not marks(checking)["solution"]


def run(notebook, cells):
    nbclient = pytest.importorskip("nbclient", reason="running a notebook needs nbclient")
    notebook.cells = cells
    return nbclient.NotebookClient(notebook, timeout=120, allow_errors=True, record_timing=False).execute().cells


@pytest.mark.parametrize("name", NAMES)
def test_an_unsolved_notebook_says_not_started(name):
    notebook = read("exercises", name)
    first = next(i for i, cell in enumerate(notebook.cells) if marks(cell).get("grade"))
    cells = [cell for cell in run(notebook, notebook.cells[:first + 1]) if cell.cell_type == "code"]
    assert not any(cell.outputs for cell in cells[:-1])
    shown, error = cells[-1].outputs
    assert "not started yet" in shown.data["text/plain"] and "not started yet" in shown.data["text/html"]
    assert error.ename == "AssertionError" and "not started yet" in error.evalue


def test_nbgrader_scores_right_and_wrong_answers():
    """The grade of a check cell: all points when solved, none when wrong or not started."""
    from nbgrader.utils import determine_grade

    notebook = read("solutions", "05_attention.ipynb")
    for cell in notebook.cells:
        if marks(cell).get("grade_id") == "softmax_backward":
            cell.source = "def softmax_backward(dy, cache):\n    return dy * cache\n"
        if marks(cell).get("grade_id") == "causal_mask":
            cell.source = f"def causal_mask(n_query, n_key=None):\n    {STUB}\n"
    cells = [cell for cell in notebook.cells if marks(cell) or cell.id == "setup"]
    scored = [cell for cell in run(notebook, cells) if marks(cell).get("grade")]
    grades = {marks(cell)["grade_id"]: determine_grade(cell) for cell in scored}
    assert grades == {"check_softmax_forward": (2, 2), "check_softmax_backward": (0, 3), "check_causal_mask": (0, 2),
                      "check_attention_forward": (3, 3), "check_attention_backward": (0, 5)}
