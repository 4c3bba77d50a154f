"""The configurations that every backend must agree on. Small, with sizes that differ, so no axis passes for another."""

import itertools

import numpy as np

from pygpt.config import CHOICES, GPTConfig

BASE = dict(vocab_size=11, block_size=9, n_layer=2, n_head=2, n_embd=12)
ZOO = {
    "base": GPTConfig(**BASE),
    "no_bias": GPTConfig(**BASE | dict(bias=False)),
    "untied": GPTConfig(**BASE | dict(tie_weights=False)),
    "one_head_wide_mlp": GPTConfig(**BASE | dict(n_head=1, n_hidden=20)),
    "many_heads_deep": GPTConfig(**BASE | dict(n_head=6, n_layer=3, norm_eps=1e-6)),
    "smallest": GPTConfig(vocab_size=2, block_size=1, n_layer=1, n_head=1, n_embd=1),
    "interleaved": GPTConfig(**BASE | dict(position="rope", rope_pairs="interleaved", rope_theta=100.0)),
    "sliding": GPTConfig(**BASE | dict(attention="sliding", window=3)),
    "sliding_alibi_groups": GPTConfig(**BASE | dict(attention="sliding", window=4, position="alibi", n_kv_head=1)),
    "fast_parts": GPTConfig(**BASE | dict(qk_norm=True, token_shift=True, init="zero", tie_weights=False, bias=False,
                                          position="rope", norm="rmsnorm", mlp="relu2")),
    "fast_parts_post_groups": GPTConfig(**BASE | dict(qk_norm=True, token_shift=True, norm_place="post", n_head=6,
                                                      n_kv_head=2)),
    "three_head_alibi": GPTConfig(**BASE | dict(n_head=3, position="alibi")),
}


def every_choice():
    """A config for each norm x placement x MLP x position, heads grouped in three ways by turns: all 80."""
    choices = [CHOICES[name] for name in ("norm", "norm_place", "mlp", "position")]
    for i, (norm, place, mlp, position) in enumerate(itertools.product(*choices)):
        n_kv_head = (6, 2, 1)[i % 3]
        name = f"{norm}-{place}-{mlp}-{position}-{n_kv_head}"
        yield name, GPTConfig(vocab_size=11, block_size=7, n_layer=2, n_head=6, n_embd=12, norm=norm, norm_place=place,
                              mlp=mlp, position=position, n_kv_head=n_kv_head, bias=norm == "layernorm")


ZOO |= every_choice()


def fill(model, seed=0):
    """Random values in every weight of a NumPy model: a zero bias or a scale of one would hide a wrong gradient."""
    rng = np.random.default_rng(seed)
    for parameter in model.parameters():
        parameter.data[...] = rng.normal(0, 0.5, parameter.data.shape)
    return model


def twins(config, dtype="float64", seed=0):
    """The same weights in NumPy and in PyTorch."""
    import torch

    from pygpt import in_numpy, in_torch

    ours = fill(in_numpy.GPT(config, dtype=dtype), seed)
    theirs = in_torch.GPT(config).to(getattr(torch, dtype))
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def random_ids(config, batch=3, seed=1):
    """ids and targets (B, T) of the full context, with repeated tokens."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, config.vocab_size, (2, batch, config.block_size))
