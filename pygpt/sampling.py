"""From logits to a token: logits -> logits filters, then one draw.

Logits are tiny beside the model, so they come to the host as NumPy rows first. Every backend then draws the same token
from the same seed.

V vocabulary
"""

import numpy as np

from .errors import ConfigError


def scale_temperature(logits, temperature):
    """Logits (V,) divided by the temperature: below 1 sharpens, above 1 flattens. Zero means greedy: see `sample`."""
    return logits / temperature


def keep_top_k(logits, k):
    """Logits (V,) with all but the k largest set to -inf; ties with the k-th stay (Fan et al. 2018)."""
    k = min(k, logits.size)
    threshold = np.partition(logits, -k)[-k]
    return np.where(logits >= threshold, logits, -np.inf)


def keep_top_p(logits, p):
    """Logits (V,) with all set to -inf but the smallest set whose probability reaches p (Holtzman et al. 2020)."""
    order = np.argsort(-logits, kind="stable")
    probs = softmax(logits)[order]
    before = np.cumsum(probs) - probs   # mass of the tokens ranked above this one: the first always stays
    filtered = np.full_like(logits, -np.inf)
    filtered[order[before < p]] = logits[order[before < p]]
    return filtered


def softmax(logits):
    """Logits (V,) -> probabilities (V,)."""
    e = np.exp(logits - logits.max())
    return e / e.sum()


def check_settings(temperature, top_k, top_p):
    """Raise ConfigError, in one line, for settings no sampler can use."""
    if not temperature >= 0:
        raise ConfigError(f"temperature={temperature}; allowed: 0 (greedy) or any positive number")
    if top_k is not None and top_k < 1:
        raise ConfigError(f"top_k={top_k}; allowed: 1 or more, or None to keep every token")
    if top_p is not None and not 0 < top_p <= 1:
        raise ConfigError(f"top_p={top_p}; allowed: above 0 and at most 1, or None")


def sample(logits, rng, temperature=1.0, top_k=None, top_p=None):
    """Draw one token id from logits (V,).

    Temperature 0 takes the largest logit and uses no randomness. Otherwise the logits are divided by the temperature,
    filtered by top-k, then top-p, and one id is drawn with `rng` (a np.random.Generator).
    """
    logits = np.asarray(logits, dtype=np.float64)
    if temperature == 0:
        return int(logits.argmax())
    logits = scale_temperature(logits, temperature)
    if top_k is not None:
        logits = keep_top_k(logits, top_k)
    if top_p is not None:
        logits = keep_top_p(logits, top_p)
    probs = softmax(logits)
    cumulative = np.cumsum(probs)
    # inverse transform: one uniform number a token, the same stream on every backend
    token = np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right")
    return int(min(token, np.flatnonzero(probs)[-1]))   # rounding may put the draw at the very end
