"""Runs: they learn, they stop and go on to the bit, they move between backends, and damage is one clear line."""

import dataclasses
import json
import shutil
import sys

import numpy as np
import pytest

from pygpt import GPTConfig, TrainConfig, generate, load_model, train
from pygpt.checkpoint import latest, save_model
from pygpt.data import Corpus
from pygpt.data.batches import Batches, fixed_batches, sample_batch
from pygpt.errors import CheckpointError, DataError, ModelInputError, PyGPTError
from pygpt.generate import TextStream
from pygpt.in_numpy import GPT
from pygpt.in_numpy.parallel import ParallelGradients
from pygpt.tokenizers import BPETokenizer
from pygpt.tracking import Silent

TEXT = "the cat sat on the mat; the dog ate the hat.\n\nthe dog sat.\n\n" * 45
MODEL = dict(block_size=16, n_layer=2, n_head=2, n_embd=16, dropout=0.1)


@pytest.fixture(autouse=True)
def small_corpus(monkeypatch, tmp_path_factory):
    """A text of three kilobytes in place of the plays, so that a run takes a second."""
    monkeypatch.setenv("PYGPT_CACHE", str(tmp_path_factory.mktemp("cache")))
    corpus = Corpus("small", TEXT, TEXT[:900], licence="public domain", source="made here", sha256="")
    monkeypatch.setattr(sys.modules["pygpt.train"], "open_corpus", lambda name: corpus)   # pygpt.train is the function


@pytest.fixture
def config(tmp_path):
    return TrainConfig(model=MODEL, folder=str(tmp_path / "run"), steps=40, batch_size=4, lr=1e-2, warmup=5,
                       eval_every=20, eval_batches=2, save_every=10)


class StopAt(Silent):
    """Pulls the plug after a step, as Ctrl-C does."""

    def __init__(self, step):
        self.step = step

    def log(self, step, **numbers):
        if step == self.step and "loss" in numbers:
            raise KeyboardInterrupt


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_a_stopped_run_goes_on_to_the_bit(config, tmp_path, backend, noise):
    config = dataclasses.replace(config, embedding_noise=noise)
    whole = train(dataclasses.replace(config, backend=backend))
    assert whole.history[-1]["val_loss"] < whole.history[0]["val_loss"] - 0.5
    stopped = dataclasses.replace(config, backend=backend, folder=str(tmp_path / "stopped"))
    with pytest.raises(KeyboardInterrupt):
        train(stopped, tracker=StopAt(17))
    resumed = train(stopped, resume=True)
    assert resumed.history == whole.history
    for name, array in whole.engine.state_dict().items():
        np.testing.assert_array_equal(array, resumed.engine.state_dict()[name], err_msg=name)


@pytest.mark.parametrize("batching", ["budget", "curriculum"])
def test_documents_train_alike_on_every_backend_and_go_on_to_the_bit(config, tmp_path, batching):
    """Batches of changing shape, with padding that must count for nothing."""
    config = dataclasses.replace(config, batching=batching, max_tokens=64, curriculum_steps=10, dtype="float64",
                                 model=MODEL | {"dropout": 0.0})
    losses = {}
    for backend in ("numpy", "torch"):
        folder = str(tmp_path / backend)
        whole = train(dataclasses.replace(config, backend=backend, folder=folder), save=False)
        losses[backend] = [entry["val_loss"] for entry in whole.history]
        assert losses[backend][-1] < losses[backend][0] - 0.3
        with pytest.raises(KeyboardInterrupt):
            train(dataclasses.replace(config, backend=backend, folder=folder), tracker=StopAt(17))
        assert train(dataclasses.replace(config, backend=backend, folder=folder), resume=True).history == whole.history
    assert losses["numpy"] == pytest.approx(losses["torch"], abs=1e-9)


