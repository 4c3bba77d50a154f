"""Where runs report to, read back with the tools that people use; and the commands that read runs."""

import json
import logging

import numpy as np
import pytest

from pygpt import TrainConfig, bands, load_config, train
from pygpt.config import save_config
from pygpt.errors import CheckpointError, ConfigError, DataError
from pygpt.runs import differences, find_runs, read_run, told_settings
from pygpt.tracking import JSONLines, Several, TensorBoard, WandB, read_log

BAND = [[2, 2.0, 9.0], [4, 1.0, 8.0]]


def one_line(err):
    return err.startswith("error: ") and err.count("\n") == 1


def test_tensorboard_reads_back_what_was_logged(tiny_run, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    config = load_config(tiny_run, ["steps=6", "eval_every=3", "sample_every=3", "sample_tokens=5"])
    result = train(config, Several(JSONLines(tmp_path / "log.jsonl"), TensorBoard(config.folder)))
    events = EventAccumulator(str(result.folder / "tensorboard"), size_guidance={"histograms": 0})
    events.Reload()
    log = read_log(tmp_path / "log.jsonl")
    for key, tag in [("loss", "loss/batch"), ("val_loss", "loss/validation"), ("lr", "step/learning rate"),
                     ("grad_norm", "step/gradient norm")]:
        expected = [(entry["step"], pytest.approx(entry[key], rel=1e-6)) for entry in log if key in entry]
        assert [(event.step, event.value) for event in events.Scalars(tag)] == expected and expected
    histograms = events.Histograms("weights/blocks.0.mlp.up_proj.weight")
    assert [event.step for event in histograms] == [0, 3, 6]
    assert histograms[-1].histogram_value.num == result.engine.state_dict()["blocks.0.mlp.up_proj.weight"].size
    (written,) = [tag for tag in events.Tags()["tensors"] if tag.startswith("sample")]
    texts = [event.tensor_proto.string_val[0].decode() for event in events.Tensors(written)]
    assert [text.strip() for text in texts] == [entry["sample"].strip() for entry in log if "sample" in entry]
    vectors = np.loadtxt(next(result.folder.rglob("tensors.tsv")), delimiter="\t")
    np.testing.assert_allclose(vectors, result.engine.state_dict()["wte.weight"], rtol=1e-4)
    labels = next(result.folder.rglob("metadata.tsv")).read_text().splitlines()
    assert labels == [f"{token} {result.tokenizer.decode([token])!r}" for token in range(len(vectors))]


def test_wandb_keeps_a_run_on_this_machine(tiny_run, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    config = load_config(tiny_run, ["sample_every=4", "sample_tokens=5"])
    logged = []

    class Spied(WandB):
        def start(self, run, step):
            super().start(run, step)
            assert self.run.settings.mode == "offline" and self.run.config["lr"] == config.lr
            log = self.run.log
            self.run.log = lambda numbers, step: (logged.append((step, set(numbers))), log(numbers, step=step))

    result = train(config, Spied(config.folder))
    (kept,) = (result.folder / "wandb").glob("offline-run-*/run-*.wandb")
    assert kept.stat().st_size > 1000
    assert (1, {"loss", "lr", "grad_norm"}) in logged and (4, {"train_loss", "val_loss"}) in logged
    assert (4, {"sample"}) in logged and any("weights/wte.weight" in names for _, names in logged)


def test_a_log_that_is_none_is_one_clear_line(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"step": 1, "loss": 2.0}\n[1]\n{"step": 2}\n')
    with pytest.raises(DataError, match=r"log.jsonl, line 2, is no entry of a training log"):
        read_log(tmp_path / "log.jsonl")
    assert read_log(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize(("track", "message"), [
    ("mlflow", "track='mlflow'; allowed: tensorboard, wandb, or both with a comma"),
    ("tensorboard,", None), ("tensorboard, wandb", None), ("", None),
])
def test_trackers_are_chosen_by_name(track, message):
    if message:
        with pytest.raises(ConfigError, match=message):
            TrainConfig(track=track)
    else:
        assert TrainConfig(track=track).trackers == [name for name in ("tensorboard", "wandb") if name in track]


def test_a_run_leaves_its_settings_its_log_and_its_words(pygpt, tiny_run):
    status, _, err = pygpt("train", tiny_run, "lr=3e-3", "sample_every=2", "sample_tokens=4")
    run = read_run(tiny_run.parent / "run")
    assert status == 0 and "finished" in err and "DEBUG" not in err and "saved step" not in err
    assert run.config == load_config(tiny_run, ["lr=3e-3", "sample_every=2", "sample_tokens=4"])
    assert (run.state, run.steps, len(run.history), [step for step, _ in run.samples]) == ("finished", 4, 2, [2, 4])
    assert told_settings(run) == {"model.block_size": 8, "model.n_layer": 1, "model.n_head": 1, "model.n_embd": 4,
                                  "steps": 4, "batch_size": 2, "lr": 3e-3, "eval_batches": 1, "save_every": 2,
                                  "sample_every": 2, "sample_tokens": 4}
    words = (run.folder / "run.log").read_text()
    assert "DEBUG saved step-0000004" in words and "INFO finished" in words
    assert not logging.getLogger("pygpt").handlers, "the command leaves the logger as it was"


def test_runs_are_listed_shown_and_compared(pygpt, tiny_run, tmp_path):
    for name, lr in [("a", "1e-2"), ("b", "1e-3")]:
        assert pygpt("train", tiny_run, f"folder={tmp_path / 'runs' / name}", f"lr={lr}")[0] == 0
    assert [run.name for run in find_runs(tmp_path / "runs")] == ["a", "b"]
    status, out, _ = pygpt("runs", "list", tmp_path / "runs")
    assert status == 0 and out.count("finished") == 2 and "4 of 4" in out
    status, out, _ = pygpt("runs", "show", tmp_path / "runs" / "a", "--plot", tmp_path / "a.png")
    assert status == 0 and "lr" in out and "0.01" in out and "no band is known" in out
    status, out, _ = pygpt("runs", "compare", tmp_path / "runs" / "a", tmp_path / "runs" / "b",
                           "--plot", tmp_path / "b.svg")
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.strip()}
    assert status == 0 and rows["lr"] == ["0.01", "0.001"] and "batch_size" not in rows
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG") and "<svg" in (tmp_path / "b.svg").read_text()
    runs = find_runs(tmp_path / "runs")
    assert differences(runs) == {"lr": [1e-2, 1e-3]}


@pytest.mark.parametrize(("arguments", "message"), [
    (("list", "none"), "no run below none; start one"),
    (("show", "none"), "none holds no run; give the folder of one"),
    (("compare", "one"), "one run, one, cannot be compared"),
    (("show", "run", "--plot", "curve.xyz"), "cannot draw into curve.xyz; allowed endings"),
    (("show", "run", "--plot", "no/curve.png"), "there is no folder no"),
])
def test_runs_that_cannot_be_read_are_one_line(pygpt, tiny_run, monkeypatch, arguments, message):
    monkeypatch.chdir(tiny_run.parent)
    pygpt("train", tiny_run)
    status, _, err = pygpt("runs", *arguments)
    assert status == 1 and message in err and one_line(err)
    (tiny_run.parent / "run" / "config.yaml").write_text("steps: many\n")
    with pytest.raises(CheckpointError, match="cannot be used: steps='many'"):
        read_run("run")


@pytest.mark.parametrize(("loss", "word", "status"), [(3.0, "inside", 0), (8.5, "above", 1), (0.5, "below", 1)])
def test_doctor_says_whether_a_run_is_normal_and_why_not(pygpt, tiny_run, loss, word, status):
    config = load_config(tiny_run, ["steps=4", f"expected={BAND}"])
    JSONLines(f"{config.folder}/log.jsonl").start({}, 0)
    save_config(config, f"{config.folder}/config.yaml")
    with open(f"{config.folder}/log.jsonl", "w") as file:
        file.write(json.dumps({"step": 4, "train_loss": loss, "val_loss": loss, "seconds": 1}) + "\n")
    found, out, _ = pygpt("doctor", config.folder)
    assert found == status and f"at step 4 is {word} the expected 1.000 to 8.000: {bands.CAUSES[word]}" in out
    assert json.loads(pygpt("doctor", config.folder, "--json")[1])["ready"] is (status == 0)
    assert word in pygpt("runs", "list", tiny_run.parent)[1]


def test_the_trainer_says_how_a_run_lies_to_its_band(pygpt, tiny_run):
    status, _, err = pygpt("train", tiny_run, f"expected={BAND}")
    assert status == 0 and "inside the expected" in err
    status, _, err = pygpt("train", tiny_run, f"folder={tiny_run.parent / 'b'}", "expected=[[0,0.1,0.2],[4,0.1,0.2]]")
    assert status == 0 and "above the expected 0.100 to 0.200: it learns worse" in err


def test_a_band_goes_with_the_settings_it_was_made_with(tmp_path):
    (tmp_path / "a.yaml").write_text(f"steps: 4\nlr: 1e-3\nexpected: {BAND}\n")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\nbackend: torch\n")
    (tmp_path / "c.yaml").write_text("extends: b.yaml\nlr: 2e-3\n")
    (tmp_path / "d.yaml").write_text("extends: c.yaml\nexpected: [[1, 0, 1]]\n")
    assert load_config(tmp_path / "b.yaml", ["seed=3", "folder=x"]).expected == BAND
    assert load_config(tmp_path / "b.yaml", ["batch_size=3"]).expected == []
    assert load_config(tmp_path / "c.yaml").expected == [] and load_config(tmp_path / "d.yaml").expected == [[1, 0, 1]]
    for wrong in ("[[1, 2]]", "[[1, 2, 1]]", "[[2, 0, 1], [1, 0, 1]]", "[[1, a, b]]"):
        with pytest.raises(ConfigError, match="expected: ") as caught:
            load_config(tmp_path / "a.yaml", [f"expected={wrong}"])
        assert "\n" not in str(caught.value)
