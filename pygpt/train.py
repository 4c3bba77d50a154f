"""One training loop for every backend: batch, step, evaluate, save, and go on exactly where it stopped.

B batch  T positions
"""

import dataclasses
import json
import logging
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import checkpoint
from .bands import judge
from .config import save_config
from .data import open_corpus
from .data.batches import Batches, fixed_batches
from .data.encoded import encode_corpus, encode_documents, open_tokenizer, tokenizer_sum
from .data.sequences import BudgetBatches, CurriculumBatches, Sequences
from .diagnosis import first_nonfinite
from .engine import make_engine
from .errors import CheckpointError, PyGPTError
from .files import write_atomically
from .generate import generate
from .interrupts import CtrlC
from .schedules import learning_rate
from .tracking import Silent

log = logging.getLogger(__name__)
MAY_CHANGE = {"steps", "folder", "backend", "device", "eval_every", "save_every", "keep", "early_stop", "sample_every",
              "sample_tokens", "track", "expected"}   # between a run and its resumption, without a word


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

    resume: go on from the newest sound checkpoint in config.folder; the result is the same, to the bit, as without the
    stop, however the run was stopped.
    save: write config.yaml, checkpoints `step-*`, `best` and, at the end, `model` into config.folder.
    Ctrl-C ends the step, saves and raises KeyboardInterrupt; a second one does not wait. A folder that already holds a
    run is not written over. Raises DataError without the corpus, CheckpointError where resuming cannot work, and
    TrainingError where the loss is no number any more.
    """
    existing = checkpoint.latest(config.folder)
    if save and existing and not resume:
        raise CheckpointError(f"{config.folder} already holds a run, saved at {existing.name}; go on with --resume, "
                              "choose another folder=..., or delete it")
    run = _Run(config, tracker or Silent(), save)
    if save:
        checkpoint.tidy(config.folder)
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
        self.engine = make_engine_of(config, self.model_config)
        tokens = encode_corpus(corpus, self.tokenizer)
        size = config.batch_size, self.model_config.block_size
        self.batches = make_batches(config, corpus, self.tokenizer, tokens["train"], size[1])
        # Evaluations are the same windows however the run is fed, so that their losses compare.
        self.val_batches, self.train_batches = (fixed_batches(tokens[part], *size, config.eval_batches)
                                                for part in ("val", "train"))
        self.prompt = [int(tokens["val"][0])]
        self.step, self.history = 0, []

    def go(self):
        if self.saving:
            save_config(self.config, self.folder / "config.yaml")
            (self.folder / "failure.json").unlink(missing_ok=True)   # of an attempt before this one
        self.tracker.start(self._describe(), self.step)
        try:
            with CtrlC() as stop:
                if not self.history:
                    self.evaluate()
                while self.step < self.config.steps and not self.stopped_early():
                    self.one_step()
                    self.after_step()
                    if stop.is_set():
                        raise KeyboardInterrupt
            if self.step < self.config.steps:
                log.info("stopped early: %d evaluations without a new best", self.config.early_stop)
        except KeyboardInterrupt:
            if self.between_steps:
                self.save()
                log.info("interrupted at step %d, saved", self.step)
            raise
        finally:
            self.tracker.finish()
        if self.saving:
            checkpoint.save_model(self.folder / "model", self.model_config, self.engine.state_dict(), self.tokenizer)
        log.info("finished%s", f": {judge(self.config.expected, self.history)[1]}" if self.config.expected else "")
        return TrainResult(self.engine, self.tokenizer, self.folder, self.history)

    between_steps = True   # only then are weights, moments and data of one and the same step

    def one_step(self):
        config = self.config
        lr = learning_rate(config.schedule, self.step, lr=config.lr, min_lr=config.min_lr, warmup=config.warmup,
                           total=config.steps)
        self.between_steps = False
        ids, targets = self.batches.next()
        loss, norm = self.engine.step(ids, targets, lr)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            self.fail(loss, norm, lr, ids)
        self.step += 1
        self.between_steps = True
        self.tracker.log(self.step, loss=loss, lr=lr, grad_norm=norm)

    def after_step(self):
        """What is due after a step. The checkpoint comes last, so that it holds all that belongs to its step."""
        config, last = self.config, self.step == self.config.steps
        if last or self.step % config.eval_every == 0:
            self.evaluate()
        if config.sample_every and (last or self.step % config.sample_every == 0):
            ids = generate(self.engine.model, self.prompt, config.sample_tokens, temperature=0.8, seed=config.seed)
            self.tracker.sample(self.step, self.tokenizer.decode(ids))
        if last or self.step % config.save_every == 0 or self.stopped_early():
            self.save()

    def evaluate(self):
        """Mean loss on the fixed batches of both splits; the best model by validation is kept."""
        train_loss, val_loss = (float(np.mean([self.engine.loss(*batch) for batch in batches]))
                                for batches in (self.train_batches, self.val_batches))
        best = min((entry["val_loss"] for entry in self.history), default=np.inf)
        self.history.append({"step": self.step, "train_loss": train_loss, "val_loss": val_loss})
        self.tracker.log(self.step, train_loss=train_loss, val_loss=val_loss)
        self.tracker.evaluated(self.step, self.engine, self.tokenizer)
        log.debug("step %d: train %.4f, validation %.4f", self.step, train_loss, val_loss)
        if self.saving and self.step and val_loss < best:
            checkpoint.save_model(self.folder / "best", self.model_config, self.engine.state_dict(), self.tokenizer)

    def stopped_early(self):
        """Whether the last `early_stop` evaluations brought no new best: known from the history, so it resumes."""
        patience = self.config.early_stop
        losses = [entry["val_loss"] for entry in self.history]
        return bool(patience) and len(losses) > patience and min(losses[-patience:]) >= min(losses[:-patience])

    def fail(self, loss, norm, lr, ids):
        """Raise TrainingError with the step, the batch and the part of the model where the trouble began."""
        self.engine.model.eval()
        with np.errstate(all="ignore"):
            began = first_nonfinite(self.engine.model, ids)
        batch = self.tokenizer.decode([int(i) for i in ids[0]])[:40]
        where = f"it began in {began}" if began else "every part of the model is finite, their sum is not"
        told = f"loss {loss} and gradient norm {norm} at step {self.step}, in the batch {batch!r}...: {where}"
        log.error(told)
        if self.saving:
            write_atomically(self.folder / "failure.json", json.dumps(
                {"step": self.step, "lr": lr, "loss": str(loss), "grad_norm": str(norm), "began": began,
                 "batch": np.asarray(ids).tolist()}))
        raise TrainingError(f"{told}; lower lr (now {lr:.1e}) or raise warmup, and resume from the last checkpoint, "
                            "which is from before")

    def save(self):
        if not self.saving or self.step == 0:
            return
        run = {"step": self.step, "history": self.history, "batches": self.batches.state_dict(),
               "config": dataclasses.asdict(self.config)}
        checkpoint.save_run(self.folder / f"step-{self.step:07d}", self.model_config, self.engine, self.tokenizer, run)
        checkpoint.rotate(self.folder, self.config.keep)
        log.debug("saved step-%07d", self.step)

    def resume(self):
        folder = checkpoint.newest_sound(self.folder)
        self._check_same_feed(folder)
        run = checkpoint.load_run(folder, self.engine)
        try:
            self.step, self.history = run["step"], run["history"]
            self.batches.load_state_dict(run["batches"])
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{folder / 'run.json'} is damaged: {error!r}; "
                                  f"delete {folder} and resume again") from None
        log.info("going on from %s", folder.name)
        before, now = run.get("config", {}), dataclasses.asdict(self.config)
        for name in sorted(set(before) & set(now) - MAY_CHANGE):
            if before[name] != now[name]:
                log.warning("%s was %r until step %d and is %r from here on", name, before[name], self.step, now[name])

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

    def _describe(self):
        fixed = self.config.batching == "fixed"
        return {"backend": self.config.backend, "parameters": self.engine.model.num_parameters(),
                "steps": self.config.steps, "folder": str(self.folder), "settings": dataclasses.asdict(self.config),
                "tokens_per_step": self.config.batch_size * self.model_config.block_size if fixed
                else self.config.max_tokens}


def make_engine_of(config, model_config):
    """A fresh model with its optimizer, as a TrainConfig says."""
    engine = make_engine(config.backend, model_config, config.seed, config.dtype, config.device,
                         optimizer=config.optimizer, betas=(config.beta1, config.beta2),
                         weight_decay=config.weight_decay, grad_clip=config.grad_clip, clip_value=config.clip_value,
                         accumulate=config.accumulate, label_smoothing=config.label_smoothing,
                         lr_factors=config.lr_factors)
    if config.embedding_noise:
        engine.add_embedding_noise(config.embedding_noise)
    return engine


def make_batches(config, corpus, tokenizer, tokens, block_size):
    """The stream of training batches that config.batching asks for; `tokens` is the training part as ids."""
    if config.batching == "fixed":
        return Batches(tokens, config.batch_size, block_size, seed=config.seed)
    sequences = Sequences(*encode_documents(corpus, tokenizer)["train"], longest=block_size)
    if config.batching == "budget":
        return BudgetBatches(sequences, config.max_tokens, config.seed)
    return CurriculumBatches(sequences, config.max_tokens, config.curriculum_steps, config.seed)
