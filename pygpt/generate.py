"""Text from a model, token by token. One loop for every backend: the model gives logits, sampling.py picks.

T positions  V vocabulary
"""

import codecs

import numpy as np

from .engine import engine_for
from .errors import ConfigError, ModelInputError
from .sampling import check_settings, sample


def generate(model, ids, max_new_tokens, temperature=1.0, top_k=None, top_p=None, seed=None, use_cache=True,
             on_token=None):
    """Continue `ids` (a list or an array (T,) of token ids) by `max_new_tokens` tokens; the whole as a list of ints.

    temperature: 0 takes the most likely token, 1 draws as the model says, below 1 sharpens, above 1 flattens.
    top_k, top_p: keep only the k likeliest tokens, or the smallest set that holds probability p.
    seed: the same seed gives the same text, on every backend. use_cache: keep keys and values of the tokens read;
    the result is the same, the time is not. on_token(id): called as each token is drawn.

    Past the context of block_size the model reads the last block_size tokens. Then every position shifts with each
    token, so the cache cannot help. Raises ModelInputError for an empty prompt or ids out of range.
    """
    check_settings(temperature, top_k, top_p)
    if max_new_tokens < 0:
        raise ConfigError(f"max_new_tokens={max_new_tokens}; allowed: 0 or more")
    ids = [int(i) for i in np.asarray(ids).ravel()]
    if not ids:
        raise ModelInputError("the prompt is empty; give at least one token, for instance a newline")
    engine, rng = engine_for(model), np.random.default_rng(seed)
    if engine.config.attention == "bidirectional":
        raise ConfigError("a model with attention='bidirectional' fills gaps from both sides and cannot write on; use "
                          "pygpt.rewrite.fill_masks, or a model with attention='full'")
    for logits in _next_logits(engine, ids, max_new_tokens, use_cache):
        token = sample(logits, rng, temperature, top_k, top_p)
        ids.append(token)
        if on_token is not None:
            on_token(token)
    return ids


def _next_logits(engine, ids, count, use_cache):
    """Yield the logits (V,) after `ids`, `count` times; the caller appends a token to `ids` between two of them."""
    block_size = engine.config.block_size
    cache, unread = (engine.new_cache() if use_cache else None), 0
    for _ in range(count):
        if cache is not None and len(ids) <= block_size:
            window, unread = ids[unread:], len(ids)    # only what the cache has not seen
        else:
            window, cache = ids[-block_size:], None
        yield engine.logits(np.array([window]), cache)[0]


class TextStream:
    """Text as its tokens arrive: what is written is whole characters, though a token may hold half of one."""

    def __init__(self, tokenizer, write):
        """write(text) is called when there is something to show."""
        self.vocab, self.write = tokenizer.vocab, write
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def put(self, token):
        """Take one more token id. Bytes that can no longer become a character are shown as the sign U+FFFD."""
        self._show(self.decoder.decode(self.vocab[token]))

    def finish(self):
        """Show what is still held back: the text ends in the middle of a character."""
        self._show(self.decoder.decode(b"", final=True))

    def _show(self, text):
        if text:
            self.write(text)