def test_a_run_keeps_its_tokenizer_and_is_not_resumed_with_another(config, tmp_path):
    BPETokenizer.train(TEXT, 270).save(tmp_path / "bpe.json")
    config = dataclasses.replace(config, tokenizer=str(tmp_path / "bpe.json"), steps=10)
    result = train(config)
    model, tokenizer = load_model(result.folder / "model")
    assert tokenizer.merges == result.tokenizer.merges and model.config.vocab_size == 270
    assert tokenizer.decode(generate(model, tokenizer.encode("the cat"), 5, seed=0)).startswith("the cat")
    BPETokenizer.train(TEXT.upper(), 270).save(tmp_path / "bpe.json")
    with pytest.raises(CheckpointError, match="step-0000010 was trained with another tokenizer than tokenizer=/"):
        train(config, resume=True)
    BPETokenizer.train(TEXT, 270).save(tmp_path / "bpe.json")
    with pytest.raises(CheckpointError, match="trained with batching=fixed, not budget; resume with the same"):
        train(dataclasses.replace(config, batching="budget"), resume=True)


def test_text_is_shown_in_whole_characters():
    tokenizer = BPETokenizer.train("ab", 256)   # the 256 bytes: a token is a part of a character
    shown = []
    stream = TextStream(tokenizer, shown.append)
    for token in [*"a猫😀".encode(), 0xE7, ord("b"), 0xF0, 0x9F]:
        stream.put(token)
    stream.finish()
    assert shown == ["a", "猫", "😀", "\ufffdb", "\ufffd"]


@pytest.mark.parametrize("first, second", [("numpy", "torch"), ("torch", "numpy")])
def test_a_checkpoint_of_one_backend_goes_on_in_the_other(config, first, second):
    config = dataclasses.replace(config, dtype="float64", model=MODEL | {"dropout": 0.0}, backend=first)
    whole = train(config)
    for folder in ("step-0000040", "model", "best"):
        shutil.rmtree(whole.folder / folder)
    assert latest(whole.folder).name == "step-0000030"
    moved = train(dataclasses.replace(config, backend=second), resume=True)
    assert moved.history[-1]["val_loss"] == pytest.approx(whole.history[-1]["val_loss"], abs=1e-9)


def test_a_run_leaves_a_model_anyone_can_load(config):
    result = train(config)
    assert sorted(f.name for f in result.folder.iterdir()) == ["best", "config.yaml", "model", "step-0000030",
                                                                 "step-0000040"]
    prompt = result.tokenizer.encode("the ")
    for backend in ("numpy", "torch"):
        model, tokenizer = load_model(result.folder / "model", backend)
        text = tokenizer.decode(generate(model, prompt, 12, temperature=0))
        assert text == tokenizer.decode(generate(result.model, prompt, 12, temperature=0))
    assert text.startswith("the ") and set(text) <= set(TEXT)


def test_batches_are_windows_of_the_text_and_reach_its_end():
    tokens = np.arange(20)
    rng = np.random.default_rng(0)
    starts = set()
    for _ in range(200):
        ids, targets = sample_batch(tokens, 3, 5, rng)
        np.testing.assert_array_equal(ids + 1, targets)
        assert ids.shape == (3, 5) and (np.diff(ids) == 1).all()
        starts |= set(ids[:, 0].tolist())
    assert starts == set(range(15))
    stream = Batches(tokens, 3, 5, seed=1)
    stream.next()
    saved = json.loads(json.dumps(stream.state_dict()))
    expected = stream.next()
    stream.load_state_dict(saved)
    np.testing.assert_array_equal(stream.next(), expected)
    np.testing.assert_array_equal(fixed_batches(tokens, 2, 5, 3), fixed_batches(tokens, 2, 5, 3))
    with pytest.raises(DataError, match="20 tokens are too few for block_size=20; need at least 21"):
        sample_batch(tokens, 1, 20, rng)


def damage(folder, name, how):
    path = folder / name
    if how == "missing":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(path.read_bytes()[:-40])
    elif how == "foreign":
        path.write_bytes(b"PK\x03\x04 not ours")
    elif how == "other json":
        path.write_text('{"model_type": "gpt2"}')


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
@pytest.mark.parametrize("how", ["missing", "truncated", "foreign", "other json"])
def test_a_damaged_model_is_one_clear_line(config, name, how):
    folder = train(dataclasses.replace(config, steps=1)).folder / "model"
    damage(folder, name, how)
    with pytest.raises(CheckpointError) as caught:
        load_model(folder)
    assert "\n" not in str(caught.value) and name.split(".")[0] in str(caught.value)


