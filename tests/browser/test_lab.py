"""JupyterLab as a learner meets it: a locked door without the token, a notebook run, an exercise solved."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.browser import lab

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}   # without it JupyterLab asks for one
EXERCISES = "exercises/05_attention.ipynb"
WITHOUT_THE_ROW_SUM = "def softmax_backward(dy, cache):\n    return cache * dy"
RIGHT = "def softmax_backward(dy, cache):\n    return cache * (dy - (dy * cache).sum(-1, keepdims=True))"


@pytest.fixture
def small_notebook(server, request):
    """Long enough that its end is out of view, so that run_all and locate have something to do."""
    cells = [new_markdown_cell("# Small"), new_code_cell("x = 20 + 1"), new_code_cell("print('twice', 2 * x)")]
    cells += [new_markdown_cell(f"## Part {number}\n\n" + "words " * 300) for number in range(20)]
    cells += [new_code_cell("answer = None"), new_code_cell("print('right' if answer == 42 else 'wrong')")]
    path = server.root / f"{request.node.name}.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), path)
    return path.name


def test_without_the_token_nothing_is_served(server):
    assert server.answers("/api/contents") == 403
    assert server.answers("/api/contents", "wrong") == 403
    assert server.answers("/api/contents", server.token) == 200


def test_a_notebook_runs_from_top_to_bottom(server, page, small_notebook):
    lab.open_notebook(page, server, small_notebook)
    notebook = lab.run_all(page, server, small_notebook)
    assert lab.errors_in(notebook) == []
    assert "".join(notebook["cells"][2]["outputs"][0]["text"]) == "twice 42\n"
    lab.screenshot(page, "small")


def test_a_cell_out_of_view_is_changed_and_run(server, page, small_notebook):
    lab.open_notebook(page, server, small_notebook)
    notebook = lab.read(server.root / small_notebook)
    answer = lab.cell_index(notebook, "answer = None")
    lab.run_cell(page, answer)
    assert lab.run_cell(page, answer + 1) == "wrong"
    lab.set_cell_source(page, answer, "answer = 42")
    lab.run_cell(page, answer)
    assert lab.run_cell(page, answer + 1) == "right"


def test_an_exercise_is_solved_wrongly_and_then_rightly(server, page):
    """Hand in a common mistake, read why it is wrong, then get it right."""
    if not (server.root / EXERCISES).exists():
        pytest.skip(f"{EXERCISES} is not built yet")
    cells = lab.read(server.root / EXERCISES)
    answer = lab.cell_index(cells, "def softmax_backward")
    check = lab.cell_index(cells, 'check("05.2"')
    lab.open_notebook(page, server, EXERCISES)
    lab.run_cell(page, lab.cell_index(cells, "from pygpt.grading import check"))

    lab.run_cell(page, answer)                # the stub, as it was handed out
    assert "05.2 softmax_backward: not started yet" in lab.run_cell(page, check)

    lab.set_cell_source(page, answer, WITHOUT_THE_ROW_SUM)
    assert lab.run_cell(page, answer) == ""
    verdict = lab.run_cell(page, check)
    assert "✗ 05.2" in verdict and "row sum" in verdict and "Softmax backward" in verdict
    lab.screenshot(page, "exercise_wrong")

    lab.set_cell_source(page, answer, RIGHT)
    assert lab.run_cell(page, answer) == ""
    verdict = lab.run_cell(page, check)
    assert "✓ 05.2" in verdict and "✗" not in verdict and "Error" not in verdict
    lab.screenshot(page, "exercise_right")
