"""`pygpt train`: a run with its progress bar, its trackers and its logs."""

import logging
import shlex
import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Level(StrEnum):
    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


def train(config: Annotated[str, typer.Argument(help="a YAML file, for example configs/shakespeare-numpy.yaml")],
          overrides: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="settings")] = None,
          resume: Annotated[bool, typer.Option("--resume", help="go on from the newest checkpoint")] = False,
          log_level: Annotated[Level, typer.Option(help="what is said beside the progress bar")] = Level.info):
    """Train a model as a YAML file says.

    key=value changes a setting, model.n_layer=2 one of the model's. track=tensorboard or track=wandb adds a tracker.
    The run's folder keeps config.yaml, log.jsonl, run.log, the checkpoints and, at the end, the model.
    """
    from .config import load_config

    settings = load_config(config, overrides or ())   # a slip in it shows before anything heavy is imported
    from .tracking import EXTRAS, Console, JSONLines, Several
    from .train import train as run

    folder = Path(settings.folder)
    trackers = Several(Console(), JSONLines(folder / "log.jsonl"),
                       *(EXTRAS[name](folder) for name in settings.trackers))
    try:
        with logging_to(folder / "run.log", log_level.value):
            run(settings, trackers, resume=resume)
    except KeyboardInterrupt:
        from .cli import Interrupted

        again = shlex.join(["pygpt", "train", config, *(overrides or ()), "--resume"])
        raise Interrupted(f"interrupted; to go on: {again}") from None
    typer.echo(f"the model is in {folder / 'model'}; to see it write: pygpt generate --model {folder / 'model'}")


@contextmanager
def logging_to(path, level):
    """Send what the package logs to the terminal, from `level` up, and all of it with times to a file."""
    logger = logging.getLogger(__package__)
    console, file = AboveTheBar(), RunLog(path)
    console.setLevel(level.upper())
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    before = logger.level, logger.propagate
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    for handler in (console, file):
        logger.addHandler(handler)
    try:
        yield
    finally:
        for handler in (console, file):
            logger.removeHandler(handler)
            handler.close()
        logger.level, logger.propagate = before


class AboveTheBar(logging.Handler):
    """Writes to stderr, and a progress bar that is there moves down by a line."""

    def emit(self, record):
        from tqdm import tqdm

        tqdm.write(self.format(record), file=sys.stderr)


class RunLog(logging.FileHandler):
    """Appends to the log in a run's folder. A run that never began has no folder, and gets none for its log."""

    def __init__(self, path):
        super().__init__(path, delay=True, encoding="utf-8")

    def emit(self, record):
        if Path(self.baseFilename).parent.is_dir():
            super().emit(record)
