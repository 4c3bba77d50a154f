"""An exercise as a learner solves it: open the notebook, hand in a common mistake, read why, then get it right."""

import lab
import pytest

NOTEBOOK = "exercises/05_attention.ipynb"
WITHOUT_THE_ROW_SUM = "def softmax_backward(dy, cache):\n    return cache * dy"
RIGHT = "def softmax_backward(dy, cache):\n    return cache * (dy - (dy * cache).sum(-1, keepdims=True))"


def test_an_exercise_is_solved_wrongly_and_then_rightly(server, page):
    if not (server.root / NOTEBOOK).exists():
        pytest.skip(f"{NOTEBOOK} is not built yet")
    cells = lab.read(server.root / NOTEBOOK)
    answer = lab.cell_index(cells, "def softmax_backward")
    check = lab.cell_index(cells, 'check("05.2"')
    lab.open_notebook(page, server, NOTEBOOK)
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
