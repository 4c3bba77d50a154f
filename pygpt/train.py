"""One training loop for every backend: batch, step, evaluate, save, and go on exactly where it stopped.

B batch  T positions
"""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import checkpoint
from .data import open_corpus
from .data.batches import Batches, fixed_batches
from .data.encoded import encode_corpus, encode_documents, open_tokenizer, tokenizer_sum
from .data.sequences import BudgetBatches, CurriculumBatches, Sequences
from .engine import make_engine
from .errors import CheckpointError, PyGPTError
from .metrics import bits_per_byte
from .schedules import learning_rate
from .tracking import Silent


@dataclass
class TrainResult:
    """What a run leaves: the engine with its trained model, the tokenizer, and its curve."""

    engine: object
    tokenizer: object
    folder: Path
    history: list = field(default_factory=list)   # dicts with step, train_loss, val_loss (nats per token)

    @property
    def model(self):
        return self.engine.model


class TrainingError(PyGPTError):
    """A run that cannot go on."""


def train(config, tracker=None, resume=False, save=True):
    """Train a GPT as `config` (a TrainConfig) says and return a TrainResult.

    resume: go on from the newest checkpoint in config.folder; the result is the same, to the bit, as without the stop.
    save: write checkpoints `step-*`, `best` and, at the end, `model` into config.folder.
    Ctrl-C saves first. A folder that already holds a run is not written over. Raises DataError without the corpus,
    CheckpointError where resuming cannot work.
    """
    existing = checkpoint.latest(config.folder)
    if save and existing and not resume:
        raise CheckpointError(f"{config.folder} already holds a run, saved at {existing.name}; go on with --resume, "
                              "choose another folder=..., or delete it")
    run = _Run(config, tracker or Silent(), save)
    if resume:
        run.resume()
    return run.go()


