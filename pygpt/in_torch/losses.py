"""The training loss.

V vocabulary
"""

import torch.nn.functional as F

IGNORE_INDEX = -100   # torch's number for "no answer here"


def cross_entropy(logits, targets, ignore_index=IGNORE_INDEX, label_smoothing=0.0):
    """logits (..., V), targets (...) ints -> the mean loss, a tensor of no dimensions, in nats.

    Places whose target is ignore_index do not count; label_smoothing spreads that share of the truth over all tokens.
    """
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), ignore_index=ignore_index,
                           label_smoothing=label_smoothing)
