"""Progress in a terminal."""

import time

from .base import Silent


class Console(Silent):
    """A progress bar with loss, learning rate, gradient norm, tokens per second and time left; a line an evaluation."""

    def start(self, run, step):
        from tqdm import tqdm

        self.tokens_per_step = run["tokens_per_step"]
        print(f"{run['backend']}: {run['parameters']:,} parameters, {run['steps']:,} steps of "
              f"{self.tokens_per_step:,} tokens, checkpoints in {run['folder']}")
        self.bar = tqdm(total=run["steps"], initial=step, unit="step", dynamic_ncols=True)
        self.steps, self.seconds, self.resumed_at = 0, 0.0, time.perf_counter()

    def log(self, step, **numbers):
        if "val_loss" in numbers:
            self.bar.write(f"step {step:>6,}   train {numbers['train_loss']:.4f}   "
                           f"validation {numbers['val_loss']:.4f}")
        else:
            self.steps, self.seconds = self.steps + 1, self.seconds + time.perf_counter() - self.resumed_at
            rate = self.steps * self.tokens_per_step / self.seconds
            self.bar.set_postfix_str(f"loss {numbers['loss']:.3f}, lr {numbers['lr']:.1e}, "
                                     f"norm {numbers['grad_norm']:.2f}, {rate:,.0f} tok/s", refresh=False)
            self.bar.update(1)
        self.resumed_at = time.perf_counter()   # what evaluations and samples take is not the step's time

    def evaluated(self, step, engine, tokenizer):
        self.resumed_at = time.perf_counter()

    def sample(self, step, text):
        self.bar.write(f"step {step:>6,}   the model writes:\n{indent(text)}")
        self.resumed_at = time.perf_counter()

    def finish(self):
        self.bar.close()


def indent(text):
    return "\n".join("    | " + line for line in text.strip("\n").split("\n"))