class _Run:
    """The state of one run. Everything that changes is saved by `save` and put back by `resume`."""

    def __init__(self, config, tracker, save):
        self.config, self.tracker, self.saving = config, tracker, save
        self.folder = Path(config.folder)
        corpus = open_corpus(config.corpus)
        self.tokenizer = open_tokenizer(config.tokenizer, corpus)
        self.model_config = config.model_config(self.tokenizer.vocab_size)
        self.engine = make_engine(config.backend, self.model_config, config.seed, config.dtype, config.device,
                                  optimizer=config.optimizer, betas=(config.beta1, config.beta2),
                                  weight_decay=config.weight_decay, grad_clip=config.grad_clip,
                                  clip_value=config.clip_value, accumulate=config.accumulate,
                                  label_smoothing=config.label_smoothing, lr_factors=config.lr_factors)
        if config.embedding_noise:
            self.engine.add_embedding_noise(config.embedding_noise)
        tokens = encode_corpus(corpus, self.tokenizer)
        size = config.batch_size, self.model_config.block_size
        self.batches = make_batches(config, corpus, self.tokenizer, tokens["train"], size[1])
        # Evaluations are the same windows however the run is fed, so that their losses compare.
        self.val_batches, self.train_batches = (fixed_batches(tokens[part], *size, config.eval_batches)
                                                for part in ("val", "train"))
        self.step, self.history = 0, []

    def go(self):
        config = self.config
        self.tracker.start(self._describe(), self.step)
        try:
            while self.step < config.steps:
                if self.step % config.eval_every == 0 and not self._evaluated():
                    self.evaluate()
                self.one_step()
                if self.step % config.save_every == 0:
                    self.save()
            if not self._evaluated():
                self.evaluate()
        except KeyboardInterrupt:
            self.save()
            raise
        finally:
            self.tracker.finish()
        if self.saving:
            checkpoint.save_model(self.folder / "model", self.model_config, self.engine.state_dict(), self.tokenizer)
        return TrainResult(self.engine, self.tokenizer, self.folder, self.history)

    def one_step(self):
        config = self.config
        lr = learning_rate(config.schedule, self.step, lr=config.lr, min_lr=config.min_lr, warmup=config.warmup,
                           total=config.steps)
        loss, norm = self.engine.step(*self.batches.next(), lr)
        if not np.isfinite(loss):
            raise TrainingError(f"the loss became {loss} at step {self.step}; lower lr (now {lr:.1e}) and resume from "
                                "the last checkpoint, which is from before")
        self.step += 1
        self.tracker.log(self.step, loss=loss, lr=lr, grad_norm=norm)

    def evaluate(self):
        """Mean loss on the fixed batches of both splits; the best model by validation is kept."""
        train_loss, val_loss = (float(np.mean([self.engine.loss(*batch) for batch in batches]))
                                for batches in (self.train_batches, self.val_batches))
        best = min((entry["val_loss"] for entry in self.history), default=np.inf)
        self.history.append({"step": self.step, "train_loss": train_loss, "val_loss": val_loss})
        self.tracker.log(self.step, train_loss=train_loss, val_loss=val_loss)
        if self.saving and self.step and val_loss < best:
            checkpoint.save_model(self.folder / "best", self.model_config, self.engine.state_dict(), self.tokenizer)

    def save(self):
        if not self.saving or self.step == 0:
            return
        run = {"step": self.step, "history": self.history, "batches": self.batches.state_dict(),
               "config": dataclasses.asdict(self.config)}
        checkpoint.save_run(self.folder / f"step-{self.step:07d}", self.model_config, self.engine, self.tokenizer, run)
        checkpoint.rotate(self.folder, self.config.keep)

    def resume(self):
        folder = checkpoint.latest(self.folder)
        if folder is None:
            raise CheckpointError(f"{self.folder} holds no checkpoint to resume from; start without --resume")
        self._check_same_feed(folder)
        run = checkpoint.load_run(folder, self.engine)
        try:
            self.step, self.history = run["step"], run["history"]
            self.batches.load_state_dict(run["batches"])
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{folder / 'run.json'} is damaged: {error!r}; "
                                  f"delete {folder} and resume again") from None

    def _check_same_feed(self, folder):
        """CheckpointError where the saved run read other tokens, or in another way: its place means nothing here."""
        _, _, tokenizer = checkpoint.read_model(folder)
        if tokenizer_sum(tokenizer) != tokenizer_sum(self.tokenizer):
            raise CheckpointError(f"{folder} was trained with another tokenizer than tokenizer={self.config.tokenizer}"
                                  f" with corpus={self.config.corpus}; resume with the same ones, or start another "
                                  "folder=...")
        saved = checkpoint.read_run(folder).get("config", {}).get("batching", "fixed")
        if saved != self.config.batching:
            raise CheckpointError(f"{folder} was trained with batching={saved}, not {self.config.batching}; resume "
                                  "with the same, or start another folder=...")

    def _evaluated(self):
        return bool(self.history) and self.history[-1]["step"] == self.step

    def _describe(self):
        fixed = self.config.batching == "fixed"
        return {"backend": self.config.backend, "parameters": self.engine.model.num_parameters(),
                "steps": self.config.steps, "folder": str(self.folder),
                "tokens_per_step": self.config.batch_size * self.model_config.block_size if fixed
                else self.config.max_tokens}


def make_batches(config, corpus, tokenizer, tokens, block_size):
    """The stream of training batches that config.batching asks for; `tokens` is the training part as ids."""
    if config.batching == "fixed":
        return Batches(tokens, config.batch_size, block_size, seed=config.seed)
    sequences = Sequences(*encode_documents(corpus, tokenizer)["train"], longest=block_size)
    if config.batching == "budget":
        return BudgetBatches(sequences, config.max_tokens, config.seed)
    return CurriculumBatches(sequences, config.max_tokens, config.curriculum_steps, config.seed)


def validation_loss(engine, tokenizer, text, batch_size=32):
    """(loss in nats per token, bits per byte) over all of `text` in windows of the context, each token scored once."""
    T = engine.config.block_size
    tokens = np.array(tokenizer.encode(text))
    n_windows = (len(tokens) - 1) // T
    ids, targets = (tokens[i:i + n_windows * T].reshape(n_windows, T) for i in (0, 1))
    total = sum(engine.loss(ids[i:i + batch_size], targets[i:i + batch_size]) * len(ids[i:i + batch_size])
                for i in range(0, n_windows, batch_size))
    loss = total / n_windows
    n_bytes = len(tokenizer.decode(tokens[1:n_windows * T + 1]).encode())
    return loss, bits_per_byte(loss, n_windows * T, n_bytes)
