"""Optimizers, schedules, clipping and accumulation: equal to torch's own, and the same in every backend."""

import math

import numpy as np
import pytest

from pygpt import GPTConfig
from pygpt.config import CHOICES
from pygpt.engine import make_engine
from pygpt.in_numpy import optim
from pygpt.in_numpy.module import Parameter
from pygpt.in_numpy.optim import Muon, orthogonalise
from pygpt.schedules import SCHEDULES, learning_rate

from .zoo import random_ids

torch = pytest.importorskip("torch")
CONFIG = GPTConfig(vocab_size=11, block_size=9, n_layer=2, n_head=2, n_embd=12, tie_weights=False)
SHAPES = {"blocks.0.mlp.up_proj.weight": (5, 3), "wte.weight": (7, 3), "norm_f.bias": (3,)}
THEIRS = {
    "SGD": (dict(lr=0.05, momentum=0.9, weight_decay=0.1), torch.optim.SGD),
    "plain SGD": (dict(lr=0.05, momentum=0.0), torch.optim.SGD),
    "RMSProp": (dict(lr=0.01, alpha=0.95, weight_decay=0.1), torch.optim.RMSprop),
    "Adam": (dict(lr=0.01, betas=(0.8, 0.95), weight_decay=0.1), torch.optim.Adam),
    "AdamW": (dict(lr=0.01, betas=(0.8, 0.95), weight_decay=0.3), torch.optim.AdamW),
}


@pytest.mark.parametrize("name", THEIRS)
def test_fifty_steps_equal_torchs_own(name):
    settings, theirs = THEIRS[name]
    rng = np.random.default_rng(1)
    ours = {n: Parameter(rng.normal(size=shape)) for n, shape in SHAPES.items()}
    tensors = {n: torch.tensor(p.data.copy(), requires_grad=True) for n, p in ours.items()}
    decayed = {n for n, p in ours.items() if optim.decays(n, p.data)}
    assert decayed == {"blocks.0.mlp.up_proj.weight"}
    decay = settings.get("weight_decay", 0.0)
    groups = [{"params": [t], "weight_decay": decay if n in decayed else 0.0} for n, t in tensors.items()]
    twin = theirs(groups, **{key: value for key, value in settings.items() if key != "weight_decay"})
    optimizer = getattr(optim, name.split()[-1])(ours.items(), **settings)
    for step in range(50):
        for n, p in ours.items():
            p.grad = rng.normal(size=p.data.shape) * 10 ** rng.uniform(-3, 1)
            tensors[n].grad = torch.tensor(p.grad)
        before = {n: p.grad.copy() for n, p in ours.items()}
        optimizer.step()
        twin.step()
        for n, p in ours.items():
            np.testing.assert_allclose(p.data, tensors[n].detach().numpy(), rtol=0, atol=1e-10, err_msg=f"{n}, {step}")
            np.testing.assert_array_equal(p.grad, before[n])


@pytest.mark.parametrize("name", CHOICES["optimizer"])
def test_fifty_training_steps_agree_across_backends_and_resume(name):
    ids, targets = random_ids(CONFIG)
    settings = dict(dtype="float64", optimizer=name, betas=(0.95, 0.99), weight_decay=0.1, grad_clip=0.0,
                    clip_value=0.05, label_smoothing=0.05)
    engines = [make_engine(backend, CONFIG, seed=3, **settings) for backend in ("numpy", "torch")]
    first = engines[0].loss(ids, targets)
    for step in range(50):
        (loss, norm), (torch_loss, torch_norm) = (engine.step(ids, targets, lr=1e-2) for engine in engines)
        assert loss == pytest.approx(torch_loss, abs=1e-10) and norm == pytest.approx(torch_norm, abs=1e-9)
        if step == 25:   # each goes on from what the other has kept
            states = [(engine.state_dict(), *engine.optimizer_state()) for engine in engines]
            states = [({n: a.copy() for n, a in weights.items()}, {n: a.copy() for n, a in kept.items()}, steps)
                      for weights, kept, steps in states]
            assert set(states[0][1]) == set(states[1][1]) and states[0][2] == states[1][2] == 26
            engines = [make_engine(backend, CONFIG, **settings) for backend in ("numpy", "torch")]
            for engine, (weights, kept, steps) in zip(engines, reversed(states), strict=True):
                engine.load_state_dict(weights)
                engine.load_optimizer_state(kept, steps)
    assert engines[0].loss(ids, targets) < first - 0.05
    ours, theirs = (engine.state_dict() for engine in engines)
    for key in ours:
        np.testing.assert_allclose(ours[key], theirs[key], rtol=0, atol=1e-10, err_msg=key)


