"""Curves, histograms and samples for TensorBoard: `tensorboard --logdir runs` shows them in a browser."""

from pathlib import Path

from ..errors import ConfigError
from .base import Silent

GROUPS = {"loss": "loss/batch", "train_loss": "loss/train", "val_loss": "loss/validation", "lr": "step/learning rate",
          "grad_norm": "step/gradient norm"}
MOST_EMBEDDINGS = 2000   # more tokens than these the projector draws slowly


class TensorBoard(Silent):
    """Writes into `folder`/tensorboard: numbers, settings and samples as they come, weights after every evaluation."""

    def __init__(self, folder):
        self.folder = Path(folder) / "tensorboard"
        self.writer_class = summary_writer()
        self.last = None

    def start(self, run, step):
        self.writer = self.writer_class(self.folder, purge_step=step + 1 if step else None)
        settings = run.get("settings", {})
        self.writer.add_text("settings", "\n".join(f"    {key}: {value}" for key, value in settings.items()), step)

    def log(self, step, **numbers):
        for name, value in numbers.items():
            self.writer.add_scalar(GROUPS.get(name, name), value, step)

    def evaluated(self, step, engine, tokenizer):
        weights = engine.state_dict()
        for name, array in weights.items():
            self.writer.add_histogram(f"weights/{name}", array, step)
        self.last = step, weights["wte.weight"], tokenizer

    def sample(self, step, text):
        self.writer.add_text("sample", "\n".join("    " + line for line in text.split("\n")), step)

    def finish(self):
        if self.last:   # the token embeddings once, at the end: each is a table of its own on the disk
            step, table, tokenizer = self.last
            count = min(len(table), MOST_EMBEDDINGS)
            labels = [printable(tokenizer, token) for token in range(count)]
            self.writer.add_embedding(table[:count], metadata=labels, tag="tokens", global_step=step)
        self.writer.close()


def printable(tokenizer, token):
    """A token on one line, never empty: the projector refuses an empty label."""
    return f"{token} {tokenizer.decode([token])!r}"


def summary_writer():
    """torch's SummaryWriter; ConfigError where it or TensorBoard is missing."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise ConfigError('track=tensorboard needs TensorBoard and torch; run: pip install "pygpt-course[track,torch]"'
                          ) from None
    return SummaryWriter
