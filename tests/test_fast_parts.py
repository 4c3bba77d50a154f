"""Parts that make a GPT learn in fewer steps: what each one promises. That both backends agree is held by the zoo."""

import dataclasses
import importlib
import math
import sys

import numpy as np
import pytest

from pygpt import GPTConfig, TrainConfig, generate, load_config, train
from pygpt.data import Corpus
from pygpt.engine import make_engine
from pygpt.errors import ConfigError
from pygpt.in_numpy import optim
from pygpt.in_numpy.fast_parts import token_shift_forward, unit_rms_backward, unit_rms_forward
from pygpt.in_numpy.gradcheck import numerical_gradient

from .zoo import ZOO, fill, random_ids

torch = pytest.importorskip("torch")
BACKENDS = pytest.mark.parametrize("backend", ["numpy", "torch"])
FAST = ZOO["fast_parts"]
FACTORS = {"wte": 3.0, "lm_head": 0.5}


def test_unit_rms_forgets_length_and_its_gradient_knows():
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(2, 5, 7)), rng.normal(size=(2, 5, 7))
    y, cache = unit_rms_forward(x, eps=0)
    np.testing.assert_allclose((y * y).mean(-1), 1, atol=1e-12)
    np.testing.assert_allclose(unit_rms_forward(1000 * x, eps=0)[0], y, atol=1e-12)
    dx = unit_rms_backward(dy, cache)
    np.testing.assert_allclose((dx * x).sum(-1), 0, atol=1e-12)   # a longer row gives the same y
    np.testing.assert_allclose(dx, numerical_gradient(lambda x: unit_rms_forward(x, eps=0)[0], x, dy), atol=1e-8)


def test_a_shift_adds_the_row_before_and_nothing_else():
    x = np.random.default_rng(0).normal(size=(2, 4, 3))
    before, mix = np.full((2, 1, 3), 5.0), np.array([0.0, 1.0, -2.0])
    y, _ = token_shift_forward(x, before, mix)
    np.testing.assert_array_equal(y[:, 0], x[:, 0] + 5 * mix)
    np.testing.assert_allclose(y[:, 1:], x[:, 1:] + mix * x[:, :-1], rtol=0, atol=1e-15)


@BACKENDS
def test_a_fresh_shift_changes_nothing_and_a_learnt_one_does(backend):
    ids, _ = random_ids(FAST)
    engines = [make_engine(backend, dataclasses.replace(FAST, init="gpt2", token_shift=shift), dtype="float64")
               for shift in (True, False)]
    with_shift, without = (engine.state_dict() for engine in engines)
    assert set(with_shift) - set(without) == {"blocks.0.shift.weight"} and set(without) < set(with_shift)
    np.testing.assert_array_equal(engines[0].logits(ids), engines[1].logits(ids))
    engines[0].load_state_dict(with_shift | {"blocks.0.shift.weight": np.ones(FAST.n_embd)})
    assert np.abs(engines[0].logits(ids) - engines[1].logits(ids)).max() > 1e-4


@pytest.mark.parametrize("config", [FAST, ZOO["fast_parts_post_groups"]], ids=["pre", "post"])
def test_text_is_the_same_with_and_without_cache_past_the_context(config):
    models = [make_engine(backend, config, dtype="float64").model for backend in ("numpy", "torch")]
    models[1].load_state_dict(fill(models[0]).state_dict())
    texts = [generate(model, [1, 2, 3], max_new_tokens=20, seed=4, use_cache=cache)
             for model in models for cache in (True, False)]
    assert texts[0] == texts[1] == texts[2] == texts[3] and len(set(texts[0])) > 3


