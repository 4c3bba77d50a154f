"""A text coloured by token, and its merges one by one."""

from html import escape

from .style import need
from .tokens import visible
from .widget import titled

TINTS = ("rgba(0,114,178,.22)", "rgba(230,159,0,.28)", "rgba(0,158,115,.22)", "rgba(204,121,167,.25)")
TINY = 42   # tokens shown in the plain-text form


class TokenText:
    """Tokens (text or bytes) as they follow each other, each in a colour of its own; in a notebook, a picture."""

    def __init__(self, tokens, caption=""):
        self.tokens, self.caption = [readable(token) for token in tokens], caption

    def __repr__(self):
        shown = "|".join(map(visible, self.tokens[:TINY]))
        more = "" if len(self.tokens) <= TINY else f"|... ({len(self.tokens)} tokens)"
        return f"{self.caption}{': ' if self.caption else ''}{shown}{more}"

    def _repr_html_(self):
        return token_html(self.tokens, self.caption)


def token_html(tokens, caption=""):
    """The tokens as HTML: colours take turns, blanks are visible, a line break breaks the line."""
    spans = []
    for i, token in enumerate(map(readable, tokens)):
        style = f"background:{TINTS[i % len(TINTS)]};border-radius:3px;padding:1px 0;white-space:pre-wrap"
        spans.append(f'<span style="{style}" title="token {i}">{escape(visible(token))}</span>'
                     + "<br>" * token.count("\n"))
    head = f'<div style="opacity:.72">{escape(caption)}</div>' if caption else ""
    return (f'<div style="font-family:var(--jp-code-font-family,monospace);line-height:1.9;max-width:820px">'
            f'{head}{"".join(spans)}</div>')


def token_text(tokenizer, text, caption=None):
    """`text` coloured by the tokens that `tokenizer` (any of the course's) makes of it."""
    tokens = [tokenizer.vocab[i] for i in tokenizer.encode(text)]
    return TokenText(tokens, f"{len(tokens)} tokens for {len(text.encode())} bytes" if caption is None else caption)


def merge_widget(tokenizer, text):
    """A widget that merges `text` step by step, as a BPETokenizer does, with a slider to go back and forth."""
    widgets = need("ipywidgets")
    steps = tokenizer.merge_steps(text)
    slider = widgets.IntSlider(value=0, min=0, max=len(steps) - 1, description="merges",
                               layout=widgets.Layout(width="60%"))
    page = widgets.HTML()

    def show(change=None):
        tokens, merged = steps[slider.value]
        said = f"{readable(merged[0])!r} and {readable(merged[1])!r} became one" if merged else "single bytes"
        page.value = token_html(tokens, f"{len(tokens)} tokens: {said}")
    slider.observe(show, names="value")
    show()
    return titled(widgets, f"the {len(steps) - 1} merges of a text: run this cell, then move the slider",
                  [slider, page])


def readable(token):
    """bytes or text -> text; bytes that are no UTF-8 by themselves show as numbers, so that nothing looks alike."""
    if isinstance(token, str):
        return token
    text = token.decode("utf-8", errors="surrogateescape")        # a stray byte e7 becomes the character dce7
    return "".join(f"⟨{ord(sign) - 0xDC00:02x}⟩" if 0xDC80 <= ord(sign) <= 0xDCFF else sign for sign in text)
