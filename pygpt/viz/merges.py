"""The merges of a word from top to bottom: a row for each, with the token that it made in a colour of its own."""

from ..errors import PyGPTError
from .segments import readable
from .style import BLUE, INK, ORANGE, axes_or_new, need
from .tokens import for_matplotlib

GAP, HEIGHT = 0.06, 0.74   # between boxes and of a box, where a byte is 1 wide and a row 1 high


def merge_chart(steps, ax=None, title=None):
    """Draw what BPETokenizer.merge_steps(text) returns, [(tokens, the pair just merged or None)]; returns the axes.

    A box is as wide as its token has bytes, so that what belongs together stands one below the other.
    """
    steps = [([bytes(token) for token in tokens], merged) for tokens, merged in steps]
    n_bytes = len(b"".join(steps[0][0])) if steps else 0
    if not n_bytes:
        raise PyGPTError('no tokens to draw; give the steps of a text, tokenizer.merge_steps(" word")')
    ax = axes_or_new(ax, figsize=(min(0.5 * n_bytes + 1.1, 11), 0.36 * len(steps) + 0.7))
    for row, (tokens, merged) in enumerate(steps):
        draw_row(ax, row, tokens, merged and merged[0] + merged[1])
    ax.set(xlim=(0, n_bytes), ylim=(len(steps) - 0.5, -0.6), xlabel="bytes of the text", ylabel="tokens", title=title)
    ax.set_yticks(range(len(steps)), [str(len(tokens)) for tokens, _ in steps])
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.grid(False)
    return ax


def draw_row(ax, row, tokens, new):
    """One step: a box for each token; those equal to `new`, which this step made, are pointed out."""
    left = 0
    for token in tokens:
        face, edge = ("#FBE7BF", ORANGE) if token == new else ("#EAF3FA", BLUE)
        ax.add_patch(need("matplotlib.patches").Rectangle((left + GAP, row - HEIGHT / 2), len(token) - 2 * GAP, HEIGHT,
                                                          linewidth=1.1, facecolor=face, edgecolor=edge))
        ax.text(left + len(token) / 2, row, for_matplotlib(readable(token)), ha="center", va="center", color=INK,
                fontsize=9)
        left += len(token)
