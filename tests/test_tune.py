"""A search finds the better settings, goes on after any end, shares its work, and says in one line what cannot be."""

import dataclasses
import math
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import matplotlib.pyplot
import pytest

from pygpt import TrainConfig, load_config
from pygpt.errors import DataError
from pygpt.tune import TuneError, tune
from pygpt.tune.locks import Held, Lock, is_held
from pygpt.tune.processes import fair_share
from pygpt.tune.run import make_plan, work
from pygpt.tune.space import make_space, parse
from pygpt.tune.study import MOST_DEATHS, Study

matplotlib.use("agg")

TEXT = "the cat sat on the mat; the dog ate the hat.\n\nthe dog sat.\n\n" * 45
MODEL = dict(block_size=8, n_layer=1, n_head=1, n_embd=8)


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Runs of a moment on a text of three kilobytes, which other processes find too."""
    monkeypatch.setenv("PYGPT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "text.txt").write_text(TEXT)
    return TrainConfig(model=MODEL, corpus=str(tmp_path / "text.txt"), steps=20, batch_size=8, lr=1e-5, warmup=0,
                       schedule="constant", eval_every=5, eval_batches=2)


def tried(result, *states):
    return [trial["settings"] for trial in result.trials if not states or trial["state"] in states]


def values(result, name="lr"):
    return [settings[name] for settings in tried(result)]


# ---- searching ------------------------------------------------------------------------------------------------------

def test_twelve_trials_find_the_better_rate(config):
    lines = []
    result = tune(config, {"lr": "log:1e-6..1"}, trials=12, prune=False, report=lines.append)
    start, *others = result.trials
    assert start["settings"] == {"lr": 1e-5}   # what the config says is the trial to beat
    assert 3e-3 < result.best["settings"]["lr"] < 0.5
    assert result.best["loss"] == min(trial["loss"] for trial in result.trials) < start["loss"] - 0.5
    for trial in others:
        assert 1e-6 <= trial["settings"]["lr"] <= 1
        assert (trial["loss"] < start["loss"] - 0.3) == (2e-3 < trial["settings"]["lr"]) or trial["loss"] > 2
    later = sorted(math.log10(rate) for rate in values(result)[6:])
    assert later[len(later) // 2] > -3   # after a few trials it looks where it is good
    assert len(lines) == 1 + 12 and lines[-1].startswith("12 of 12  trial 11: lr=")
    assert result.config == dataclasses.replace(config, eval_every=4, lr=result.best["settings"]["lr"])


def test_a_search_that_was_cut_short_goes_on_as_if_it_had_not_been(config, tmp_path):
    space, folder = {"lr": "log:1e-4..1e-1", "model.n_head": [1, 2], "weight_decay": "0..0.2"}, tmp_path / "study"
    whole = tune(config, space, trials=8, prune=False, seed=3)
    first = tune(config, space, trials=2, study=folder, prune=False, seed=3)
    assert first.trials == without_times(first.trials, whole.trials[:2])
    steps = iter(range(100))
    with Study(make_plan(config, make_space(space), 8, "bayes", folder, False, 3)) as study:
        with pytest.raises(KeyboardInterrupt):   # somewhere in the third of its trials
            work(study, lambda line: None, stopped=lambda: next(steps) == 70)
    last = tune(config, space, trials=8, study=folder, prune=False, seed=3)
    interrupted = [trial for trial in last.trials if trial["state"] == "interrupted"]
    assert [trial["note"] for trial in interrupted] == ["interrupted"]
    finished = [trial for trial in last.trials if trial["state"] == "finished"]
    assert [(t["settings"], t["loss"]) for t in finished] == [(t["settings"], t["loss"]) for t in whole.trials]


def test_a_random_search_repeats_with_its_seed(config):
    first, same, other = (tune(config, {"lr": "log:1e-4..1e-1"}, 3, "random", prune=False, seed=seed)
                          for seed in (0, 0, 1))
    assert first.trials == without_times(first.trials, same.trials)
    assert len({*values(first), *values(other)}) == 6


def without_times(like, trials):
    return [trial | {"seconds": same["seconds"]} for same, trial in zip(like, trials, strict=True)]


def test_a_grid_is_exactly_its_product_however_often_it_stops(config, tmp_path):
    space = {"lr": "log:1e-4..1e-2/3", "model.n_head": "1..2"}
    every = [{"lr": lr, "model.n_head": head} for lr in (1e-4, 1e-3, 1e-2) for head in (1, 2)]
    for trials in (1, 4, None):
        result = tune(config, space, trials, search="grid", study=tmp_path / "study", prune=False)
        assert tried(result) == every[:trials or 6]
    assert result.best["settings"]["lr"] == 1e-2


def test_a_run_behind_the_median_is_stopped_and_counted(config):
    space = {"lr": [1e-2, 2e-2, 3e-2, 4e-2, 1e-6]}
    stopped = tune(config, space, search="grid")
    whole = tune(config, space, search="grid", prune=False)
    assert [trial["state"] for trial in stopped.trials] == ["finished"] * 4 + ["pruned"]
    assert [trial["state"] for trial in whole.trials] == ["finished"] * 5
    last = stopped.trials[-1]
    assert last["step"] < 20 == whole.trials[-1]["step"] and last["curve"][-1] == (last["step"], last["loss"])
    assert last["curve"] == whole.trials[-1]["curve"][:len(last["curve"])]
    assert stopped.best["settings"] == whole.best["settings"]


def test_a_run_that_comes_to_nothing_is_noted_and_the_search_goes_on(config):
    config = dataclasses.replace(config, grad_clip=0.0)
    space = {"lr": [1e30, 1e-2], "model.n_head": [1, 3], "model.n_embd": [8, 9]}
    result = tune(config, space, search="grid", prune=False)
    states = {tuple(trial["settings"].values()): (trial["state"], trial["note"]) for trial in result.trials}
    assert len(states) == 8 and states[1e-2, 1, 8][0] == states[1e-2, 3, 9][0] == "finished"
    assert states[1e-2, 3, 8] == ("failed", "n_head=3 must divide n_embd=8")
    assert states[1e30, 1, 8][0] == "failed" and states[1e30, 1, 8][1].startswith("exploded after step ")
    nothing = tune(config, {"lr": [1e30]}, search="grid")
    assert nothing.best is None
    with pytest.raises(TuneError, match="no trial has finished"):
        _ = nothing.config


# ---- several processes ----------------------------------------------------------------------------------------------

def test_two_processes_share_one_search(config, tmp_path):
    before = dict(os.environ)
    lines = []
    result = tune(config, {"lr": "log:1e-4..1e-1/7"}, search="grid", study=tmp_path / "study", jobs=2, prune=False,
                  report=lines.append)
    assert sorted(values(result)) == sorted(parse("lr", "log:1e-4..1e-1/7").values)
    assert all(trial["state"] == "finished" for trial in result.trials)
    assert sorted(line[:7] for line in lines[1:]) == [f"{n} of 7 " for n in range(1, 8)]
    assert dict(os.environ) == before
    assert sorted(path.name for path in (tmp_path / "study").iterdir()) == ["study.db", "turn"]


def test_no_two_take_the_same_trial_and_none_takes_one_too_many(config, tmp_path):
    plan = make_plan(config, make_space({"lr": [1e-3, 1e-2, 1e-1, 1.0]}), 3, "grid", tmp_path / "study", False, 0)
    with Study(plan) as one, Study(plan) as other:
        trials = [one.claim(), other.claim(), one.claim()]
        assert [trial.params["lr"] for trial in trials] == [1e-3, 1e-2, 1e-1]
        assert one.claim() is None and other.claim() is None
        other.give_back(trials[1], "interrupted")
        waiting = threading.Thread(target=lambda: trials.append(other.claim()))
        with one.turn():
            waiting.start()
            waiting.join(0.2)
            assert waiting.is_alive() and len(trials) == 3
        waiting.join()
        assert trials[3].params == {"lr": 1e-2} and one.claim() is None


def test_processes_get_their_share_of_the_cores(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.delenv("PYGPT_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")   # somebody wants fewer: that holds
    with fair_share(3):
        assert os.environ["PYGPT_THREADS"] == "2" and os.environ["OMP_NUM_THREADS"] == "1"
    assert "PYGPT_THREADS" not in os.environ


@pytest.mark.parametrize(("jobs", "kind"), [(1, DataError), (2, TuneError)])
def test_an_error_that_is_no_settings_fault_ends_the_search_in_one_line(config, tmp_path, jobs, kind):
    space = {"model.block_size": [8, 5000, 5001]}
    with pytest.raises(kind, match="tokens are too few for block_size=500") as caught:
        tune(config, space, search="grid", study=tmp_path / "study", jobs=jobs)
    assert "\n" not in str(caught.value)


def test_a_killed_process_leaves_a_search_that_goes_on(config, tmp_path):
    folder = tmp_path / "study"
    space = {"lr": "log:1e-4..1e-1"}
    code = ("import sys\nfrom pygpt import TrainConfig\nfrom pygpt.tune import tune\n"
            f"tune({config!r}, {space!r}, trials=50, study={str(folder)!r}, prune=False, report=print)")
    with subprocess.Popen([sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, text=True) as process:
        while not process.stdout.readline().startswith(" 2 of 50"):
            assert process.poll() is None
        while process.send_signal(signal.SIGSTOP) or not running(folder):   # between two trials: let it go on
            process.send_signal(signal.SIGCONT)
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    done = count(folder, "trials.state = 'COMPLETE'")
    result = tune(config, space, trials=done + 2, study=folder, prune=False)
    (cut,) = [trial for trial in result.trials if trial["state"] == "interrupted"]
    assert cut["note"] == "its process ended" and tried(result, "finished").count(cut["settings"]) == 1
    assert len(tried(result, "finished")) == done + 2 and not tried(result, "running")
    assert sorted(path.name for path in folder.iterdir()) == ["study.db", "turn"]


def running(folder):
    """Whether a trial runs now: it has been drawn, its owner is noted, and nobody is writing."""
    try:
        return count(folder, "trials.state = 'RUNNING' and trial_user_attributes.key = 'owner'")
    except sqlite3.OperationalError:
        return False


def count(folder, condition):
    with sqlite3.connect(folder / "study.db", timeout=0.1) as database:
        return database.execute("select count(distinct trials.number) from trials left join trial_user_attributes "
                                f"using (trial_id) where {condition}").fetchone()[0]


@pytest.mark.parametrize(("search", "rates"), [("random", "log:1e-4..1e-1"), ("grid", [1e-3, 1e-2, 1e-1])])
def test_settings_of_a_dead_process_are_tried_again_but_not_for_ever(config, tmp_path, search, rates):
    plan = make_plan(config, make_space({"lr": rates}), 2, search, tmp_path / "study", False, 0)
    claimed = []
    for _ in range(MOST_DEATHS + 1):
        with Study(plan) as killed:
            claimed.append(killed.claim().params["lr"])   # and never told how it went
    assert len(set(claimed[:MOST_DEATHS])) == 1 and claimed[-1] != claimed[0]
    with Study(plan) as alive:
        assert [record["state"] for record in alive.records()] == ["interrupted"] * MOST_DEATHS + ["running"]
        assert alive.claim().params["lr"] == claimed[-1]   # that one has died only once


def test_a_lock_is_free_when_nobody_has_it(tmp_path):
    path = tmp_path / "a.lock"
    with Lock(path):
        assert is_held(path)
        with pytest.raises(Held):
            Lock(path)
    assert not is_held(path) and not path.exists()


# ---- the command -------------------------------------------------------------------------------------------------

def test_the_command_shows_the_best_and_how_to_train_with_it(pygpt, tiny_run, tmp_path):
    picture = tmp_path / "found.png"
    command = ["tune", tiny_run, "lr=1e-9,1e-1", "steps=30", "warmup=0", "--search", "grid", "--study",
               tmp_path / "my study", "--plot", picture]
    status, out, _ = pygpt(*command)
    assert status == 0 and picture.read_bytes().startswith(b"\x89PNG")
    table = [line.split() for line in out.splitlines()]
    rows = [row for row in table if row and row[0] in ("0", "1") and "of" not in row]
    assert [row[2] for row in rows] == ["0.1", "1e-09"] and float(rows[0][1]) < float(rows[1][1])
    assert "2 ran to the end" in out
    words = shlex.split(next(line for line in out.splitlines() if "pygpt train" in line).partition(": ")[2])
    config = load_config(words[2], words[3:])
    assert (config.lr, config.steps, config.folder) == (0.1, 30, str(tmp_path / "my study" / "best"))
    assert pygpt(*words[1:])[0] == 0
    again = pygpt(*command)[1]
    assert "1 of 2" not in again and "pygpt train" in again   # nothing was left to do
    for wrong, message in [(["--plot", "a.xyz"], "cannot draw into a.xyz; allowed endings"),
                           (["--plot", tmp_path / "no" / "a.png"], "there is no folder"),
                           (["lrr=1"], "unknown setting")]:
        status, _, err = pygpt("tune", tiny_run, "lr=1e-9,1e-1", *wrong)
        assert status == 1 and message in err and err.startswith("error: ") and err.count("\n") == 1
