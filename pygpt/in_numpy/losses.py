"""The training loss as a pair.

B batch  T positions  V vocabulary  N = B T
"""

from .backend import array_module


def cross_entropy_forward(logits, targets):
    """logits (..., V), targets (...) ints -> mean of -log softmax(logits)[target], a Python float, in nats.

    Cache: the probabilities and the targets. The log-sum-exp form never takes the log of a rounded-off zero.
    """
    xp = array_module(logits)
    rows = logits.reshape(-1, logits.shape[-1])
    probs = rows - rows.max(-1, keepdims=True)
    at_target = probs[xp.arange(len(rows)), targets.reshape(-1)]   # a copy, before probs is overwritten
    xp.exp(probs, out=probs)
    total = probs.sum(-1, keepdims=True)
    loss = float((xp.log(total[:, 0]) - at_target).mean())
    probs /= total
    return loss, (probs.reshape(logits.shape), targets)


def cross_entropy_backward(cache):
    """-> dlogits (..., V), the gradient of the mean loss: probabilities minus one at the target, over N."""
    probs, targets = cache
    xp = array_module(probs)
    dlogits = probs.reshape(-1, probs.shape[-1]).copy()
    dlogits[xp.arange(len(dlogits)), targets.reshape(-1)] -= 1
    dlogits *= 1 / len(dlogits)
    return dlogits.reshape(probs.shape)
