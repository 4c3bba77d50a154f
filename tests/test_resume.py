"""However a run is stopped, it goes on to the bit; damage, half-written files and bad numbers are told in one line."""

import json
import logging
import multiprocessing
import os
import signal
import time

import numpy as np
import pytest
from safetensors.numpy import load_file

from pygpt import TrainConfig, train
from pygpt.checkpoint import checkpoints, latest, tidy
from pygpt.diagnosis import first_nonfinite
from pygpt.engine import make_engine
from pygpt.errors import CheckpointError
from pygpt.tracking import JSONLines, Several, Silent, read_log
from pygpt.train import TrainingError

MODEL = dict(block_size=8, n_layer=1, n_head=2, n_embd=8, dropout=0.1)
TEXT = "the cat sat on the mat; the dog ate the hat.\n" * 60
posix = pytest.mark.skipif(os.name != "posix", reason="sends signals as Unix does")


def run_to_its_end(config, resume, cache, started):
    """What a process of its own does, until it ends or is killed. `started` is set by the first step."""
    class Tells(Silent):
        def log(self, step, **numbers):
            if "loss" in numbers:
                started.set()

    os.environ["PYGPT_CACHE"] = cache
    train(config, Several(JSONLines(config.folder + "/log.jsonl"), Tells()), resume=resume)


