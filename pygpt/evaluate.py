"""How good is a model on a text it never saw?

T positions
"""

import numpy as np

from .metrics import bits_per_byte


def validation_loss(engine, tokenizer, text, batch_size=32):
    """(loss in nats per token, bits per byte) over all of `text` in windows of the context, each token scored once."""
    T = engine.config.block_size
    tokens = np.array(tokenizer.encode(text))
    n_windows = (len(tokens) - 1) // T
    ids, targets = (tokens[i:i + n_windows * T].reshape(n_windows, T) for i in (0, 1))
    total = sum(engine.loss(ids[i:i + batch_size], targets[i:i + batch_size]) * len(ids[i:i + batch_size])
                for i in range(0, n_windows, batch_size))
    loss = total / n_windows
    n_bytes = len(tokenizer.decode(tokens[1:n_windows * T + 1]).encode())
    return loss, bits_per_byte(loss, n_windows * T, n_bytes)
