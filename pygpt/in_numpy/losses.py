"""The training loss as a pair.

B batch  T positions  V vocabulary  N = B T
"""

from ..errors import ModelInputError
from .backend import array_module

IGNORE_INDEX = -100   # torch's number for "no answer here"


def cross_entropy_forward(logits, targets, ignore_index=IGNORE_INDEX, label_smoothing=0.0):
    """logits (..., V), targets (...) ints -> mean of -log softmax(logits)[target], a Python float, in nats.

    Places whose target is ignore_index do not count. label_smoothing asks for a little of every token: that share of
    the truth is spread over all V evenly (Szegedy et al. 2016). The log-sum-exp form never takes the log of a
    rounded-off zero. Cache: the probabilities, the targets, each place's weight in the mean, the smoothing. Raises
    ModelInputError for a target that is no token, and where no place counts.
    """
    xp = array_module(logits)
    rows, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    counts = counted_targets(targets, rows.shape[-1], ignore_index)
    targets = xp.where(counts, targets, 0)
    probs = rows - rows.max(-1, keepdims=True)
    wanted = probs[xp.arange(len(rows)), targets]      # a copy, before probs is overwritten
    if label_smoothing:
        wanted = (1 - label_smoothing) * wanted + label_smoothing * probs.mean(-1)
    xp.exp(probs, out=probs)
    total = probs.sum(-1, keepdims=True)
    loss = float((xp.log(total[:, 0]) - wanted)[counts].mean())
    probs /= total
    weights = counts.astype(probs.dtype) / int(counts.sum())
    return loss, (probs.reshape(logits.shape), targets, weights, label_smoothing)


def cross_entropy_backward(cache):
    """-> dlogits (..., V), the gradient of the mean loss: what the model believes minus what is true, times weight."""
    probs, targets, weights, label_smoothing = cache
    dlogits = probs.reshape(-1, probs.shape[-1]).copy()
    dlogits[array_module(probs).arange(len(dlogits)), targets] -= 1 - label_smoothing
    dlogits -= label_smoothing / probs.shape[-1]
    dlogits *= weights[:, None]
    return dlogits.reshape(probs.shape)


def counted_targets(targets, n_vocab, ignore_index=IGNORE_INDEX):
    """targets (N,) -> (N,) bool: which places count. ModelInputError for a target that is no token, and if none counts.

    A negative target would be read as counting from the end of the vocabulary, and the model would learn nonsense.
    """
    counts = targets != ignore_index
    stray = counts & ((targets < 0) | (targets >= n_vocab))
    if int(stray.sum()):
        raise ModelInputError(f"target {int(targets[stray][0])} is out of range; allowed: 0 to {n_vocab - 1}, or "
                              f"{ignore_index} for a place that does not count")
    if not int(counts.sum()):
        raise ModelInputError(f"no place counts: all {len(targets)} targets are {ignore_index}; give at least one "
                              "token to learn")
    return counts