@pytest.fixture(scope="module")
def start():
    """start(config) -> a process that trains or goes on training, in its first step or beyond.

    The processes are forked from one that has torch loaded already, so that they begin at once.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch._dynamo", "torch._inductor", "pygpt.in_torch.engine",
                                    "pygpt.in_numpy.engine", __name__])

    def start(config):
        started = context.Event()
        resume = latest(config.folder) is not None
        child = context.Process(target=run_to_its_end, args=(config, resume, os.environ["PYGPT_CACHE"], started))
        child.start()
        assert started.wait(timeout=60), "the run did not begin"
        return child
    return start


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("PYGPT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "text.txt").write_text(TEXT)
    return TrainConfig(model=MODEL, corpus=str(tmp_path / "text.txt"), folder=str(tmp_path / "run"), steps=20,
                       batch_size=4, lr=1e-2, warmup=5, eval_every=5, eval_batches=2, save_every=5)


def changed(config, **settings):
    return TrainConfig(**{**vars(config), **settings})


def end_of(folder):
    arrays = {**load_file(folder / "model" / "model.safetensors"),
              **{f"moment {k}": v for k, v in load_file(latest(folder) / "optimizer.safetensors").items()}}
    log = [{k: v for k, v in entry.items() if k != "seconds"} for entry in read_log(folder / "log.jsonl")]
    return arrays, log


@posix
@pytest.mark.slow
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_run_killed_at_any_moment_ends_on_the_same_bits(config, tmp_path, start, backend):
    """Twenty times SIGKILL, at moments drawn at random, most of them in the middle of a save."""
    config = changed(config, backend=backend, steps=200, save_every=2, eval_every=7, keep=3)
    whole = start(changed(config, folder=str(tmp_path / "whole")))
    whole.join()
    assert whole.exitcode == 0
    rng = np.random.default_rng(0)
    for _ in range(20):
        child = start(config)
        time.sleep(rng.uniform(0, 0.05))
        child.kill()
        child.join()
        assert child.exitcode == -signal.SIGKILL, "the run had ended before it was killed"
    child = start(config)
    child.join()
    assert child.exitcode == 0
    (arrays, log), (expected, expected_log) = (end_of(tmp_path / name) for name in ("run", "whole"))
    assert log == expected_log and len(log) == 200 + 30
    assert arrays.keys() == expected.keys() and any(name.startswith("moment") for name in arrays)
    for name, array in expected.items():
        np.testing.assert_array_equal(arrays[name], array, err_msg=name)
    left = sorted(path.name for path in (tmp_path / "run").iterdir())
    assert left == ["best", "config.yaml", "log.jsonl", "model", "step-0000196", "step-0000198", "step-0000200"]


@posix
def test_ctrl_c_ends_the_step_saves_and_goes_on_to_the_bit(config, tmp_path):
    whole = train(changed(config, folder=str(tmp_path / "whole")))

    class CtrlC(Silent):
        def log(self, step, **numbers):
            if step == 12 and "loss" in numbers:
                os.kill(os.getpid(), signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(config, CtrlC())
    assert signal.getsignal(signal.SIGINT) is handler
    assert latest(config.folder).name == "step-0000012"
    resumed = train(config, resume=True)
    assert resumed.history == whole.history


def test_an_interruption_inside_a_step_saves_nothing_of_that_step(config):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    class Impatient(Silent):
        def evaluated(self, step, engine, tokenizer):
            if step == 10:
                engine.step = interrupted

    with pytest.raises(KeyboardInterrupt):
        train(config, Impatient())
    assert latest(config.folder).name == "step-0000010"


@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.safetensors", "run.json", "tokenizer.json"])
def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(config, tmp_path, caplog, name):
    whole = train(config)
    path = latest(config.folder) / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1   # one bit
    path.write_bytes(data)
    with caplog.at_level(logging.WARNING, "pygpt"):
        resumed = train(config, resume=True)
    assert f"{path} is damaged: it is not what was saved there" in caplog.text
    assert "going on from the checkpoint before it" in caplog.text and len(caplog.records) == 1
    assert resumed.history == whole.history
    for folder in checkpoints(config.folder):
        (folder / name).unlink()
    with pytest.raises(CheckpointError, match=f"no sound checkpoint in .* has no {name}") as caught:
        train(config, resume=True)
    assert "\n" not in str(caught.value)


def test_what_a_killed_save_left_behind_is_cleared_or_put_back(tmp_path):
    for name in (".best.old", ".step-0000010.abcd", ".model.old", "model", ".cache"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mark").write_text(name)
    tidy(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".cache", "best", "model"]
    assert (tmp_path / "best" / "mark").read_text() == ".best.old"   # what it was about to replace
    assert (tmp_path / "model" / "mark").read_text() == "model"


def test_the_log_takes_back_what_is_trained_again(tmp_path):
    log = JSONLines(tmp_path / "log.jsonl")
    log.start({}, 0)
    for step in range(1, 6):
        log.log(step, loss=1.0)
    log.sample(5, "text\n")
    log.finish()
    with open(log.path, "a") as file:
        file.write('{"step": 6, "lo')   # cut off by a crash
    assert [entry["step"] for entry in read_log(log.path)] == [1, 2, 3, 4, 5, 5]
    log.start({}, 3)
    log.log(4, loss=2.0)
    log.finish()
    assert [(entry["step"], entry["loss"]) for entry in read_log(log.path)] == [(1, 1), (2, 1), (3, 1), (4, 2)]
    times = [entry["seconds"] for entry in read_log(log.path)]
    assert times == sorted(times)


def test_changed_settings_are_told_when_a_run_goes_on(config, caplog):
    train(config)
    with caplog.at_level(logging.WARNING, "pygpt"):
        train(changed(config, steps=25, lr=5e-3), resume=True)
    assert [record.getMessage() for record in caplog.records] == ["lr was 0.01 until step 20 and is 0.005 from here on"]


def test_early_stop_waits_for_a_new_best_and_resumes_alike(config, tmp_path, caplog):
    flat = changed(config, lr=1e-30, min_lr=0.0, early_stop=2, steps=100)   # nothing is learnt, so no new best
    losses = []

    class Counts(Silent):
        def log(self, step, **numbers):
            losses.extend([step] if "loss" in numbers else [])

    with caplog.at_level(logging.INFO, "pygpt"):
        result = train(flat, Counts())
    assert caplog.text.count("stopped early: 2 evaluations without a new best") == 1
    assert [entry["step"] for entry in result.history] == [0, 5, 10] and losses[-1] == 10
    assert latest(flat.folder).name == "step-0000010" and (result.folder / "model").is_dir()
    assert train(flat, Counts(), resume=True).history == result.history and losses[-1] == 10
    assert len(train(changed(config, early_stop=2, folder=str(tmp_path / "b"))).history) == 5, "it learnt to the end"


def test_samples_come_when_due_and_change_nothing(config, tmp_path):
    samples = []

    class Keeps(Silent):
        def sample(self, step, text):
            samples.append((step, text))

    with_samples = train(changed(config, sample_every=8, sample_tokens=12), Keeps())
    without = train(changed(config, folder=str(tmp_path / "without")))
    assert [step for step, _ in samples] == [8, 16, 20] and all(len(text) == 13 for _, text in samples)
    assert with_samples.history == without.history


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(("spoil", "began"), [
    (("blocks.1.mlp.up_proj.weight", np.nan), "the weight blocks.1.mlp.up_proj.weight"),
    (("blocks.0.mlp.up_proj.weight", 3e38), "the output of blocks.0.mlp.up_proj"),
    (("lm_head.weight", 3e38), "the output of lm_head"),
])
def test_where_a_number_went_bad_is_named(backend, spoil, began):
    name, value = spoil
    config = TrainConfig(model=MODEL | {"n_layer": 2, "tie_weights": False}).model_config(7)
    engine = make_engine(backend, config)
    ids = np.arange(8)[None] % 7
    before = engine.state_dict()["wte.weight"].copy()
    assert first_nonfinite(engine.model, ids) is None
    with np.errstate(all="ignore"):
        state = {key: np.array(array) for key, array in engine.state_dict().items()}
        state[name][:] = value
        engine.load_state_dict(state)
        loss, norm = engine.step(ids, ids, 0.1)
        assert not (np.isfinite(loss) and np.isfinite(norm))
        assert first_nonfinite(engine.model, ids) == began
    np.testing.assert_array_equal(engine.state_dict()["wte.weight"], before)   # a bad step changes nothing
    assert "forward" not in vars(engine.model)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_an_engine_takes_back_what_it_gave(backend):
    """A tied weight goes out under one name and must come back into both."""
    config = TrainConfig(model=MODEL).model_config(7)
    first, second = (make_engine(backend, config, seed=seed) for seed in (0, 1))
    ids = np.arange(8)[None] % 7
    assert first.loss(ids, ids) != second.loss(ids, ids)
    second.load_state_dict(first.state_dict())
    assert first.loss(ids, ids) == second.loss(ids, ids)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_run_that_explodes_says_where_and_keeps_the_evidence(config, backend, tmp_path):
    config = changed(config, backend=backend, lr=1e30, grad_clip=0.0, warmup=0)
    with np.errstate(all="ignore"), pytest.raises(TrainingError) as caught:
        train(config)
    told = str(caught.value)
    assert "at step 1, in the batch '" in told and "it began in the output of blocks.0." in told and "\n" not in told
    kept = json.loads((tmp_path / "run" / "failure.json").read_text())
    assert kept["step"] == 1 and np.shape(kept["batch"]) == (4, 8) and kept["began"].startswith("the output of blocks")
    train(changed(config, lr=1e-3))   # no checkpoint was written, so the run may start anew
    assert not (tmp_path / "run" / "failure.json").exists()
