"""Boxes and bars show what they were given, and refuse what they cannot show."""

import matplotlib.pyplot
import pytest

from pygpt.errors import PyGPTError
from pygpt.viz import bar_chart, flow_chart

matplotlib.use("agg")

BOXES = [("ids", "(1, 12)"), ("blocks", "costs $2\n(1, 12, 8)"), ("logits", "(1, 62)")]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


def words(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def test_flow_names_every_box_in_order_and_joins_neighbours():
    ax = flow_chart(BOXES)
    names = {text.get_text(): text.get_position()[0] for text in ax.texts}
    assert names["ids"] < names["blocks"] < names["logits"]
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert len(ax.patches) == len(BOXES) and len(arrows) == len(BOXES) - 1
    assert "costs \\$2\n(1, 12, 8)" in words(ax)   # no formula starts
    ax.figure.canvas.draw()


def test_the_arrow_back_says_why_and_needs_places_that_exist():
    plain, looped = flow_chart(BOXES), flow_chart(BOXES, back=(2, 0, "again"))
    assert set(words(looped)) - set(words(plain)) == {"again"}
    for back in [(0, 2, "forward"), (3, 0, "beyond"), (1, 1, "itself")]:
        with pytest.raises(PyGPTError, match="an arrow from a later one"):
            flow_chart(BOXES, back=back)
    with pytest.raises(PyGPTError, match="0 boxes"):
        flow_chart([])


def test_bars_have_their_heights_and_visible_labels():
    ax = bar_chart([" ", "a", "$"], [0.5, -0.25, 0.0], "next character", "gradient", mark=1)
    assert [bar.get_height() for bar in ax.patches] == [0.5, -0.25, 0.0]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["␣", "a", "\\$"]
    colours = [bar.get_facecolor() for bar in ax.patches]
    assert colours[0] == colours[2] != colours[1]
    with pytest.raises(PyGPTError, match="2 labels for 3 values"):
        bar_chart(["a", "b"], [1, 2, 3], "x", "y")
