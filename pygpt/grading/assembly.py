"""assemble(): a GPT made of the learner's own parts, trained on Shakespeare, and a table of which parts change it."""

from dataclasses import dataclass, field
from html import escape

import numpy as np

from ..errors import PyGPTError
from .mine import installed, mine
from .report import EDGES, FAILED, FAINT, PASSED, TINTS, box

SAME, ABSENT, CHANGES, RAISES = "same", "not in this model", "changes the result", "raises"
MODEL = dict(block_size=64, n_layer=2, n_head=4, n_embd=64)
RUN = dict(steps=2500, lr=4e-3, min_lr=1e-4, warmup=100, eval_batches=10)   # about a minute on two cores
PROBE_STEPS, PROBE_BATCH, PROBE_MODEL = 20, 4, dict(vocab_size=13, block_size=16, n_layer=2)
TOLERANCE = 1e-6   # in float64, where right answers with their sums in another order differ by less than 1e-10


@dataclass(frozen=True)
class Row:
    """What one part does to a short run in which everything else is finished."""

    name: str                   # "05.5 attention_backward"
    verdict: str                # same | not in this model | changes the result | raises
    loss: float | None = None   # after the short run, nats
    norm: float | None = None   # of all gradients together, at its first step
    error: str = ""             # what it raised

    @property
    def guilty(self):
        return self.verdict in (CHANGES, RAISES)

    def cells(self):
        numbers = ["" if number is None else f"{number:.3f}" for number in (self.loss, self.norm)]
        return self.name, f"{self.verdict} {self.error}".rstrip(), *numbers


@dataclass(frozen=True, repr=False)
class Assembly:
    """What assemble() returns: true when no part changes the result; the table, the trained GPT and its curve."""

    rows: tuple
    finished: Row                       # the same short run with no part exchanged
    result: object                      # TrainResult of the learner's GPT; None where a part raises
    reference: object                   # TrainResult of the finished one; the same object where no part differs
    error: str = field(default="")      # what ended the learner's whole run

    def __bool__(self):
        return not any(row.guilty for row in self.rows)

    @property
    def model(self):
        """The trained GPT of the learner's parts. Used from now on it is the package's code with these weights."""
        return self.result and self.result.model

    @property
    def tokenizer(self):
        return self.reference.tokenizer

    def curves(self):
        """{name: history} for viz.learning_curve."""
        runs = {"my parts": self.result, "finished parts": self.reference}
        return {name: run.history for name, run in runs.items() if run and (name == "my parts" or run != self.result)}

    @property
    def summary(self):
        """One line: what to look at, or that all is well."""
        guilty = [row.name for row in self.rows if row.guilty]
        if guilty:
            return "Look at " + ", ".join(guilty)
        absent = sum(row.verdict == ABSENT for row in self.rows)
        rest = f"; {absent} not in this model" if absent else ""
        return f"{len(self.rows) - absent} of your parts are at work, none changes the result{rest}"

    @property
    def outcome(self):
        """One line on the whole run."""
        if self.result is None:
            return f"The whole GPT was not trained to the end. {self.error}".rstrip()
        ours, theirs = (run.history[-1] for run in (self.result, self.reference))
        line = f"After {ours['step']} steps your GPT has a validation loss of {ours['val_loss']:.2f} nats a character"
        return line + ("." if self.result is self.reference else f", the finished one {theirs['val_loss']:.2f}.")

    def table(self):
        return [("part", "verdict", "loss", "gradient"), *(row.cells() for row in (self.finished, *self.rows))]

    def __repr__(self):
        lines = [f"  {name:30} {verdict:22} {loss:>6} {norm:>9}".rstrip() for name, verdict, loss, norm in self.table()]
        return "\n".join([self.summary, *lines, "  " + self.outcome])

    def _repr_html_(self):
        red = f"color:{EDGES[FAILED]};font-weight:600"
        styles = [FAINT, FAINT, *(red if row.guilty else "" for row in self.rows)]
        grid = "display:grid;grid-template-columns:17em 1fr 5em 5em;column-gap:8px"
        lines = [f'<div style="{grid};{style}">{"".join(f"<span>{escape(cell)}</span>" for cell in cells)}</div>'
                 for style, cells in zip(styles, self.table(), strict=True)]
        kind = PASSED if self else FAILED
        return box(EDGES[kind], TINTS[kind], f'<b>{escape(self.summary)}</b>{"".join(lines)}'
                                             f'<div style="margin-top:6px">{escape(self.outcome)}</div>')


