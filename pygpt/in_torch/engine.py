"""What the trainer, the generator and the server ask of the PyTorch backend: pygpt.engine.Engine, fulfilled.

B batch  T positions  V vocabulary
"""

import math

import torch

from ..checkpoint import with_tied
from ..data.batches import split_batch
from ..errors import ConfigError
from .losses import cross_entropy
from .model import GPT
from .noise import add_embedding_noise
from .optim import clip_grad_norm, clip_grad_value, make_optimizer


class TorchEngine:
    """A GPT with its optimizer. Arrays go in and come out as NumPy, wherever the weights are."""

    backend = "torch"

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
        self._optimizer = None

    @classmethod
    def build(cls, config, seed=0, dtype="float32", device="cpu", **optimizer):
        check_device(device)
        torch.manual_seed(seed)
        return cls(GPT(config).to(device=device, dtype=getattr(torch, dtype)), **optimizer)

    @property
    def optimizer(self):
        """Made when first needed: a model that only generates carries no moments."""
        if self._optimizer is None:
            self._optimizer = self._make_optimizer()
        return self._optimizer

    def add_embedding_noise(self, alpha):
        """From now on training adds noise to the token embeddings."""
        add_embedding_noise(self.model, alpha)

    def step(self, ids, targets, lr):
        """One training step on ids and targets (B, T); the loss and the gradient norm before clipping, floats.

        Where either is not finite the weights and moments stay as they were.
        """
        self.model.train()
        self.optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for x, y, share in split_batch(ids, targets, self.accumulate):
            loss = cross_entropy(self.model(x), self._to_device(y), label_smoothing=self.label_smoothing) * share
            loss.backward()                       # autograd adds to what is there
            total += loss.detach()
        if self.clip_value:
            clip_grad_value(self.model.parameters(), self.clip_value)
        norm = clip_grad_norm(self.model.parameters(), self.grad_clip)
        loss = float(total)
        if math.isfinite(loss) and math.isfinite(norm):
            self.optimizer.step(lr)
        return loss, norm

    @torch.no_grad()
    def loss(self, ids, targets):
        """The loss on ids and targets (B, T) without dropout, keeping nothing."""
        self.model.eval()
        return cross_entropy(self.model(ids), self._to_device(targets)).item()

    @torch.no_grad()
    def logits(self, ids, cache=None):
        """ids (B, T) -> logits of the next token (B, V), on the host, without dropout."""
        self.model.eval()
        return self.model(ids, cache=cache)[:, -1].cpu().numpy()

    def new_cache(self):
        return self.model.new_cache()

    def state_dict(self):
        """Name -> array on the host, each tied weight once. They may be the live ones: copy what must not change."""
        return {name: parameter.detach().cpu().numpy() for name, parameter in self.model.named_parameters()}

    def load_state_dict(self, state):
        """Take over weights, as state_dict gives them or with tied ones under both names."""
        self.model.load_state_dict(with_tied(state, self.config))

    def optimizer_state(self):
        return self.optimizer.moments()

    def load_optimizer_state(self, arrays, steps):
        self.optimizer.load_moments(arrays, steps)

    def random_state(self):
        """The state of torch's generator on the host, which dropout on a CPU draws from, as text for JSON."""
        return torch.get_rng_state().numpy().tobytes().hex()

    def load_random_state(self, state):
        torch.set_rng_state(torch.frombuffer(bytearray.fromhex(state), dtype=torch.uint8))

    def _to_device(self, array):
        return torch.as_tensor(array, device=self.model.wte.weight.device)


def check_device(device):
    """Raise ConfigError, in one line, for a device that torch does not have here."""
    kind = device.split(":")[0]
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not present.get(kind, False):
        raise ConfigError(f"device={device!r} is not here; "
                          f"allowed: {', '.join(k for k, here in present.items() if here)}")
