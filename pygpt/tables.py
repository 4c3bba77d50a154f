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


def window_mask(n_query, n_key, window):
    """Additive mask (T, S) in float32: each query sees itself and the window - 1 positions before it.

    As in causal_mask the queries are the last T of S positions. A window of S or more hides nothing (Beltagy et al.
    2020; Mistral 7B).

    >>> window_mask(3, 3, 2)
    array([[  0., -inf, -inf],
           [  0.,   0., -inf],
           [-inf,   0.,   0.]], dtype=float32)
    """
    query_position = np.arange(n_key - n_query, n_key)[:, None]
    too_far = np.arange(n_key)[None, :] <= query_position - window
    return np.where(too_far, np.float32(-np.inf), causal_mask(n_query, n_key))


def document_mask(documents):
    """documents (..., T) ints, the number of each token's text -> additive mask (..., T, T) in float32.

    Texts packed into one row do not see each other: a token looks at earlier tokens of its own text and at itself.
    """
    documents = np.asarray(documents)
    others = documents[..., :, None] != documents[..., None, :]
    return np.where(others, np.float32(-np.inf), causal_mask(documents.shape[-1]))


def context_mask(attention, block_size, window=None):
    """The mask (T, T) for a whole context by the name that GPTConfig gives it: full, sliding or bidirectional."""
    return {"full": lambda: causal_mask(block_size),
            "bidirectional": lambda: np.zeros((block_size, block_size)),   # nothing is hidden, to fill in gaps
            "sliding": lambda: window_mask(block_size, block_size, window)}[attention]()


def sinusoid_table(n_position, width):
    """(n_position, width) float64: sines in the even columns, cosines in the odd, waves from 2 pi to 20000 pi long.

    Vaswani et al. 2017, section 3.5.
    """
    angles = np.arange(n_position)[:, None] / 10000 ** (np.arange(0, width, 2) / width)
    table = np.zeros((n_position, width))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles[:, :width // 2])   # an odd width has one sine more
    return table


def rope_table(n_position, head_size, theta=10000.0):
    """cos and sin, each (n_position, head_size / 2) float64: the angle by which position t turns pair i.

    Su et al. 2021. A larger theta turns more slowly, for longer contexts.
    """
    angles = np.arange(n_position)[:, None] / theta ** (np.arange(0, head_size, 2) / head_size)
    return np.cos(angles), np.sin(angles)


def rope_order(head_size):
    """(D,) ints: x[..., rope_order(D)] sorts interleaved pairs, (0, 1), (2, 3), ..., into halves, (0, D/2), (1, ...).

    >>> rope_order(6)
    array([0, 2, 4, 1, 3, 5])
    """
    return np.concatenate([np.arange(0, head_size, 2), np.arange(1, head_size, 2)])


def convert_rope_pairs(state, head_size, to="half"):
    """The weights of a model with the other pairing -> those of the same model with rope_pairs=`to`, a new dict.

    Only the order of coordinates inside each head changes: the rows of q_proj and k_proj. Arrays of any backend.
    Raises ValueError for a pairing that does not exist.
    """
    orders = {"half": rope_order(head_size), "interleaved": np.argsort(rope_order(head_size))}
    if to not in orders:
        raise ValueError(f"to={to!r}; allowed: {', '.join(orders)}")

    def reorder(rows):
        return rows.reshape(-1, head_size, *rows.shape[1:])[:, orders[to]].reshape(rows.shape)
    turned = (".q_proj.", ".k_proj.")
    return {name: reorder(array) if any(part in name for part in turned) else array for name, array in state.items()}


def alibi_slopes(n_head):
    """(H,) float64: how steeply each head's attention falls with distance (Press et al. 2022).

    A geometric row from 2^(-8/H) down to 2^-8. Where H is no power of two, the row of the power below, then every
    second entry of the next one.
    """
    def row(n):
        return [2 ** (-8 * (i + 1) / n) for i in range(n)]
    below = 2 ** int(np.log2(n_head))
    return np.array(row(below) + row(2 * below)[0::2][:n_head - below])


def alibi_bias(n_head, n_query, n_key=None):
    """(H, T, S) float64 to add to the scores: minus slope times distance. The queries are the last T of S positions."""
    n_key = n_query if n_key is None else n_key
    distance = np.arange(n_key - n_query, n_key)[:, None] - np.arange(n_key)[None, :]
    return -alibi_slopes(n_head)[:, None, None] * np.maximum(distance, 0)
