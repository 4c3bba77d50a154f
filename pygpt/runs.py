"""What runs left on the disk, read back: to list, to show, to compare."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from .bands import judge
from .checkpoint import latest
from .config import TrainConfig, load_config
from .errors import CheckpointError, ConfigError
from .tracking import read_log

UNTOLD = ("folder", "expected")   # settings in which runs always differ, or that say nothing of how they learn


@dataclass
class Run:
    """A run's folder. log: what log.jsonl holds, a dict a step and a dict an evaluation, oldest first."""

    folder: Path
    config: TrainConfig
    log: list

    @property
    def name(self):
        return self.folder.name

    @property
    def history(self):
        """The evaluations: dicts with step, train_loss and val_loss (nats per token)."""
        return [entry for entry in self.log if "val_loss" in entry]

    @property
    def steps(self):
        """How many are done."""
        return self.log[-1]["step"] if self.log else 0

    @property
    def best(self):
        """The evaluation with the lowest validation loss, or None."""
        return min(self.history, key=lambda entry: entry["val_loss"], default=None)

    @property
    def seconds(self):
        """Time it took, stops left out."""
        return self.log[-1].get("seconds", 0.0) if self.log else 0.0

    @property
    def state(self):
        """finished, failed, or stopped; a run that is still going looks stopped."""
        if (self.folder / "model").is_dir() and self.steps >= self.config.steps:
            return "finished"
        if (self.folder / "failure.json").exists():
            return "failed"
        return "stopped early" if self.config.early_stop and (self.folder / "model").is_dir() else "stopped"

    @property
    def samples(self):
        """(step, text) of what the model wrote on the way."""
        return [(entry["step"], entry["sample"]) for entry in self.log if "sample" in entry]

    def verdict(self):
        """("inside", "above", "below" or None, one sentence): how its curve lies to the band of its config."""
        return judge(self.config.expected, self.history)


def read_run(folder):
    """The Run in a folder; CheckpointError where there is none."""
    folder = Path(folder)
    if not (folder / "config.yaml").is_file():
        raise CheckpointError(f"{folder} holds no run; give the folder of one that `pygpt train` made, "
                              "see `pygpt runs list`")
    try:
        config = load_config(folder / "config.yaml")
    except ConfigError as error:
        raise CheckpointError(f"{folder / 'config.yaml'} cannot be used: {error}") from None
    return Run(folder, config, read_log(folder / "log.jsonl"))


def find_runs(root):
    """The runs below a folder, in the order of their names."""
    return [read_run(path.parent) for path in sorted(Path(root).rglob("config.yaml"))
            if latest(path.parent) or (path.parent / "log.jsonl").exists()]


def told_settings(run):
    """name -> value of the settings in which a run differs from the defaults, the model's as model.name."""
    usual = flat(TrainConfig())
    return {name: value for name, value in flat(run.config).items()
            if name.split(".")[0] not in UNTOLD and value != usual.get(name)}


def differences(runs):
    """name -> the value in each run, for the settings in which they differ; None where a run does not set it."""
    settings = [flat(run.config) for run in runs]
    names = dict.fromkeys(name for each in settings for name in each if name.split(".")[0] not in UNTOLD)
    rows = {name: [each.get(name) for each in settings] for name in names}
    return {name: values for name, values in rows.items() if any(value != values[0] for value in values)}


def flat(config):
    """The settings as one flat dict, those of the model as model.name."""
    settings = dataclasses.asdict(config)
    return {**{f"model.{name}": value for name, value in settings.pop("model").items()}, **settings}