def assemble(model=None, tracker=None, **run):
    """Train a GPT out of your own parts, those given to use(), with the package's for the rest. Returns an Assembly.

    model: settings of GPTConfig that shall differ from a small GPT's, {"mlp": "swiglu", "norm": "rmsnorm"}.
    run: settings of TrainConfig, for instance steps=500; with none it takes about a minute.

    First every part of yours takes part alone in a short run in float64: its losses and gradient norms are those of
    the finished part, or the table names it. Then the whole GPT is trained, and the finished one beside it if they
    differ. Raises PyGPTError while no part is yours, ConfigError for unknown settings, DataError without the corpus.
    """
    from ..config import TrainConfig, from_dict

    own = mine()
    if not own:
        raise PyGPTError('no part is yours yet; first use("05.1", softmax_forward) or another one of parts()')
    config = from_dict(TrainConfig, {**RUN, **run, "backend": "numpy", "model": {**MODEL, **(model or {})}})
    numbers, _, _ = short_run(config, {})
    rows = tuple(judge(exercise, f, config, numbers) for exercise, f in own.items())
    finished = Row("all finished", "", numbers[-1][0], numbers[0][1])
    return Assembly(rows, finished, *whole_runs(config, own, rows, tracker))


def judge(exercise, f, config, finished):
    """The Row of one part: the short run with this part alone exchanged, beside the one with none."""
    name = f"{exercise.id} {exercise.function}"
    numbers, called, error = short_run(config, {exercise: f})
    if error:
        return Row(name, RAISES, error=error)
    if not called:
        return Row(name, ABSENT)
    same = np.allclose(numbers, finished, rtol=TOLERANCE, atol=TOLERANCE)
    return Row(name, SAME if same else CHANGES, numbers[-1][0], numbers[0][1])


def short_run(config, functions):
    """A few steps on random tokens in float64 -> [(loss, gradient norm)], was the part called, what it raised."""
    from ..config import GPTConfig, from_dict
    from ..engine import make_engine

    model = from_dict(GPTConfig, {**config.model, **PROBE_MODEL})
    rng, numbers, error = np.random.default_rng(config.seed), [], ""
    with installed(functions) as exchanged:
        try:
            engine = make_engine("numpy", model, config.seed, "float64")
            for _ in range(PROBE_STEPS):
                text = rng.integers(0, model.vocab_size, (PROBE_BATCH, model.block_size + 1))
                numbers.append(engine.step(text[:, :-1], text[:, 1:], config.lr))
        except Exception as raised:   # whatever a learner's function raises, the table shows it
            error = one_line(raised)
    return numbers, any(part.called for part in exchanged.values()), error


def whole_runs(config, own, rows, tracker):
    """The learner's TrainResult or None, the finished one's (one and the same where no part differs), an error."""
    from ..train import train

    if any(row.verdict == RAISES for row in rows):
        return None, train(config, tracker, save=False), "One of its parts raises an error."
    try:
        with installed(own):
            result = train(config, tracker, save=False)
    except PyGPTError:
        if not any(row.guilty for row in rows):   # no corpus, for instance: that has nothing to do with the parts
            raise
        return None, train(config, tracker, save=False), "Its loss became no number."
    except Exception as raised:
        return None, train(config, tracker, save=False), one_line(raised)
    return result, train(config, tracker, save=False) if any(row.guilty for row in rows) else result, ""


def one_line(raised):
    return " ".join(f"{type(raised).__name__}: {raised}".split())[:120]
