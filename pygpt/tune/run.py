"""Runs a search: each trial a training run that reports its validation losses, in this process or in several."""

import contextlib
import logging
import math
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..config import TrainConfig
from ..data import open_corpus
from ..data.encoded import encode_corpus, open_tokenizer
from ..errors import ConfigError, unknown
from ..tracking import Silent
from ..train import TrainingError, train
from .space import apply, check_space, for_grid, make_space, to_text
from .study import SEARCHES, Plan, Study, TuneError, library

EVALUATIONS = 5   # a run at least: a search that sees only the ends of its runs has nothing to stop one by


@dataclass
class TuneResult:
    """What a search found. `trials` are plain dicts, oldest first: see pygpt.tune.study.record for what they hold."""

    base: TrainConfig
    space: dict                                   # name -> Choice or Range
    trials: list = field(default_factory=list)
    folder: Path | None = None

    @property
    def best(self):
        """The finished trial with the lowest loss; None where no run came to its end."""
        return min((trial for trial in self.trials if trial["state"] == "finished"),
                   key=lambda trial: trial["loss"], default=None)

    @property
    def config(self):
        """The TrainConfig of the best trial, ready for `train`."""
        if self.best is None:
            raise TuneError("no trial has finished, so there is no best one; look at the notes in .trials")
        return apply(self.base, self.best["settings"])


def tune(config, space, trials=None, search="bayes", study=None, jobs=1, prune=True, seed=0, report=None):
    """Search for the settings with the lowest validation loss; returns a TuneResult.

    config: the TrainConfig of every run. space: setting -> values, as text ("log:1e-4..1e-1"), a list, Choice or Range.
    trials: finished ones in all; default 20, or the whole grid. study: a folder that keeps the search, so that the same
    call goes on with it, and that other processes may share; None keeps it in memory. jobs: processes.
    prune: stop a run whose loss is above the median of the others at that step. report: called with a line a trial.
    Raises ConfigError for a space that does not fit, TuneError for a folder that holds another search.
    """
    plan = make_plan(config, make_space(space), trials, search, study, prune, seed)
    if jobs < 1:
        raise TuneError(f"jobs={jobs}; allowed: 1 or more")
    if jobs > 1 and plan.folder is None:
        raise TuneError(f"{jobs} processes share a search through its folder; give one: study='runs/tune/first'")
    report = report or (lambda line: None)
    prepare(plan.config)
    with Study(plan) as book:
        left = plan.trials - book.done()
        if left > 0:
            report(opening(plan, left, min(jobs, left)))
        if left > 1 and jobs > 1:
            from .processes import work_in_processes

            work_in_processes(book, min(jobs, left), report)
        else:
            work(book, report)
        return TuneResult(plan.config, plan.space, book.records(), plan.folder)


def make_plan(config, space, trials, search, folder, prune, seed):
    if search not in SEARCHES:
        raise TuneError(unknown("search", search, SEARCHES))
    library()   # a missing package shows before anything is made
    if trials is not None and trials < 1:
        raise TuneError(f"trials={trials}; allowed: 1 or more")
    if search == "grid":
        space = for_grid(space)
        size = math.prod(len(choice.values) for choice in space.values())
        trials = min(trials or size, size)
    check_space(config, space)
    often = replace(config, eval_every=min(config.eval_every, max(1, -(-config.steps // EVALUATIONS))))
    return Plan(often, space, trials or 20, search, prune, seed, Path(folder) if folder is not None else None)


def prepare(config):
    """What is missing shows now; and several processes need not all encode the same text."""
    corpus = open_corpus(config.corpus)
    encode_corpus(corpus, open_tokenizer(config.tokenizer, corpus))


def opening(plan, left, jobs):
    done = f", {plan.trials - left} done before" if left < plan.trials else ""
    where = f"; kept in {plan.folder}" if plan.folder else ""
    return (f"{plan.search} search over {', '.join(f'{name}={values}' for name, values in plan.space.items())}\n"
            f"{plan.trials} trials of {plan.config.steps} steps{done}, {jobs} at a time{where}")


def work(study, report, stopped=lambda: False):
    """Run trials until none is left to take. stopped: asked after every step; True ends the trial as Ctrl-C does."""
    while not stopped() and (trial := study.claim()) is not None:
        run_trial(study, trial, stopped)
        report(progress(study, trial.number))


def run_trial(study, trial, stopped):
    """One training run, its outcome written down whatever it is."""
    tracker = Reporter(study, trial, stopped)
    try:
        loss = lowest_loss(apply(study.plan.config, study.settings(trial)), tracker)
    except library().TrialPruned:
        study.prune(trial)
    except ConfigError as error:   # settings that do not fit together come to nothing; others will not
        study.finish(trial, math.inf, str(error).partition(";")[0])
    except TrainingError:
        study.finish(trial, math.inf, f"exploded after step {tracker.step}")
    except MemoryError:
        study.finish(trial, math.inf, "out of memory")
    except KeyboardInterrupt:
        study.give_back(trial, "interrupted")
        raise
    except BaseException as error:
        study.give_back(trial, f"{type(error).__name__}: {error}", again=False)   # it might fail so for ever
        raise
    else:
        study.finish(trial, loss, "" if math.isfinite(loss) else "exploded at its end")


def lowest_loss(config, tracker):
    """Train without leaving anything on the disk; the lowest validation loss after the start."""
    with warnings.catch_warnings(), silence("pygpt.train"):   # a run that explodes is one line here, not a story
        warnings.simplefilter("ignore", RuntimeWarning)
        history = train(config, tracker=tracker, save=False).history
    losses = [entry["val_loss"] for entry in history if entry["step"]]
    return math.inf if math.isnan(losses[-1]) else min(losses)


@contextlib.contextmanager
def silence(logger):
    """Nothing from this logger meanwhile."""
    logger = logging.getLogger(logger)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


class Reporter(Silent):
    """Hands a run's validation losses to the study, and stops the run when told to."""

    def __init__(self, study, trial, stopped):
        self.trial, self.stopped, self.pruning = trial, stopped, study.plan.prune
        self.steps, self.step = study.plan.config.steps, 0

    def log(self, step, **numbers):
        self.step = step
        if self.stopped():
            raise KeyboardInterrupt
        if "val_loss" in numbers and step:   # before the first step all runs are alike
            self.trial.report(numbers["val_loss"], step)
            if self.pruning and step < self.steps and self.trial.should_prune():
                raise library().TrialPruned


def progress(study, number):
    """One line on a trial that has just ended."""
    trials = study.records()
    trial = next(trial for trial in trials if trial["number"] == number)
    best = min((t["loss"] for t in trials if t["state"] == "finished"), default=None)
    outcome = {"finished": "validation {loss:.4f}", "pruned": "stopped at step {step}, validation {loss:.4f}",
               "failed": "failed: {note}"}[trial["state"]].format_map(trial)
    settings = " ".join(f"{name}={to_text(value)}" for name, value in trial["settings"].items())
    mark = "  (best so far)" if trial["state"] == "finished" and trial["loss"] == best else ""
    return (f"{study.done(number):>{len(str(study.plan.trials))}} of {study.plan.trials}  trial {number}: {settings}  "
            f"{outcome}, {trial['seconds']:.1f} s{mark}")
