"""Learning curves show the numbers they are given, and the band tells a healthy run from a sick one."""

import matplotlib.pyplot
import pytest

from pygpt.bands import outside_band
from pygpt.errors import PyGPTError
from pygpt.viz import learning_curve

matplotlib.use("agg")

BAND = [(0, 4.0, 4.4), (100, 2.0, 2.4), (300, 1.8, 2.0)]
RUN = [{"step": 0, "train_loss": 4.1, "val_loss": 4.2}, {"step": 100, "train_loss": 2.1, "val_loss": 2.2},
       {"step": 300, "train_loss": 1.8, "val_loss": 1.9}]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


def drawn(ax):
    return {line.get_label(): [tuple(point) for point in line.get_xydata()] for line in ax.lines}


def test_every_run_shows_its_own_numbers():
    batches = [{"step": 1, "loss": 4.0}, {"step": 2, "loss": 3.5}]
    ax = learning_curve({"NumPy": RUN, "torch": batches})
    assert drawn(ax) == {"NumPy: train": [(0, 4.1), (100, 2.1), (300, 1.8)],
                         "NumPy: validation": [(0, 4.2), (100, 2.2), (300, 1.9)],
                         "torch: every batch": [(1, 4.0), (2, 3.5)]}
    assert ax.lines[0].get_color() == ax.lines[1].get_color() != ax.lines[2].get_color()
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()
    assert {text.get_text() for text in ax.get_legend().get_texts()} == set(drawn(ax))
    assert ax.get_xlabel() and ax.get_ylabel()


def test_one_run_needs_no_name_and_takes_what_axes_it_is_given():
    ax = matplotlib.pyplot.figure().subplots()
    assert learning_curve(RUN, ax=ax) is ax
    assert list(drawn(ax)) == ["train", "validation"]


def test_a_sparse_history_keeps_each_loss_at_its_own_step():
    mixed = [{"step": 0, "val_loss": 4.2}, {"step": 1, "loss": 4.1}, {"step": 2, "loss": 3.9, "val_loss": 4.0}]
    assert drawn(learning_curve(mixed)) == {"every batch": [(1, 4.1), (2, 3.9)], "validation": [(0, 4.2), (2, 4.0)]}


def test_the_band_is_shaded_where_it_lies():
    ax = learning_curve(RUN, band=BAND)
    corners = {tuple(point) for point in ax.collections[0].get_paths()[0].vertices}
    assert {(step, edge) for step, *edges in BAND for edge in edges} <= corners
    assert "expected validation loss" in [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize(("step", "loss", "wrong"), [
    (100, 2.2, []), (100, 2.41, [100]), (100, 1.99, [100]),
    (200, 2.2, []), (200, 2.21, [200]), (200, 1.89, [200]),   # half-way between two rows of the band
    (100, float("nan"), [100]),
])
def test_a_run_is_normal_inside_the_band_only(step, loss, wrong):
    assert outside_band([*RUN, {"step": step, "val_loss": loss}], BAND) == wrong


def test_the_band_says_nothing_beyond_its_ends():
    assert outside_band([*RUN, {"step": 301, "val_loss": 9.0}], BAND) == []
    with pytest.raises(PyGPTError, match="no validation loss between steps 0 and 300"):
        outside_band([{"step": 301, "val_loss": 1.9}, {"step": 5, "loss": 3.0}], BAND)


@pytest.mark.parametrize("history", [[], [{"step": 3}], {"a": RUN, "b": []}])
def test_nothing_to_draw_is_said(history):
    with pytest.raises(PyGPTError, match="holds no loss"):
        learning_curve(history)


@pytest.mark.parametrize("band", [[], [(0, 1)], [(0, 2, 1)], [(5, 1, 2), (5, 1, 2)]])
def test_what_is_no_band_is_refused(band):
    with pytest.raises(PyGPTError, match="a band is a list of"):
        outside_band(RUN, band)
    with pytest.raises(PyGPTError, match="a band is a list of"):
        learning_curve(RUN, band=band)
