"""The band a config's validation loss should lie in: `python -m benchmarks.bands configs/shakespeare-torch.yaml`.

Trains with seeds that nothing was tuned on and prints the lines for `expected:`. The band is the mean, five standard
deviations to either side, 0.03 nats at least: rounding differs between machines and backends. --until stops each run
after a step, for configs that take an hour.
"""

import argparse
import dataclasses

import numpy as np

from pygpt import load_config, train
from pygpt.tracking import Silent

DEVIATIONS, LEAST = 5, 0.03


class Enough(Exception):
    """The run has come as far as the band should reach."""


class Keeps(Silent):
    """Validation losses by step, up to the step `until`."""

    def __init__(self, until):
        self.until, self.losses = until, {}

    def log(self, step, **numbers):
        if "val_loss" in numbers:
            self.losses[step] = numbers["val_loss"]
            if step >= self.until:
                raise Enough


def losses_of(config, until):
    tracker = Keeps(until)
    try:
        train(config, tracker, save=False)
    except Enough:
        pass
    return tracker.losses


def band(runs):
    """runs: a dict step -> loss for each seed. -> [step, lowest, highest] rows."""
    rows = []
    for step in runs[0]:
        losses = [run[step] for run in runs]
        room = max(LEAST, DEVIATIONS * np.std(losses, ddof=1))
        rows.append([step, round(float(np.mean(losses) - room), 2), round(float(np.mean(losses) + room), 2)])
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config")
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13, 14, 15])
    parser.add_argument("--until", type=int, help="last step of each run; the config's steps if not given")
    asked = parser.parse_args()
    config = load_config(asked.config)
    runs = []
    for seed in asked.seeds:
        runs.append(losses_of(dataclasses.replace(config, seed=seed), asked.until or config.steps))
        print(f"# seed {seed}: " + ", ".join(f"{loss:.3f}" for loss in runs[-1].values()), flush=True)
    print("expected:   # " + f"validation loss by step: mean of {len(runs)} seeds, {DEVIATIONS} deviations either side")
    for row in band(runs):
        print(f"  - {row}")


if __name__ == "__main__":
    main()
