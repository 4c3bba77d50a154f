"""The merges of a word: a row for each, boxes that cover the text, and the new token pointed out."""

import matplotlib.pyplot
import pytest

from pygpt.errors import PyGPTError
from pygpt.tokenizers import BPETokenizer
from pygpt.viz import merge_chart

matplotlib.use("agg")

STEPS = BPETokenizer.train("banana bandana", 260).merge_steps("banana")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


def rows(ax):
    """The texts of the boxes, row by row."""
    found = {}
    for text in ax.texts:
        found.setdefault(text.get_position()[1], []).append(text.get_text())
    return [found[row] for row in sorted(found)]


def test_each_merge_is_a_row_and_every_row_is_the_text():
    ax = merge_chart(STEPS)
    assert rows(ax) == [[token.decode() for token in tokens] for tokens, _ in STEPS]
    assert [label.get_text() for label in ax.get_yticklabels()] == [str(len(tokens)) for tokens, _ in STEPS]
    ax.figure.canvas.draw()


def test_the_new_token_has_a_colour_of_its_own():
    ax = merge_chart(STEPS[:2])      # an, the first merge, stands twice in banana
    colours = [patch.get_edgecolor() for patch in ax.patches]
    assert len(set(colours[:6])) == 1 and sum(colour != colours[0] for colour in colours) == 2


def test_half_characters_and_dollars_can_be_drawn():
    ax = merge_chart(BPETokenizer.train("", 256).merge_steps("猫$ \n"))
    ax.figure.canvas.draw()
    assert rows(ax) == [["⟨e7⟩", "⟨8c⟩", "⟨ab⟩", r"\$", "␣", "↵"]]


def test_it_draws_on_the_axes_it_is_given():
    ax = matplotlib.pyplot.subplots()[1]
    assert merge_chart(STEPS, ax=ax, title="banana") is ax and ax.get_title(loc="left") + ax.get_title() == "banana"


@pytest.mark.parametrize("steps", [[], [([], None)]])
def test_nothing_to_draw_is_refused(steps):
    with pytest.raises(PyGPTError, match="no tokens to draw"):
        merge_chart(steps)
