"""The training loss.

V vocabulary
"""

import torch.nn.functional as F


def cross_entropy(logits, targets):
    """logits (..., V), targets (...) ints -> the mean loss, a tensor of no dimensions, in nats."""
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))
