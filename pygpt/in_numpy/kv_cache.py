"""Keys and values of the tokens already read, so that a new token costs one position instead of the whole context.

B batch  T new positions  S positions so far  L layers  G key and value heads  D head width
"""

from .backend import array_module


class KVCache:
    """Room for `block_size` positions in every layer. An argument of forward, not an attribute: requests cannot mix."""

    def __init__(self, config):
        self.block_size = config.block_size
        self.length = 0                               # S: positions that every layer has stored
        self._layers = [None] * config.n_layer
        self._last_row = None

    def update(self, layer, k, v):
        """Store k, v (B, G, 1, T, D) of the new positions; give back all so far, (B, G, 1, S, D)."""
        *heads, T, D = k.shape
        if self._layers[layer] is None:               # made at first sight of the batch size, dtype and device
            shape = (*heads, self.block_size, D)
            self._layers[layer] = array_module(k).empty(shape, k.dtype), array_module(v).empty(shape, v.dtype)
        keys, values = self._layers[layer]
        end = self.length + T
        keys[..., self.length:end, :] = k
        values[..., self.length:end, :] = v
        return keys[..., :end, :], values[..., :end, :]

    def row_before(self, x):
        """The row (B, 1, C) ahead of x (B, T, C), zero at the start; the last row of x is kept for next time."""
        before = array_module(x).zeros_like(x[:, :1]) if self._last_row is None else self._last_row
        self._last_row = x[:, -1:]
        return before

    def advance(self, n_new):
        """All layers have stored the new positions; the next forward starts after them."""
        self.length += n_new
