"""What a search may choose from, what it refuses in one line, and the picture of what it found."""

import dataclasses
import re
import sys

import matplotlib.pyplot
import pytest

from pygpt import TrainConfig
from pygpt.errors import ConfigError, PyGPTError
from pygpt.tune import Choice, Range, TuneError, tune
from pygpt.tune.space import for_grid, grid, parse, split_overrides
from pygpt.viz import search_chart

matplotlib.use("agg")


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("PYGPT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "text.txt").write_text("the cat sat on the mat; the dog ate the hat.\n" * 60)
    return TrainConfig(model=dict(block_size=8, n_layer=1, n_head=1, n_embd=8), corpus=str(tmp_path / "text.txt"),
                       steps=2, batch_size=8, eval_batches=1)


def test_overrides_and_spaces_are_told_apart():
    fixed, space = split_overrides(["steps=200", "lr=log:1e-4..1e-1", "model.n_layer=2..6", "optimizer=adamw,muon",
                                    "weight_decay=0..0.2", "corpus=../mine", "model.bias=true,false",
                                    "model.n_kv_head=null,1", "beta2=0.9..0.99/4", "tokenizer=7,char"])
    assert fixed == ["steps=200", "corpus=../mine"]
    assert space == {"lr": Range(1e-4, 0.1, log=True), "model.n_layer": Range(2, 6), "weight_decay": Range(0.0, 0.2),
                     "optimizer": Choice(("adamw", "muon")), "model.bias": Choice((True, False)),
                     "model.n_kv_head": Choice((None, 1)), "beta2": Choice((0.9, 0.93, 0.96, 0.99)),
                     "tokenizer": Choice(("7", "char"))}
    for name, spec in space.items():
        assert parse(name, str(spec)) == spec   # what is written down reads back
    assert parse("lr", "log:1e-4..1e-1/4") == Choice((1e-4, 1e-3, 1e-2, 0.1), log=True)
    assert list(grid(for_grid({"model.n_layer": Range(1, 2), "lr": Choice((1.0, 2.0))}))) == [
        {"model.n_layer": layers, "lr": lr} for layers in (1, 2) for lr in (1.0, 2.0)]
    assert Range(0.99, 0.9999).tidy(0.9956789) == 0.99568 and Range(1e-4, 1.0, log=True).tidy(0.00123456) == 0.00123


@pytest.mark.parametrize(("given", "message"), [
    ("lrr=1,2", "unknown setting 'lrr'; nearest allowed: lr"),
    ("n_layer=1,2", "unknown setting 'n_layer'; nearest allowed: model.n_layer"),
    ("model.vocab_size=1,2", "unknown setting 'model.vocab_size'"),
    ("folder=a,b", "unknown setting 'folder'"),
    ("lr=5..1", "the first number must be the lower one"),
    ("lr=log:0..1", "a logarithmic range starts above 0"),
    ("lr=log:1,2", "is no range; write low..high or log:low..high"),
    ("lr=1e-3..x", "is no range"),
    ("lr=1e-3..1e-2/1", "/1 is too few; allowed: 2 or more"),
    ("model.n_layer=1..2.5", "is a whole number, so both ends must be"),
    ("optimizer=1..2", "optimizer is no number"),
    ("lr=1e-3,,1e-2", "lr lacks a value"),
    ("optimizer=adamw,foo", "optimizer=foo fits into no run: optimizer='foo'; allowed: sgd"),
    ("lr=0.1,fast", "lr=fast fits into no run: lr='fast'; allowed: a number"),
    ("model.n_head=2,3", "model.n_head=3 fits into no run: n_head=3 must divide n_embd=8"),
    ("steps=10", "nothing to search: give a setting several values"),
])
def test_a_space_that_cannot_be_is_one_clear_line(config, given, message):
    with pytest.raises(ConfigError, match=re.escape(message)) as caught:
        tune(config, split_overrides([given])[1])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("change", "message"), [
    ({"space": {"lr": [1e-3, 1e-1]}}, "holds another search: lr=0.001,0.01 there, 0.001,0.1 here; choose another"),
    ({"space": {"lr": [1e-3, 1e-2], "beta1": [0.8, 0.9]}}, "holds another search: beta1=nothing there, 0.8,0.9 here"),
    ({"config": {"batch_size": 4}}, "holds another search: batch_size=8 there, 4 here"),
    ({"search": "annealing"}, "unknown search 'annealing'"),
    ({"space": {"lr": "1e-3..1e-2"}}, "a grid needs a number of values for lr=0.001..0.01; write lr=0.001..0.01/4"),
    ({"trials": 0}, "trials=0; allowed: 1 or more"),
    ({"jobs": 0}, "jobs=0; allowed: 1 or more"),
    ({"jobs": 2, "study": None}, "2 processes share a search through its folder"),
    ({"study": "text.txt"}, "cannot write to"),
    ({"study": "spoilt"}, "is no study of this command"),
])
def test_a_search_that_cannot_be_is_one_clear_line(config, tmp_path, change, message):
    usual = {"space": {"lr": [1e-3, 1e-2]}, "search": "grid", "study": tmp_path / "study", "trials": 1}
    (tmp_path / "spoilt").mkdir()
    (tmp_path / "spoilt" / "study.db").write_bytes(b"not a database, whatever it is called" * 40)
    if message.startswith("holds"):
        tune(config, **usual)
    if change.get("study"):
        change = {"study": tmp_path / change["study"]}
    config = dataclasses.replace(config, **change.get("config", {}))
    with pytest.raises(PyGPTError, match=re.escape(message)) as caught:
        tune(config, **usual | {name: value for name, value in change.items() if name != "config"})
    assert "\n" not in str(caught.value)


def test_optuna_is_asked_for_by_name_where_it_is_missing(config, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(TuneError, match=re.escape('run: pip install "pygpt-course[tune]"')):
        tune(config, {"lr": [1e-3, 1e-2]})


def test_the_picture_shows_every_trial_where_it_was():
    def trial(number, state, loss, lr, name):
        return {"number": number, "state": state, "loss": loss, "settings": {"lr": lr, "optimizer": name}}

    trials = [trial(0, "finished", 3.0, 1e-3, "sgd"), trial(1, "finished", 2.5, 1e-2, "adamw"),
              trial(2, "pruned", 3.5, 1e-4, "sgd"), trial(3, "failed", None, 1e9, "adamw"),
              trial(4, "interrupted", None, 1e-2, "sgd"), trial(5, "finished", 2.7, 2e-2, "adamw")]
    history, rates, names = search_chart(trials, log=["lr"])
    assert rates.get_xscale() == "log" and names.get_xscale() == history.get_xscale() == "linear"
    assert [ax.get_xlabel() for ax in (history, rates, names)] == ["trial", "lr", "optimizer"]
    points = {group.get_label(): [tuple(point) for point in group.get_offsets()] for group in rates.collections}
    edge = points.pop("came to nothing")
    assert points == {"ran to the end": [(1e-3, 3.0), (2e-2, 2.7)], "stopped early": [(1e-4, 3.5)],
                      "the best": [(1e-2, 2.5)]}
    assert edge[0][0] == 1e9 and edge[0][1] >= 3.5
    assert [tuple(point) for point in history.lines[0].get_xydata()] == [(0, 3.0), (1, 2.5), (5, 2.5)]
    assert [label.get_text() for label in names.get_xticklabels()] == ["adamw", "sgd"]
    with pytest.raises(PyGPTError, match="no trial has finished"):
        search_chart(trials[3:5])
    matplotlib.pyplot.close("all")
