"""A tracker's methods; `train` calls them and knows nothing else about it."""


class Silent:
    """Reports nothing: the tracker for notebooks and tests, and the base of the others."""

    def start(self, run, step):
        """Called once. run: name -> value (settings, total steps, parameters, tokens a step, ...); step: those done."""

    def log(self, step, **numbers):
        """Called after every step (loss, lr, grad_norm) and after every evaluation (train_loss, val_loss)."""

    def evaluated(self, step, engine, tokenizer):
        """Called after every evaluation, with the model in its engine: for histograms and embeddings."""

    def sample(self, step, text):
        """Called with text that the model wrote."""

    def finish(self):
        """Called once, also after an interruption."""


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

    def evaluated(self, step, engine, tokenizer):
        for tracker in self.trackers:
            tracker.evaluated(step, engine, tokenizer)

    def sample(self, step, text):
        for tracker in self.trackers:
            tracker.sample(step, text)

    def finish(self):
        for tracker in self.trackers:
            tracker.finish()
