"""Batches from above: one colour for padding, two for texts in turn, and one scale for all of them."""

import matplotlib.pyplot
import numpy as np
import pytest

from pygpt.errors import PyGPTError
from pygpt.viz import batch_map

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


def test_padding_has_a_colour_of_its_own_and_texts_take_turns():
    wide, narrow = batch_map({"wide": [[0, 0, 1, 1], [2, -1, -1, -1]], "narrow": [[3, 3]]})
    kinds = np.asarray(wide.images[0].get_array())
    assert kinds.tolist() == [[1, 1, 2, 2], [1, 0, 0, 0]] and narrow.images[0].get_array().tolist() == [[2, 2]]
    assert wide.get_xlim() == narrow.get_xlim() == (0, 4), "a narrow batch is drawn narrow"
    assert "wide: 37.5% padding" in wide.get_title(loc="left") and narrow.get_xlabel() and wide.get_ylabel()
    wide.figure.canvas.draw()


@pytest.mark.parametrize("tables", [{}, {"flat": [1, 2]}, {"empty": np.zeros((0, 3))}, {"targets": [[-100, 1]]}])
def test_what_is_no_batch_is_refused(tables):
    with pytest.raises(PyGPTError, match="name -> .B, T. numbers of texts"):
        batch_map(tables)
