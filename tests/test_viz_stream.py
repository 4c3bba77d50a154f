"""A residual stream shows every part in order, a plus for each branch, and refuses what it cannot show."""

import matplotlib.pyplot
import pytest

from pygpt.errors import PyGPTError
from pygpt.viz import stream_chart

matplotlib.use("agg")

PRE, POST = [("norm_1", "attn"), ("norm_2", "mlp")], [("attn",), "norm_1", ("mlp",), "norm_2"]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


def places(ax):
    """name -> (x, y) of every box."""
    names = {"norm_1", "attn", "norm_2", "mlp"}
    return {text.get_text(): text.get_position() for text in ax.texts if text.get_text() in names}


@pytest.mark.parametrize(("parts", "order"), [(PRE, ["norm_1", "attn", "norm_2", "mlp"]),
                                              (POST, ["attn", "norm_1", "mlp", "norm_2"])])
def test_parts_stand_in_order_and_every_branch_is_added_back(parts, order):
    ax = stream_chart(parts)
    found = places(ax)
    assert sorted(found, key=lambda name: found[name][0]) == order
    assert [text.get_text() for text in ax.texts].count("+") == 2
    ax.figure.canvas.draw()


def test_a_branch_stands_above_the_stream_and_a_plain_name_on_it():
    height = {name: y for name, (_, y) in places(stream_chart(POST)).items()}
    assert height["norm_1"] == height["norm_2"] == 0 < height["attn"] == height["mlp"]


def test_it_draws_on_the_axes_it_is_given():
    ax = matplotlib.pyplot.subplots()[1]
    assert stream_chart(PRE, ax=ax, title="pre-norm") is ax and ax.get_title(loc="left") + ax.get_title() == "pre-norm"


@pytest.mark.parametrize("parts", [[], [("norm_1",), ()]])
def test_a_stream_without_parts_is_refused(parts):
    with pytest.raises(PyGPTError, match="no stream to draw"):
        stream_chart(parts)