@BACKENDS
def test_normed_queries_meet_normed_keys_in_bounded_scores(backend):
    engine = make_engine(backend, FAST, dtype="float64")
    state = engine.state_dict()
    engine.load_state_dict(state | {name: 1e4 * array for name, array in state.items() if ".q_proj" in name})
    attention = engine.model.blocks[0].attn
    x = np.random.default_rng(0).normal(size=(1, 5, FAST.n_embd))
    x = x if backend == "numpy" else torch.from_numpy(x)
    q, k = (np.asarray(attention.split_heads(part(x)).detach() if backend == "torch" else
                       attention.split_heads(part(x))) for part in (attention.q_proj, attention.k_proj))
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(FAST.head_size)
    assert 0.1 < np.abs(scores).max() <= math.sqrt(FAST.head_size) + 1e-9


@BACKENDS
def test_a_start_at_zero_is_a_fair_guess(backend):
    config = GPTConfig(vocab_size=300, block_size=8, n_layer=2, n_head=2, n_embd=64, init="zero", tie_weights=False)
    build = importlib.import_module(f"pygpt.in_{backend}").GPT
    for model in (make_engine(backend, config).model, build(config)):
        state = {name: np.asarray(p.detach() if backend == "torch" else p.data)
                 for name, p in model.named_parameters()}
        zero = {name for name, array in state.items() if not array.any()}
        assert {n for n in zero if n.endswith("weight")} == {"lm_head.weight"} | {
            f"blocks.{i}.{part}.weight" for i in range(2) for part in ("attn.o_proj", "mlp.down_proj")}
        assert state["wte.weight"].std() == pytest.approx(1, rel=0.05)
        assert state["blocks.1.mlp.up_proj.weight"].std() == pytest.approx(0.5 / 8, rel=0.05)
        assert state["norm_f.weight"].tolist() == [1] * 64
    ids, targets = random_ids(config)
    engine = make_engine(backend, config)
    assert engine.loss(ids, targets) == pytest.approx(math.log(300), rel=1e-6)
    for _ in range(30):
        loss, _ = engine.step(ids, targets, 3e-3)
    assert loss < 4, "zeros in every branch must not keep a model from learning"


@BACKENDS
@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam", "adamw", "muon"])
def test_tables_and_head_learn_at_rates_of_their_own(backend, name):
    ids, targets = random_ids(FAST)
    moved = []
    for factors in (None, FACTORS):
        engine = make_engine(backend, FAST, dtype="float64", optimizer=name, weight_decay=0.0, grad_clip=0.0,
                             lr_factors=factors)
        engine.load_state_dict(fill(make_engine("numpy", FAST).model).state_dict())
        before = {n: a.copy() for n, a in engine.state_dict().items()}
        engine.step(ids, targets, 1e-3)
        moved.append({n: a - before[n] for n, a in engine.state_dict().items()})
    for n, step in moved[0].items():
        factor = FACTORS.get(n.split(".")[0], 1.0)
        np.testing.assert_allclose(moved[1][n], factor * step, rtol=0, atol=1e-12, err_msg=n)
    if name == "adamw":   # its first step is the rate itself
        assert np.abs(moved[1]["wte.weight"]).max() == pytest.approx(3e-3, rel=1e-4)


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_rates_of_their_own_agree_across_backends_and_resume_to_the_bit(name):
    ids, targets = random_ids(FAST)
    settings = dict(dtype="float64", optimizer=name, weight_decay=0.1, lr_factors=FACTORS)
    engines = [make_engine(backend, FAST, seed=3, **settings) for backend in ("numpy", "torch")]
    for step in range(30):
        for i, engine in enumerate(engines):
            if step == 11:
                fresh = make_engine(engine.backend, FAST, seed=8, **settings)
                fresh.load_state_dict(engine.state_dict())
                fresh.load_optimizer_state(*engine.optimizer_state())
                loss = engine.step(ids, targets, 1e-2)[0], engine.loss(ids, targets)
                assert loss == (fresh.step(ids, targets, 1e-2)[0], fresh.loss(ids, targets))
                engines[i] = fresh
            else:
                engine.step(ids, targets, 1e-2)
    ours, theirs = (engine.state_dict() for engine in engines)
    for key in ours:
        np.testing.assert_allclose(ours[key], theirs[key], rtol=0, atol=1e-10, err_msg=key)


