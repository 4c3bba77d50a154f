"""Gradients of one batch by several threads, each with its own part of the sequences.

NumPy lets other threads run while it works on an array, but its sums and exponentials use one core only, and BLAS
splits small products badly. Whole sequences split well: forward and backward of one part need nothing of another.

B batch  T positions
"""

import copy
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

from ..data.batches import split_batch
from .losses import cross_entropy_backward, cross_entropy_forward
from .module import Tape
from .noise import NoisyEmbedding

MAX_THREADS = 4   # beyond this the parts of a small batch cost more in waiting than they save


def share_weights(model):
    """A copy of `model` over the very same weight arrays, with gradients of its own."""
    keep = {id(p.data): p.data for p in model.parameters()}   # deepcopy takes these as copied already
    return copy.deepcopy(model, keep)


class ParallelGradients:
    """loss = gradients(ids, targets) fills every parameter's .grad; the sum of the parts has a fixed order."""

    def __init__(self, model, threads=None, label_smoothing=0.0):
        """threads: parts to split a batch into; the default is one a core, at most MAX_THREADS, or PYGPT_THREADS."""
        self.label_smoothing = label_smoothing
        # Dropout and noise draw from one stream, in order: one thread.
        draws = model.config.dropout > 0 or any(isinstance(part, NoisyEmbedding) for part in model.modules())
        self.threads = 1 if draws else threads or default_threads()
        self.model = model
        self.workers = [model] + [share_weights(model) for _ in range(self.threads - 1)]
        self.parameters = [list(worker.parameters()) for worker in self.workers]
        self.pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None
        self.one_blas_thread = blas_limiter() if self.threads > 1 else nullcontext

    def __call__(self, ids, targets):
        """ids, targets (B, T) -> the mean loss, a float."""
        parts = split_batch(ids, targets, self.threads)
        n = len(parts)
        if n == 1:
            return self._part(0, ids, targets, 1.0)
        with self.one_blas_thread():
            jobs = [self.pool.submit(self._part, i, *part) for i, part in enumerate(parts)]
            loss = sum(job.result() for job in jobs)
        for first, *others in zip(*self.parameters[:n], strict=True):
            for other in others:
                first.grad += other.grad
        return loss

    def _part(self, i, ids, targets, share):
        """One worker's forward and backward; its loss and gradients count as its share of the batch."""
        worker, tape = self.workers[i], Tape()
        for parameter in self.parameters[i]:
            parameter.grad = None
        loss, cache = cross_entropy_forward(worker.forward(ids, tape), targets,
                                            label_smoothing=self.label_smoothing)
        dlogits = cross_entropy_backward(cache)
        if share != 1.0:
            dlogits *= share
        worker.backward(dlogits, tape)
        return loss * share

    def fits(self):
        """Whether the workers still share the model's arrays: a cast gives a model new ones."""
        return all(mine.data is theirs.data for parameters in self.parameters[1:]
                   for mine, theirs in zip(self.model.parameters(), parameters, strict=True))


def default_threads():
    """One a core, or what PYGPT_THREADS says: runs side by side must share the cores."""
    asked = os.environ.get("PYGPT_THREADS", "")
    return int(asked) if asked.isdigit() and int(asked) else min(MAX_THREADS, os.cpu_count() or 1)


def blas_limiter():
    """A context for one BLAS thread: ours already fill the cores, and BLAS's own would spin while they wait."""
    from threadpoolctl import ThreadpoolController

    controller = ThreadpoolController()
    return lambda: controller.limit(limits=1, user_api="blas")
