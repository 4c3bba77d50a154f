"""Numbers that compare language models. Losses are in nats per token, as cross entropy gives them."""

import math


def perplexity(loss):
    """exp(loss): the number of equally likely tokens a model hesitates between."""
    return math.exp(loss)


def bits_per_byte(loss, n_tokens, n_bytes):
    """Loss in nats per token -> bits per byte of the text, which compares models with different tokenizers."""
    return loss / math.log(2) * n_tokens / n_bytes
