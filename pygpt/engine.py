"""One face for every backend: what training, generation and serving may ask, and how to get it.

B batch  T positions  V vocabulary
"""

import importlib
from pathlib import Path
from typing import Protocol

from .checkpoint import read_model
from .errors import ConfigError, unknown

SHIPPED_MODEL = Path(__file__).parent / "models" / "shakespeare"
ENGINES = {"numpy": "in_numpy.engine:NumpyEngine", "torch": "in_torch.engine:TorchEngine"}   # loaded when asked for


class Engine(Protocol):
    """A model, its optimizer and its device. Arrays go in and come out as NumPy, whatever is inside."""

    def step(self, ids, targets, lr): """Train once on ids, targets (B, T); -> loss, gradient norm before clipping."""
    def add_embedding_noise(self, alpha): """Add noise to the token embeddings in every training step from now on."""
    def loss(self, ids, targets): """Loss on ids, targets (B, T), without dropout, keeping nothing; a float."""
    def logits(self, ids, cache=None): """ids (B, T) -> logits of the next token (B, V)."""
    def new_cache(self): """An empty KV cache, to pass to `logits`."""
    def state_dict(self): """Name -> array, each tied weight once; perhaps live ones."""
    def load_state_dict(self, state): """Take weights of any backend; CheckpointError where they do not fit."""
    def optimizer_state(self): """-> (name -> array, steps done)."""
    def load_optimizer_state(self, arrays, steps): """Take over the moments of any backend."""
    def random_state(self): """State of the generator that dropout draws from, fit for JSON."""
    def load_random_state(self, state): """Put that state back."""


def engine_class(backend):
    """The engine's class; ConfigError for an unknown backend or one that is not installed."""
    if backend not in ENGINES:
        raise ConfigError(unknown("backend", backend, ENGINES))
    module, name = ENGINES[backend].split(":")
    try:
        return getattr(importlib.import_module(f"{__package__}.{module}"), name)
    except ModuleNotFoundError as error:
        if error.name != backend:
            raise
        raise ConfigError(f"backend {backend!r} is not installed; run: pip install {backend}") from None


def make_engine(backend, config, seed=0, dtype="float32", device="cpu", **optimizer):
    """A fresh model of `config` in an engine. The same seed gives the same weights on every backend.

    optimizer: optimizer (a name), betas, weight_decay, grad_clip, clip_value, accumulate, label_smoothing,
    lr_factors.
    """
    engine = engine_class(backend).build(config, seed, dtype, device, **optimizer)
    if backend != "numpy":   # NumPy's draw is the one that everybody starts from, so that learning curves compare
        engine.load_state_dict(engine_class("numpy").build(config, seed, dtype).model.state_dict())
    return engine


def engine_for(model):
    """The engine of a GPT that already exists, for generation; a model knows its backend by name."""
    backend = getattr(model, "backend", None)
    if backend is None:
        raise ConfigError(f"{type(model).__name__} is not a pygpt model; "
                          "pass a GPT of pygpt.in_numpy or pygpt.in_torch")
    return engine_class(backend)(model)


def load_model(path=None, backend="numpy"):
    """(model, tokenizer) from a saved folder, or the model that comes with the course. Needs no network.

    Raises CheckpointError, in one line, for a folder that is missing, damaged or something else.
    """
    config, state, tokenizer = read_model(path or SHIPPED_MODEL)
    engine = engine_class(backend).build(config)
    engine.load_state_dict(state)
    return engine.model, tokenizer
