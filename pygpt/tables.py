"""Tables that are computed once and shared by every backend: plain NumPy, no gradients.

T queries  S keys
"""

import numpy as np


def causal_mask(n_query, n_key=None):
    """Additive mask (T, S) in float32: 0 where a query may look, -inf where it may not.

    The queries are the last T of S positions, so query t stands at position S - T + t and sees every key up to there.
    Without a cache S equals T and the mask is the usual lower triangle (Vaswani et al. 2017, section 3.2.3).

    >>> causal_mask(3)
    array([[  0., -inf, -inf],
           [  0.,   0., -inf],
           [  0.,   0.,   0.]], dtype=float32)
    """
    n_key = n_query if n_key is None else n_key
    if n_key < n_query:
        raise ValueError(f"n_key={n_key} is smaller than n_query={n_query}; every query is also a key")
    query_position = np.arange(n_key - n_query, n_key)[:, None]
    key_position = np.arange(n_key)[None, :]
    return np.where(key_position <= query_position, np.float32(0), np.float32(-np.inf))
