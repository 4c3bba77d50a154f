"""The attention lesson in JupyterLab: it runs to its end, and its widget answers the mouse and the slider."""

from tests.browser import lab

NOTEBOOK = "notebooks/05_attention.ipynb"


def shares(widget):
    """What the reader sees under each word: the style sheet counts it out, so it is in no element's text."""
    return widget.locator("span").evaluate_all(
        "all => all.map(e => Number(getComputedStyle(e).counterReset.replace(/[^0-9]/g, '')))")


def marked(widget):
    """The words with a visible border."""
    return widget.locator("span").evaluate_all(
        "all => all.filter(e => getComputedStyle(e).borderColor != 'rgba(0, 0, 0, 0)').map(e => e.innerText)")


def test_the_lesson_runs_and_the_widget_answers(server, page):
    lab.open_notebook(page, server, NOTEBOOK)
    notebook = lab.run_all(page, server, NOTEBOOK)
    assert lab.errors_in(notebook) == []
    cell = lab.locate(page, lab.cell_index(notebook, "viz.attention_widget"))
    widget = cell.locator("[class^=pygpt-attention]")
    widget.wait_for()
    page.mouse.move(0, 0)

    assert marked(widget) == ["him"]                       # at first the last word is on the slider
    assert shares(widget) == [1, 1, 1, 89, 1, 1, 1, 1, 1, 1]
    lab.screenshot(page, "attention_widget")

    widget.get_by_text("waits", exact=True).hover()
    assert marked(widget) == ["waits"]
    assert shares(widget) == [50, 50, 0, 0, 0, 0, 0, 0, 0, 0]
    lab.screenshot(page, "attention_widget_hover")

    page.mouse.move(0, 0)
    cell.locator(".noUi-handle").focus()
    for _ in range(2):                                     # from "him" back over "calls" to "she"
        page.keyboard.press("ArrowLeft")
    juliet = f"document.querySelector('.{widget.get_attribute('class')} .t0')"
    page.wait_for_function(f"getComputedStyle({juliet}).counterReset.includes('91')")
    assert marked(widget) == ["she"]
