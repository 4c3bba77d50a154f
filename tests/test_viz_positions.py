"""Pictures of positions: signs keep their colours, every position has its hand, and wrong tables are refused."""

import matplotlib
import numpy as np
import pytest

from pygpt import viz
from pygpt.errors import PyGPTError

matplotlib.use("agg")

TABLE = np.array([[1.0, -2.0, 0.0], [0.5, 0.25, -0.125]])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


def test_a_signed_heatmap_has_zero_in_the_middle_of_its_colours():
    ax = viz.signed_heatmap(TABLE, "column", "row", names=["a", "b", "c"], numbers=True)
    ax.figure.canvas.draw()
    assert np.allclose(ax.images[0].get_array(), TABLE) and ax.images[0].get_clim() == (-2, 2)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("column", "row")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["a", "b", "c"]
    assert [text.get_text() for text in ax.texts] == ["1.0", "-2.0", "0.0", "0.5", "0.2", "-0.1"]
    assert viz.signed_heatmap(TABLE, "", "", limit=5).images[0].get_clim() == (-5, 5)
    assert viz.signed_heatmap(np.zeros((1, 1)), "", "").images[0].get_clim() == (-1, 1)


@pytest.mark.parametrize("table", [np.ones(3), np.ones((0, 2)), np.array([[1, -np.inf]])], ids=["row", "empty", "inf"])
def test_a_signed_heatmap_refuses_what_has_no_colour(table):
    with pytest.raises(PyGPTError, match="heatmap needs finite numbers"):
        viz.signed_heatmap(table, "", "")


def test_each_pair_has_a_dial_and_each_position_a_hand():
    angles = np.arange(4)[:, None] * np.array([np.pi / 2, 0.1])
    fast, slow = viz.turning_pairs(angles, ["fast", "slow"])
    assert (fast.get_title(loc="left"), slow.get_title(loc="left")) == ("fast", "slow")
    words = {text.get_text(): text.get_position() for text in fast.texts if text.get_text()}
    assert list(words) == ["0", "1", "2", "3"] and np.allclose(words["1"], (0, 1.17)), "a quarter turn points upwards"
    with pytest.raises(PyGPTError, match="turning pairs need angles"):
        viz.turning_pairs(np.ones(3))
