"""A training run small enough to read whole: what 19.3 saves, and what the saved state is put back into."""

import numpy as np

KEYS = ("weights", "mean", "square", "steps", "order", "place", "rng")


class Run:
    """Linear regression with Adam, on mixed rows, with dropout: everything that a real run has, in one page.

    weights, mean, square (5,): changed in place. steps: those done. order (21,): the rows of this epoch, mixed.
    place: how many of them have been read. rng: draws the order of each epoch and the dropout of each step.
    """

    ROWS, WIDTH, BATCH = 21, 5, 4

    def __init__(self, seed=0):
        table = np.random.default_rng(99).normal(size=(self.ROWS, self.WIDTH + 1))
        self.inputs, self.targets = table[:, :-1], table[:, -1]
        self.rng = np.random.default_rng(seed)
        self.weights = self.rng.normal(size=self.WIDTH)
        self.mean, self.square, self.steps = np.zeros(self.WIDTH), np.zeros(self.WIDTH), 0
        self.order, self.place = self.rng.permutation(self.ROWS), 0

    def step(self):
        """One step of training; its loss."""
        if self.place >= self.ROWS:
            self.order, self.place = self.rng.permutation(self.ROWS), 0
        rows = self.order[self.place:self.place + self.BATCH]
        self.place += self.BATCH
        kept = self.inputs[rows] * (self.rng.random((len(rows), self.WIDTH)) >= 0.2)
        error = kept @ self.weights - self.targets[rows]
        self.adam(2 * error @ kept / len(rows))
        return float(error @ error) / len(rows)

    def adam(self, grad):
        self.steps += 1
        self.mean += 0.2 * (grad - self.mean)
        self.square += 0.05 * (grad * grad - self.square)
        root = np.sqrt(self.square / (1 - 0.95 ** self.steps)) + 1e-8
        self.weights -= 0.05 * self.mean / (1 - 0.8 ** self.steps) / root

    def load(self, state):
        """Put a saved state in; what it lacks stays as it is in a fresh run."""
        for name, value in state.items():
            if name not in KEYS:
                raise KeyError(f"{name!r} is nothing that a run has; it has {', '.join(KEYS)}")
            if name == "rng" and isinstance(value, dict):
                self.rng.bit_generator.state = value
            else:   # arrays are copied, so that a state may be loaded more than once
                setattr(self, name, value.copy() if isinstance(value, np.ndarray) else value)
