"""Who looks at whom: attention weights as a picture.

T queries  S keys
"""

from .style import axes_or_new
from .tokens import attention_of, for_matplotlib, visible

NUMBERS_UP_TO = 12   # more keys than that, and numbers no longer fit into their squares


def attention_heatmap(weights, tokens, ax=None, title=None):
    """Draw weights (T, S) of one head; returns the axes. Row t shows how query t shares out its attention.

    tokens: S strings, the keys; the queries are the last T of them, as with a KV cache.
    """
    weights, tokens = attention_of(weights, tokens)
    T, S = weights.shape
    labels = [for_matplotlib(token) for token in tokens]
    slanted = max(len(visible(token)) for token in tokens) > 1
    side = min(1.6 + 0.5 * S, 9)
    ax = axes_or_new(ax, figsize=(side + 1, side * T / S + 0.8))
    image = ax.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    ax.set_xticks(range(S), labels, rotation=45 if slanted else 0, ha="center")
    ax.set_yticks(range(T), labels[S - T:])
    ax.set(xlabel="key: the token looked at", ylabel="query: the token that looks", title=title)
    ax.grid(False)
    if S <= NUMBERS_UP_TO:
        write_numbers(ax, weights)
    ax.figure.colorbar(image, ax=ax, label="attention weight", shrink=0.8)
    return ax


def write_numbers(ax, weights):
    """Each weight in its square, in hundredths; nothing where it is as good as zero."""
    places = ((t, s) for t in range(len(weights)) for s in range(weights.shape[1]))
    for (t, s), weight in zip(places, weights.flat, strict=True):
        if weight >= 0.005:
            ax.text(s, t, f"{weight:.2f}".lstrip("0"), ha="center", va="center", fontsize=8,
                    color="white" if weight > 0.55 else "#222222")