def test_a_stack_of_matrices_turns_as_each_alone():
    stack = np.random.default_rng(0).normal(size=(3, 6, 4))
    turned = importlib.import_module("pygpt.in_torch.optim").orthogonalise(torch.from_numpy(stack)).numpy()
    for alone, together in zip(stack, turned, strict=True):
        np.testing.assert_allclose(optim.orthogonalise(alone), together, rtol=0, atol=1e-10)


@BACKENDS
def test_the_trainer_hands_the_rates_on_and_resumes_to_the_bit(backend, tmp_path, monkeypatch):
    monkeypatch.setenv("PYGPT_CACHE", str(tmp_path / "cache"))
    text = "the cat sat on the mat; the dog ate the hat.\n\n" * 40
    corpus = Corpus("small", text, text[:600], licence="public domain", source="made here", sha256="")
    monkeypatch.setattr(sys.modules["pygpt.train"], "open_corpus", lambda name: corpus)
    model = dict(block_size=8, n_layer=1, n_head=2, n_embd=8, position="rope", qk_norm=True, token_shift=True,
                 init="zero", tie_weights=False)
    config = TrainConfig(model=model, backend=backend, optimizer="muon", lr=0.01, embed_lr=0.02, head_lr=0.005,
                         folder=str(tmp_path / "whole"), steps=8, batch_size=2, eval_batches=1, save_every=4, keep=9)
    assert config.lr_factors == {"wte": 2.0, "wpe": 2.0, "lm_head": 0.5}
    whole = train(config)
    assert whole.engine.optimizer_state()[1] == 8
    half = dataclasses.replace(config, folder=str(tmp_path / "half"))
    train(half)
    for late in (tmp_path / "half").glob("step-*8"):
        for file in late.iterdir():
            file.unlink()
        late.rmdir()
    resumed = train(half, resume=True)
    other = train(dataclasses.replace(config, embed_lr=0.01, folder=str(tmp_path / "other")))
    for name, array in whole.engine.state_dict().items():
        np.testing.assert_array_equal(array, resumed.engine.state_dict()[name], err_msg=name)
    assert np.abs(other.engine.state_dict()["wte.weight"] - whole.engine.state_dict()["wte.weight"]).max() > 1e-3


@pytest.mark.parametrize("change, message", [
    ({"init": "ones"}, "init='ones'; allowed: gpt2, zero"),
    ({"init": "zero", "tie_weights": True}, "init='zero' starts the head at zero, which cannot be the token table"),
    ({"qk_norm": 1}, "qk_norm=1; allowed: true or false"),
])
def test_a_model_that_cannot_be_is_one_clear_line(change, message):
    with pytest.raises(ConfigError) as caught:
        dataclasses.replace(FAST, **change)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["embed_lr", "head_lr"])
def test_a_rate_of_zero_is_refused(name):
    with pytest.raises(ConfigError, match=f"{name}=0.0; allowed: more than 0"):
        TrainConfig(**{name: 0})


def test_the_recipes_are_what_they_say():
    nano, plain, fast = (load_config(f"configs/{name}.yaml")
                         for name in ("nanogpt-cpu", "shakespeare-fast-plain", "shakespeare-fast"))
    model = nano.model_config(65)
    assert (model.n_layer, model.n_head, model.n_embd, model.block_size, model.bias) == (4, 4, 128, 64, False)
    assert (nano.steps, nano.batch_size, nano.lr, nano.min_lr, nano.warmup) == (2000, 12, 1e-3, 1e-4, 100)
    assert (nano.optimizer, nano.beta1, nano.beta2, nano.weight_decay, nano.grad_clip) == ("adamw", .9, .99, .1, 1)
    for config in (plain, fast):
        assert config.model_config(65).block_size == 64 and config.backend == "torch" and config.lr_factors
    own = ("qk_norm", "token_shift")
    assert plain.model_config(65).n_layer == 4 and not any(getattr(plain.model_config(65), word) for word in own)
