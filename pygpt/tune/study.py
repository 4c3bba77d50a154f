"""The book of a search: which settings were tried, with what result, and which to try next.

It is an Optuna study, in memory or in a folder (study.db, SQLite), where several processes share it and a later command
goes on with it. A process takes its next trial while it holds the folder's turn, so that no two take the same and none
takes one too many. It also holds a lock of its own while it lives: a running trial whose lock is free was killed, and
its settings are tried again.
"""

import contextlib
import dataclasses
import math
import secrets
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ..config import TrainConfig
from ..errors import PyGPTError, unknown
from .locks import Lock, is_held
from .space import Choice, contains, grid, read, tidy, to_text

SEARCHES = ("bayes", "random", "grid")
STARTUP = 5        # trials drawn at random before the Bayesian search trusts what it has seen
JUDGES = 4         # finished trials before one is stopped for being worse than their median
MOST_DEATHS = 3    # settings that end their process this often (out of memory?) are not tried again
WAIT = 600.0       # seconds for a turn; taking a trial takes a fraction of one
STUDY = "pygpt"
ALIVE = ".alive"   # how the file ends that a process locks while it takes part


class TuneError(PyGPTError):
    """A search that cannot start or go on."""


@dataclass(frozen=True)
class Plan:
    """All that a process needs to know to take part in a search."""

    config: TrainConfig    # of every run, but for what is searched
    space: dict            # name -> Choice or Range
    trials: int            # finished ones that end the search
    search: str = "bayes"
    prune: bool = True
    seed: int = 0
    folder: Path | None = None


class Study:
    """One process's view of the search. Close it at the end, or use `with`."""

    def __init__(self, plan):
        """Opens or starts the study of plan.folder; TuneError where that holds another search or none at all."""
        self.plan = plan
        self.name, self.alive = secrets.token_hex(8), None
        if plan.folder:
            try:
                plan.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise TuneError(f"cannot write to {plan.folder}: {error.strerror}; choose another --study") from None
        try:
            with self.turn():   # a new lock must not be tried before it is held
                if plan.folder:
                    self.alive = Lock(self._lock_of(self.name))
                self.study = open_study(plan)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        if self.alive:
            self.alive.close(remove=True)
            self.alive = None

    def turn(self):
        """`with study.turn():` nobody else takes a trial meanwhile."""
        return Lock(self.plan.folder / "turn", WAIT) if self.plan.folder else contextlib.nullcontext()

    # ---- taking a trial and giving it back ---------------------------------------------------------------------------

    def claim(self):
        """The next trial to run, as Optuna's Trial, or None where enough are done or on their way."""
        with self.turn():
            self._bury_the_dead()
            trials = self.study.get_trials(deepcopy=False)
            states = Counter(trial.state.name for trial in trials)
            if states["COMPLETE"] + states["PRUNED"] + states["RUNNING"] >= self.plan.trials:
                return None
            if self.plan.search == "grid":
                point = self._open_point(trials)
                if point is None:
                    return None
                self.study.enqueue_trial(point)
            elif self.plan.search == "bayes" and not trials:
                self._start_from_the_config()
            # From the number of what was drawn before: a search that was stopped goes on as if it had not been.
            drawn = sum("again" not in trial.user_attrs for trial in trials)
            self.study.sampler = sampler(self.plan.search, self.plan.seed * 1_000_003 + drawn)
            trial = self.study.ask({name: distribution(values) for name, values in self.plan.space.items()})
            trial.set_user_attr("owner", self.name)
        return trial

    def settings(self, trial):
        """name -> value of an Optuna trial, as they go into its run."""
        return tidy(self.plan.space, trial.params)

    def finish(self, trial, loss, note=""):
        """The run ended with `loss`; infinity, with a note, for one that came to nothing."""
        trial.set_user_attr("note", note)
        self.study.tell(trial, loss if not math.isnan(loss) else math.inf)

    def prune(self, trial):
        self.study.tell(trial, state=library().trial.TrialState.PRUNED)

    def give_back(self, trial, note, again=True):
        """The run was cut short: it does not count. again: its settings are tried once more."""
        trial.set_user_attr("note", note)
        self.study.tell(trial, state=library().trial.TrialState.FAIL)
        if again and self.plan.search != "grid":   # a grid sees by itself which of its points is open
            self.study.enqueue_trial(trial.params, user_attrs={"again": trial.number})

    def _bury_the_dead(self):
        states = library().trial.TrialState
        living = {self.name, *self._living()}
        for trial in self.study.get_trials(deepcopy=False, states=(states.RUNNING,)):
            if trial.user_attrs.get("owner") in living:
                continue
            self.study.tell(trial.number, state=states.FAIL)
            whole = trial.params.keys() == self.plan.space.keys()   # else it was killed while it was being drawn
            if whole and self.plan.search != "grid" and self._deaths(trial.params) < MOST_DEATHS:
                self.study.enqueue_trial(trial.params, user_attrs={"again": trial.number})

    def _living(self):
        """The names of the other processes that take part now; locks of dead ones are cleared away."""
        names = [path.stem for path in self.plan.folder.glob("*" + ALIVE)] if self.plan.folder else []
        return [name for name in names if name != self.name and is_held(self._lock_of(name))]

    def _deaths(self, params):
        return sum(trial.params == params and trial.state.name == "FAIL" and "note" not in trial.user_attrs
                   for trial in self.study.get_trials(deepcopy=False))   # who gives a trial back leaves a note

    def _open_point(self, trials):
        taken = [trial.params for trial in trials if trial.state.name in ("COMPLETE", "PRUNED", "RUNNING")]
        return next((point for point in grid(self.plan.space)
                     if point not in taken and self._deaths(point) < MOST_DEATHS), None)

    def _start_from_the_config(self):
        """What the config says now comes first, if the space holds it: the trial to beat."""
        now = {name: read(self.plan.config, name) for name in self.plan.space}
        if all(contains(values, now[name]) for name, values in self.plan.space.items()):
            self.study.enqueue_trial(now)

    def _lock_of(self, owner):
        return self.plan.folder / (owner + ALIVE)

    # ---- reading -----------------------------------------------------------------------------------------------------

    def done(self, until=None):
        """How many trials have finished: run to their end, stopped early, or come to nothing. until: a trial's number;
        only those that had finished when it had."""
        trials = self.study.get_trials(deepcopy=False)
        ends = {trial.number: trial.datetime_complete for trial in trials if trial.state.name in ("COMPLETE", "PRUNED")}
        return sum(until is None or end <= ends[until] for end in ends.values())

    def records(self):
        """Every trial that has started, oldest first, as a plain dict; see `record`."""
        return [record(trial, self.plan.space) for trial in self.study.get_trials(deepcopy=False)
                if trial.params.keys() == self.plan.space.keys() and trial.state.name != "WAITING"]


