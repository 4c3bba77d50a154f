"""Attention weights to play with: hover over a token, or move the slider, and see where it looks.

The widget is text with a style sheet and a slider of ipywidgets: nothing is downloaded, and no script of ours runs.
T queries  S keys
"""

import itertools
from html import escape

import numpy as np

from .style import ORANGE, need
from .tokens import attention_of, visible

_numbers = itertools.count()   # each widget on a page needs rules of its own

# Text has the page's colour, so that it reads in light and dark. --w3 is the weight of key 3 in whole per cent (a style
# sheet counts with whole numbers only) and --o3 its opacity.
RULES = """
.{name} {{ display: flex; flex-wrap: wrap; gap: 4px; padding: 6px 0 }}
.{name} span {{ padding: 4px 7px 2px; border-radius: 4px; border: 2px solid transparent; text-align: center;
  cursor: default; font-family: var(--jp-code-font-family, monospace); line-height: 1.3 }}
.{name} span::after {{ display: block; font-size: 75%; opacity: .8; content: counter(weight) "%" }}
"""


def attention_widget(weights, tokens):
    """A widget that shows, for the token under the mouse or on the slider, the share of attention each key gets.

    weights (T, S) of one head; tokens: S strings, the queries being the last T of them.
    """
    weights, tokens = attention_of(weights, tokens)
    T, S = weights.shape
    widgets = need("ipywidgets")
    name = f"pygpt-attention-{next(_numbers)}"
    slider = widgets.IntSlider(value=S - 1, min=S - T, max=S - 1, description="query", readout=False,
                               layout=widgets.Layout(width="60%"))
    page = widgets.HTML()

    def show(change=None):
        page.value = attention_html(weights, tokens, slider.value, name)
    slider.observe(show, names="value")
    show()
    return titled(widgets, f"attention of {T} queries over {S} keys: run this cell, then hover over a token",
                  [slider, page])


def attention_html(weights, tokens, selected, name="pygpt-attention"):
    """The page: one box a token, tinted by its weight for the token hovered over, else for token `selected`."""
    weights, tokens = attention_of(weights, tokens)
    first = len(tokens) - len(weights)
    rows = {first + t: variables(row, first + t) for t, row in enumerate(weights)}
    rules = [RULES.format(name=name), f".{name} {{{rows[selected]}}}"]
    rules += [f".{name}:has(.t{t}:hover) {{{row}}}" for t, row in rows.items()]
    rules += [f".{name} .t{s} {{background: rgba(0,114,178,calc(var(--w{s}) / 125)); opacity: var(--o{s}); "
              f"counter-reset: weight var(--w{s})}}" for s in range(len(tokens))]
    rules += [f".{name}:not(:has(.query:hover)) .t{selected}, .{name} .query:hover {{border-color: {ORANGE}}}"]
    boxes = "".join(f'<span class="t{s}{" query" * (s in rows)}">{escape(visible(token))}</span>'
                    for s, token in enumerate(tokens))
    return f'<style>{" ".join(rules)}</style><div class="{name}">{boxes}</div>'


def variables(row, query):
    """What the style sheet must know of one query: its weights in whole per cent, and which keys lie in its future."""
    shares = np.rint(100 * row).astype(int)
    return ";".join(f"--w{s}:{share};--o{s}:{1 if s <= query else .4}" for s, share in enumerate(shares))


def titled(widgets, title, children):
    """A box that prints as one short line where there is no kernel, and not as the page's whole source."""
    class Titled(widgets.VBox):
        def __repr__(self):
            return f"[{title}]"
    return Titled(children)
