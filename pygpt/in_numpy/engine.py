"""What the trainer, the generator and the server ask of the NumPy backend: pygpt.engine.Engine, fulfilled.

B batch  T positions  V vocabulary
"""

import math

from ..checkpoint import with_tied
from ..data.batches import split_batch
from .backend import to_host
from .losses import cross_entropy_forward
from .model import GPT
from .noise import add_embedding_noise
from .optim import clip_grad_norm, clip_grad_value, make_optimizer
from .parallel import ParallelGradients


class NumpyEngine:
    """A GPT with its optimizer. Arrays go in and come out as NumPy."""

    backend = "numpy"

    def __init__(self, model, optimizer="adamw", betas=(0.9, 0.99), weight_decay=0.1, grad_clip=1.0, clip_value=0.0,
                 accumulate=1, label_smoothing=0.0, lr_factors=None):
        """optimizer: a name of OPTIMIZERS. accumulate: parts of a batch whose gradients are added up one by one.

        lr_factors: {"wte": 2.0} lets that table learn at twice the learning rate.
        """
        self.model, self.config = model, model.config
        self.grad_clip, self.clip_value = grad_clip, clip_value
        self.accumulate, self.label_smoothing = accumulate, label_smoothing
        self._make_optimizer = lambda: make_optimizer(optimizer, self.model.named_parameters(), betas, weight_decay,
                                                      lr_factors)
        self._optimizer = self._gradients = None

    @classmethod
    def build(cls, config, seed=0, dtype="float32", device="cpu", **optimizer):
        return cls(GPT(config, rng=seed, dtype=dtype), **optimizer)

    @property
    def optimizer(self):
        """Made when first needed: a model that only generates carries no moments."""
        if self._optimizer is None:
            self._optimizer = self._make_optimizer()
        return self._optimizer

    def add_embedding_noise(self, alpha):
        """From now on training adds noise to the token embeddings."""
        add_embedding_noise(self.model, alpha)
        self._gradients = None   # its workers are copies of the model as it was

    def step(self, ids, targets, lr):
        """One training step on ids and targets (B, T); the loss and the gradient norm before clipping, floats.

        Where either is not finite the weights and moments stay as they were.
        """
        if self._gradients is None or not self._gradients.fits():
            self._gradients = ParallelGradients(self.model, label_smoothing=self.label_smoothing)
        self.model.train()
        loss = self._accumulated(ids, targets)
        if self.clip_value:
            clip_grad_value(self.optimizer.parameters.values(), self.clip_value)
        norm = clip_grad_norm(self.optimizer.parameters.values(), self.grad_clip)
        if math.isfinite(loss) and math.isfinite(norm):
            self.optimizer.step(lr)
        return loss, norm

    def _accumulated(self, ids, targets):
        """The mean loss; gradients are those of the whole batch, made part by part in the memory of one."""
        parts = split_batch(ids, targets, self.accumulate)
        if len(parts) == 1:
            return self._gradients(*parts[0][:2])
        loss, sums = 0.0, {}
        for x, y, share in parts:
            loss += share * self._gradients(x, y)
            for name, parameter in self.optimizer.parameters.items():
                grad = share * parameter.grad
                sums[name] = sums[name] + grad if name in sums else grad
        for name, parameter in self.optimizer.parameters.items():
            parameter.grad = sums[name]
        return loss

    def loss(self, ids, targets):
        """The loss on ids and targets (B, T) without dropout, keeping nothing."""
        self.model.eval()
        return cross_entropy_forward(self.model(ids), targets)[0]

    def logits(self, ids, cache=None):
        """ids (B, T) -> logits of the next token (B, V), on the host, without dropout."""
        self.model.eval()
        return to_host(self.model(ids, cache=cache)[:, -1])

    def new_cache(self):
        return self.model.new_cache()

    def state_dict(self):
        """Name -> array on the host, each tied weight once. They may be the live ones: copy what must not change."""
        return {name: to_host(parameter.data) for name, parameter in self.model.named_parameters()}

    def load_state_dict(self, state):
        """Take over weights, as state_dict gives them or with tied ones under both names."""
        self.model.load_state_dict(with_tied(state, self.config))

    def optimizer_state(self):
        arrays, steps = self.optimizer.moments()
        return {name: to_host(array) for name, array in arrays.items()}, steps

    def load_optimizer_state(self, arrays, steps):
        self.optimizer.load_moments(arrays, steps)

    def random_state(self):
        """The state of the generator that dropout draws from, as plain numbers for JSON."""
        return self.model.rng.bit_generator.state

    def load_random_state(self, state):
        self.model.rng.bit_generator.state = state