def record(trial, space):
    """number, settings, state, loss, step, seconds, note and curve [(step, validation loss) ...] of one trial.

    state: finished; pruned (stopped early); failed (came to nothing: note says why); interrupted; running.
    loss: the lowest validation loss of a finished trial, in nats per token; the last one of a pruned trial; else None.
    """
    state = {"PRUNED": "pruned", "FAIL": "interrupted", "RUNNING": "running"}.get(trial.state.name, "finished")
    lost = "its process ended" if state == "interrupted" else ""
    curve = sorted(trial.intermediate_values.items())
    loss = trial.value if state in ("finished", "pruned") else None
    if loss is not None and not math.isfinite(loss):
        state, loss = "failed" if state == "finished" else state, None
    return {"number": trial.number, "settings": tidy(space, trial.params), "state": state, "loss": loss,
            "step": curve[-1][0] if curve else 0, "note": trial.user_attrs.get("note", lost), "curve": curve,
            "seconds": trial.duration.total_seconds() if trial.duration else None}


def open_study(plan):
    """The Optuna study of the plan: a new one, or the one that its folder holds."""
    optuna = library()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warmup = max(plan.config.warmup, plan.config.steps // 4)   # rates differ most while they warm up: no time to judge
    pruner = optuna.pruners.MedianPruner(JUDGES, n_warmup_steps=warmup)
    if not plan.folder:
        return optuna.create_study(pruner=pruner)
    from sqlalchemy import URL
    from sqlalchemy.exc import SQLAlchemyError

    url = URL.create("sqlite", database=str(plan.folder / "study.db")).render_as_string()
    try:
        storage = optuna.storages.RDBStorage(url, engine_kwargs={"connect_args": {"timeout": WAIT}})
        study = optuna.create_study(storage=storage, study_name=STUDY, pruner=pruner, load_if_exists=True)
        check_same(study, plan)
    except (SQLAlchemyError, RuntimeError, AssertionError) as error:
        why = str(getattr(error, "orig", error)).splitlines()[0]
        raise TuneError(f"{plan.folder / 'study.db'} is no study of this command ({why}); choose another --study, or "
                        "delete it") from None
    return study


def check_same(study, plan):
    """Note down what is searched in a new study; TuneError where an older one searches something else."""
    space = {name: str(values) for name, values in plan.space.items()}
    config, usual = (dataclasses.asdict(one) | {"folder": ""} for one in (plan.config, TrainConfig()))
    for what, now, unsaid in (("space", space, {}), ("config", config, usual)):
        before = study.user_attrs.get(what)
        if before is None:
            study.set_user_attr(what, now)
        elif (before := unsaid | before) != now:   # a study from before a setting existed has its usual value
            raise TuneError(f"{plan.folder} holds another search: {difference(before, now)}; choose another --study, "
                            "or delete it")


def difference(before, now):
    """The first setting in which two searches differ, in words."""
    for name in [*now, *before]:
        old, new = (to_text(one[name]) if name in one else "nothing" for one in (before, now))
        if old != new:
            return f"{name}={old} there, {new} here"


def sampler(search, seed):
    samplers = library().samplers
    seed %= 2**32
    if search == "bayes":   # a tree-structured Parzen estimator (Bergstra et al. 2011)
        return samplers.TPESampler(seed=seed, n_startup_trials=STARTUP)
    if search in SEARCHES:
        return samplers.RandomSampler(seed=seed)   # a grid's points are given; nothing is drawn for them
    raise TuneError(unknown("search", search, SEARCHES))


def distribution(values):
    """Optuna's word for a Choice or a Range."""
    distributions = library().distributions
    if isinstance(values, Choice):
        return distributions.CategoricalDistribution(values.values)
    kind = distributions.IntDistribution if values.whole else distributions.FloatDistribution
    return kind(values.low, values.high, log=values.log)


def library():
    try:
        import optuna
    except ModuleNotFoundError as missing:
        if missing.name != "optuna":
            raise
        raise TuneError("optuna is not installed, and a search needs it; "
                        'run: pip install "pygpt-course[tune]"') from None
    return optuna
