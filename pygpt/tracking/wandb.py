"""Curves and samples for Weights & Biases, kept on this machine unless the reader says otherwise."""

import os
from html import escape
from pathlib import Path

from ..errors import ConfigError
from .base import Silent


class WandB(Silent):
    """Writes a run under `folder`/wandb, offline; `wandb sync` sends it later. WANDB_MODE=online sends it at once."""

    def __init__(self, folder):
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")   # no network unless asked
        try:
            import wandb
        except ImportError:
            raise ConfigError('track=wandb needs wandb; run: pip install "pygpt-course[track]"') from None
        self.wandb, self.folder = wandb, Path(folder)

    def start(self, run, step):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.run = self.wandb.init(
            project="pygpt", name=self.folder.name, dir=str(self.folder), config=run.get("settings", {}),
            mode=os.environ.get("WANDB_MODE", "offline"), settings=self.wandb.Settings(silent=True, console="off"))

    def log(self, step, **numbers):
        self.run.log(numbers, step=step)

    def evaluated(self, step, engine, tokenizer):
        self.run.log({f"weights/{name}": self.wandb.Histogram(array) for name, array in engine.state_dict().items()},
                     step=step)

    def sample(self, step, text):
        self.run.log({"sample": self.wandb.Html(f"<pre>{escape(text)}</pre>")}, step=step)

    def finish(self):
        self.run.finish()

