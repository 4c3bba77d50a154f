"""The map of tokens draws every token once, at its point, in its group's colour, and refuses what does not fit."""

import numpy as np
import pytest

from pygpt import viz
from pygpt.errors import PyGPTError

matplotlib = pytest.importorskip("matplotlib", reason="figures need matplotlib")
matplotlib.use("Agg")

GROUPS = {"letters": "ab", "blanks": " \n"}
POINTS = np.array([[0, 1], [2, 3], [4, 5], [6, 7]])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


def test_each_token_stands_at_its_point():
    ax = viz.token_map(POINTS, "ab \n", GROUPS, "first", "second", title="map")
    assert [text.get_text() for text in ax.texts] == ["a", "b", "␣", "↵"]
    assert [tuple(text.xy) for text in ax.texts] == [tuple(point) for point in POINTS]
    colours = [text.get_color() for text in ax.texts]
    assert colours[0] == colours[1] != colours[2] == colours[3]
    assert [entry.get_text() for entry in ax.get_legend().get_texts()] == list(GROUPS)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("first", "second")
    assert "map" in (ax.get_title(), ax.get_title(loc="left"))
    ax.figure.canvas.draw()


def test_it_draws_where_it_is_told():
    _, ax = matplotlib.pyplot.subplots()
    assert viz.token_map(POINTS, "ab \n", GROUPS, "x", "y", ax=ax) is ax


@pytest.mark.parametrize(("points", "tokens", "words"), [
    (POINTS[:3], "ab \n", "4 tokens, points of shape \\(3, 2\\)"),
    (np.zeros((4, 3)), "ab \n", "\\(4, 3\\)"),
    (POINTS, "abc\n", "in none: \\['c'\\]"),
])
def test_what_does_not_fit_is_named(points, tokens, words):
    with pytest.raises(PyGPTError, match=words):
        viz.token_map(points, tokens, GROUPS, "x", "y")
