"""Where a run reports to. A tracker has three methods; `train` calls them and knows nothing else about it."""

import json
import time
from pathlib import Path


class Silent:
    """Reports nothing: the tracker for notebooks and tests, and the base of the others."""

    def start(self, run, step):
        """Called once. run: name -> value (total steps, parameters, tokens a step, ...); step: the first step to do."""

    def log(self, step, **numbers):
        """Called after every step (loss, lr, grad_norm) and after every evaluation (train_loss, val_loss)."""

    def finish(self):
        """Called once, also after an interruption."""


class Console(Silent):
    """A progress bar with loss, learning rate, gradient norm, tokens per second and time left; a line an evaluation."""

    def start(self, run, step):
        from tqdm import tqdm

        self.tokens_per_step = run["tokens_per_step"]
        print(f"{run['backend']}: {run['parameters']:,} parameters, {run['steps']:,} steps of "
              f"{self.tokens_per_step:,} tokens, checkpoints in {run['folder']}")
        self.bar = tqdm(total=run["steps"], initial=step, unit="step", dynamic_ncols=True)
        self.first, self.began = step, time.perf_counter()

    def log(self, step, **numbers):
        if "val_loss" in numbers:
            self.bar.write(f"step {step:>6,}   train {numbers['train_loss']:.4f}   "
                           f"validation {numbers['val_loss']:.4f}")
        else:
            rate = (step - self.first) * self.tokens_per_step / (time.perf_counter() - self.began)
            self.bar.set_postfix_str(f"loss {numbers['loss']:.3f}, lr {numbers['lr']:.1e}, "
                                     f"norm {numbers['grad_norm']:.2f}, {rate:,.0f} tok/s", refresh=False)
            self.bar.update(1)

    def finish(self):
        self.bar.close()


class JSONLines(Silent):
    """One JSON object a line in `path`, appended, for plots and for other tools."""

    def __init__(self, path):
        self.path = Path(path)

    def start(self, run, step):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = open(self.path, "a" if step else "w", buffering=1)   # a line at a time survives an interruption

    def log(self, step, **numbers):
        self.file.write(json.dumps({"step": step, **numbers}) + "\n")

    def finish(self):
        self.file.close()


class Several(Silent):
    """Reports to each of `trackers`."""

    def __init__(self, *trackers):
        self.trackers = trackers

    def start(self, run, step):
        for tracker in self.trackers:
            tracker.start(run, step)

    def log(self, step, **numbers):
        for tracker in self.trackers:
            tracker.log(step, **numbers)

    def finish(self):
        for tracker in self.trackers:
            tracker.finish()