@pytest.mark.parametrize("shape", [(5, 5), (3, 8), (8, 3), (1, 4)])
def test_muon_makes_matrices_nearly_orthogonal(shape):
    matrix = np.random.default_rng(0).normal(size=shape)
    u, _, v = np.linalg.svd(matrix, full_matrices=False)
    turned = orthogonalise(matrix)
    values = np.diag(u.T @ turned @ v.T)
    assert 0.6 < values.min() and values.max() < 1.3                       # all singular values near one
    np.testing.assert_allclose(turned, u * values @ v, atol=1e-10)         # along the same directions
    bfloat = torch.optim._muon._zeropower_via_newtonschulz(torch.tensor(matrix), (3.4445, -4.7750, 2.0315), 5, 1e-7)
    np.testing.assert_allclose(turned, bfloat.double().numpy(), atol=0.1)   # torch's rounds to bfloat16


def test_muon_leaves_tables_head_norms_and_biases_to_adamw():
    engine = make_engine("numpy", CONFIG, optimizer="muon")
    kept = {name: set(arrays) for name, arrays in engine.optimizer.kept.items()}
    assert isinstance(engine.optimizer, Muon)
    assert {name for name, kinds in kept.items() if kinds == {"velocity"}} == {
        f"blocks.{i}.{part}_proj.weight" for i in range(2)
        for part in ("attn.q", "attn.k", "attn.v", "attn.o", "mlp.up", "mlp.down")}
    assert kept["wte.weight"] == kept["lm_head.weight"] == kept["norm_f.bias"] == {"mean", "square"}


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_small_batches_add_up_to_a_large_one(backend, smoothing):
    ids, targets = random_ids(CONFIG, batch=7)
    targets[1] = -100
    targets[4, 3:] = -100
    steps, states = [], []
    for n in (1, 3, 7):
        engine = make_engine(backend, CONFIG, dtype="float64", accumulate=n, label_smoothing=smoothing)
        steps.append([engine.step(ids, targets, lr=1e-2) for _ in range(3)])
        states.append(engine.state_dict())
    for other, state in zip(steps[1:], states[1:], strict=True):
        np.testing.assert_allclose(other, steps[0], rtol=0, atol=1e-10)
        for name, array in state.items():
            np.testing.assert_allclose(array, states[0][name], rtol=0, atol=1e-10, err_msg=name)


def test_clipping_by_value_cuts_each_entry():
    parameter = Parameter(np.zeros(3))
    parameter.grad = np.array([0.5, -7.0, 2.0])
    optim.clip_grad_value([parameter, Parameter(np.zeros(2))], 1.0)
    assert parameter.grad.tolist() == [0.5, -1.0, 1.0]


@pytest.mark.parametrize("name", CHOICES["schedule"])
def test_schedules_warm_up_and_come_down(name):
    assert set(SCHEDULES) == set(CHOICES["schedule"])
    rates = [learning_rate(name, step, lr=1.0, min_lr=0.1, warmup=10, total=100) for step in range(101)]
    np.testing.assert_allclose(rates[:10], np.arange(1, 11) / 11)
    assert max(rates) <= 1 and rates[10] == pytest.approx(1)
    assert (np.diff(rates[10:]) <= 1e-15).all()
    end = {"constant": 1.0, "exponential": 0.95 ** 0.09}.get(name, 0.1)
    assert rates[100] == pytest.approx(end)
    halfway = {"linear": 0.55, "cosine": 0.55, "wsd": 1.0}.get(name)
    assert halfway is None or rates[55] == pytest.approx(halfway)
    assert name != "wsd" or (rates[80] == 1 and rates[90] == pytest.approx(0.55))


def test_exponential_never_falls_below_its_floor():
    late = learning_rate("exponential", 10**6, lr=1.0, min_lr=0.1, warmup=0, total=10)
    assert late == 0.1 and math.isclose(learning_rate("exponential", 1000, lr=1.0, min_lr=0, warmup=0, total=1), 0.95)
