"""Figures show the numbers they are given, refuse what does not fit, and cost nothing until one is drawn."""

import re
import subprocess
import sys

import matplotlib
import numpy as np
import pytest

from pygpt import viz
from pygpt.errors import PyGPTError
from pygpt.viz import style
from pygpt.viz.widget import attention_html

matplotlib.use("agg")

TOKENS = ["$x", "<b>", "\n", "a"]
# Two queries, the last two of four keys, as with a KV cache; rows that differ show a transposed picture at once.
WEIGHTS = np.array([[0.6, 0.3, 0.1, 0.0], [0.05, 0.15, 0.002, 0.798]])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


def labels(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


def test_a_heatmap_has_queries_down_and_keys_across():
    ax = viz.attention_heatmap(WEIGHTS, TOKENS)
    ax.figure.canvas.draw()
    assert np.allclose(ax.images[0].get_array(), WEIGHTS)
    assert ax.images[0].get_clim() == (0, 1), "two heatmaps side by side must share their colours"
    assert labels(ax.xaxis) == [r"\$x", "<b>", "↵", "a"] and labels(ax.yaxis) == ["↵", "a"]
    assert "key" in ax.get_xlabel() and "query" in ax.get_ylabel()
    assert {(text.get_position(), text.get_text()) for text in ax.texts} == {
        ((0, 0), ".60"), ((1, 0), ".30"), ((2, 0), ".10"), ((0, 1), ".05"), ((1, 1), ".15"), ((3, 1), ".80")}


def test_figures_are_drawn_on_the_axes_they_are_given():
    ax = matplotlib.pyplot.figure().subplots()
    assert viz.attention_heatmap(WEIGHTS, TOKENS, ax=ax) is ax
    assert viz.line_chart([1, 2], {"one": [3, 4]}, "x", "y", ax=ax) is ax
    assert viz.attention_arcs([0.5, 0.5, 0, 0], TOKENS, query=1, ax=ax) is ax


def test_arcs_run_from_the_query_to_each_key_it_sees_and_are_thick_where_it_looks():
    ax = viz.attention_arcs([0.7, 0.1, 0.2, 0.0], TOKENS, query=2)
    arcs = [(arc.center[0], arc.width, arc.get_linewidth()) for arc in ax.patches]
    assert [(centre - width / 2, centre + width / 2) for centre, width, _ in arcs[:2]] == [(0, 2), (1, 2)]
    assert len(arcs) == 3 and arcs[0][2] > arcs[2][2] > arcs[1][2]
    assert [text.get_text() for text in ax.texts[1::2]] == ["70%", "10%", "20%", "hidden"]


def test_lines_are_told_apart_without_their_colours():
    ax = viz.line_chart([4, 16], {"raw": [1, 2], "scaled": [1, 1]}, "width", "spread", xscale="log")
    assert [tuple(line.get_ydata()) for line in ax.lines] == [(1, 2), (1, 1)]
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker()
    assert labels(ax.xaxis) == ["4", "16"] and (ax.get_xlabel(), ax.get_ylabel()) == ("width", "spread")


def variables(rule):
    return {name: float(value) for name, value in re.findall(r"--(\w+):([\d.]+)", rule)}


def test_the_page_tells_each_token_what_it_sees_and_no_token_is_taken_for_markup():
    page = attention_html(WEIGHTS, TOKENS, selected=2, name="w")
    rules = dict(re.findall(r"(\.w\S*) \{?\{(--[^}]*)\}", page))
    last = variables(rules[".w:has(.t3:hover)"])
    assert last == {"w0": 5, "w1": 15, "w2": 0, "w3": 80, "o0": 1, "o1": 1, "o2": 1, "o3": 1}
    assert rules[".w"] == rules[".w:has(.t2:hover)"], "before anyone hovers, the selected token is shown"
    assert variables(rules[".w"])["o3"] < 1, "the future is faint"
    assert ".w:has(.t1:hover)" not in rules, "token 1 is a key only: it asks nothing"
    assert re.findall(r'<span class="([\w ]+)">(.*?)</span>', page) == [
        ("t0", "$x"), ("t1", "&lt;b&gt;"), ("t2 query", "↵"), ("t3 query", "a")]
    assert "<script" not in page and "http" not in page


def test_the_slider_moves_the_widget_and_two_widgets_keep_apart():
    one, two = viz.attention_widget(WEIGHTS, TOKENS), viz.attention_widget(WEIGHTS, TOKENS)
    slider, page = one.children
    assert (slider.min, slider.value, slider.max) == (2, 3, 3)
    before = page.value
    slider.value = 2
    assert page.value != before and "hover" in repr(one)
    names = [re.search(r'<div class="([\w-]+)">', widget.children[1].value).group(1) for widget in (one, two)]
    assert names[0] != names[1]


@pytest.mark.parametrize(("weights", "tokens"), [
    (WEIGHTS, TOKENS[:3]), (WEIGHTS.T, TOKENS[:2]), (WEIGHTS[0], TOKENS), (WEIGHTS[None], TOKENS),
    (np.zeros((0, 4)), TOKENS)])
@pytest.mark.parametrize("draw", [viz.attention_heatmap, viz.attention_widget])
def test_weights_that_do_not_fit_are_refused_in_one_line(draw, weights, tokens):
    with pytest.raises(PyGPTError, match="allowed") as refused:
        draw(weights, tokens)
    assert str(weights.shape) in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(("row", "query"), [([0.5, 0.5], 1), ([0.25] * 4, 4), ([0.25] * 4, -1)])
def test_arcs_refuse_what_does_not_fit(row, query):
    with pytest.raises(PyGPTError, match="allowed"):
        viz.attention_arcs(row, TOKENS, query)


def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
    for package in ("matplotlib", "ipywidgets"):
        monkeypatch.setitem(sys.modules, package, None)    # what import sees where a package is missing
    for draw in (viz.attention_heatmap, viz.attention_widget):
        with pytest.raises(PyGPTError, match=re.escape('pip install "pygpt-course[viz]"')):
            draw(WEIGHTS, TOKENS)


def test_an_error_inside_matplotlib_is_not_mistaken_for_a_missing_matplotlib():
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        style.need("json.nowhere")


def test_viz_names_what_it_has_and_loads_nothing_before_it_is_asked():
    assert all(callable(getattr(viz, name)) for name in viz.__all__)
    with pytest.raises(AttributeError, match="attention_heatmap"):
        viz.heatmap   # noqa: B018
    code = "import sys, pygpt, pygpt.viz; print({'matplotlib', 'ipywidgets', 'torch'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