@pytest.mark.parametrize("name", ["run.json", "optimizer.safetensors"])
@pytest.mark.parametrize("how", ["missing", "truncated", "foreign"])
def test_a_damaged_checkpoint_is_one_clear_line(config, name, how):
    folder = train(dataclasses.replace(config, steps=10)).folder
    damage(latest(folder), name, how)
    with pytest.raises(CheckpointError) as caught:
        train(dataclasses.replace(config, steps=20), resume=True)
    assert "\n" not in str(caught.value) and name in str(caught.value)


def test_what_cannot_be_saved_or_resumed_leaves_nothing_behind(config, tmp_path):
    with pytest.raises(CheckpointError, match="no checkpoint to resume from"):
        train(config, resume=True)
    result = train(dataclasses.replace(config, steps=1), save=False)
    assert not result.folder.exists()
    train(dataclasses.replace(config, steps=10))
    with pytest.raises(CheckpointError, match="already holds a run, saved at step-0000010; go on with --resume"):
        train(config)
    shutil.rmtree(result.folder)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CheckpointError, match="cannot write"):
        save_model(tmp_path / "file" / "model", result.engine.config, result.engine.state_dict(), result.tokenizer)
    before = save_model(tmp_path / "model", result.engine.config, result.engine.state_dict(), result.tokenizer)
    with pytest.raises(AttributeError):   # an error halfway: the model that was there stays, and no temporary folder
        save_model(tmp_path / "model", result.engine.config, result.engine.state_dict(), tokenizer=None)
    assert before is None and load_model(tmp_path / "model")
    assert sorted(f.name for f in tmp_path.iterdir()) == ["file", "model"]


def test_a_loss_that_explodes_stops_with_advice(config):
    with np.errstate(all="ignore"), pytest.raises(PyGPTError, match="lower lr"):
        train(dataclasses.replace(config, lr=1e30, grad_clip=0.0, warmup=0), save=False)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("ids, message", [
    ([[0, 99]], "token id 99 is out of range; allowed: 0 to"),
    ([[-1]], "token id -1 is out of range"),
    ([[0] * 17], "17 tokens do not fit the context of block_size=16"),
    ([0, 1], r"ids of shape \(2,\)"),
    ([[0.5]], "whole numbers"),
])
def test_ids_that_do_not_fit_are_one_clear_line(config, backend, ids, message):
    model = train(dataclasses.replace(config, steps=1, backend=backend), save=False).model
    with pytest.raises(ModelInputError, match=message):
        model(np.array(ids))


def test_settings_no_sampler_can_use(config):
    model = train(dataclasses.replace(config, steps=1), save=False).model
    for settings, message in [({"temperature": -1}, "temperature=-1"), ({"top_k": 0}, "top_k=0"),
                              ({"top_p": 2}, "top_p=2"), ({"max_new_tokens": -1}, "max_new_tokens=-1")]:
        with pytest.raises(PyGPTError, match=message):
            generate(model, [0], **{"max_new_tokens": 1} | settings)
    with pytest.raises(ModelInputError, match="prompt is empty"):
        generate(model, [], 1)


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_share_a_batch_without_changing_its_gradients(threads):
    config = GPTConfig(vocab_size=7, **MODEL | {"dropout": 0.0})
    model = GPT(config, rng=0, dtype="float64")
    ids, targets = np.random.default_rng(1).integers(0, 7, (2, 5, 16))   # 5 sequences: parts of unequal size
    expected_loss = ParallelGradients(model, threads=1)(ids, targets)
    expected = [p.grad for p in model.parameters()]
    parallel = ParallelGradients(model, threads)
    for _ in range(2):   # gradients start afresh at every call
        assert parallel(ids, targets) == pytest.approx(expected_loss, abs=1e-12)
        for parameter, grad in zip(model.parameters(), expected, strict=True):
            np.testing.assert_allclose(parameter.grad, grad, rtol=0, atol=1e-12)
    assert parallel.fits() and not (model.astype("float32") and parallel.fits())
