"""Small heatmaps side by side show each its own table, in one scale of colours."""

import matplotlib
import numpy as np
import pytest

from pygpt import viz
from pygpt.errors import PyGPTError

matplotlib.use("agg")

TOKENS = ["a", "\n", "c"]
TABLES = {f"head {h}": np.random.default_rng(h).dirichlet(np.ones(3), size=2) for h in range(4)}   # (2, 3) each


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


def test_every_table_has_a_heatmap_of_its_own():
    axes = viz.attention_grid(TABLES, TOKENS)
    axes[0].figure.canvas.draw()
    assert [ax.get_title() or ax.get_title("left") for ax in axes] == list(TABLES)
    for ax, table in zip(axes, TABLES.values(), strict=True):
        assert np.allclose(ax.images[0].get_array(), table)
        assert ax.images[0].get_clim() == (0, 1), "heads are compared, so they share their colours"
        assert [text.get_text() for text in ax.get_xticklabels()] == ["a", "↵", "c"]
        assert [text.get_text() for text in ax.get_yticklabels()] == ["↵", "c"]


def test_outer_axes_are_labelled_and_empty_places_stay_empty():
    axes = viz.attention_grid(TABLES, TOKENS, columns=3)
    assert [bool(ax.get_ylabel()) for ax in axes] == [True, False, False, True]
    assert [bool(ax.get_xlabel()) for ax in axes] == [False, True, True, True]
    others = [ax for ax in axes[0].figure.axes if ax not in axes]
    assert [ax.axison for ax in others[:2]] == [False, False] and others[-1].get_ylabel() == "attention weight"


def test_masks_are_said_to_hide_or_show():
    axes = viz.attention_grid({"causal": np.tri(3, dtype=bool)}, TOKENS)
    bar = axes[0].figure.axes[-1]
    axes[0].figure.canvas.draw()
    assert [text.get_text() for text in bar.get_yticklabels()] == ["hidden", "may look"]


@pytest.mark.parametrize(("tables", "words"), [({}, "no table"), ({"head": np.ones((2, 4))}, "one column for each")])
def test_what_does_not_fit_is_refused(tables, words):
    with pytest.raises(PyGPTError, match=words):
        viz.attention_grid(tables, TOKENS)
