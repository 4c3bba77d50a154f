"""JupyterLab as a learner meets it: the door is locked without the token, and a notebook runs from top to bottom."""

import lab
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}   # without it JupyterLab asks for one


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
