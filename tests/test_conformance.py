"""What every backend promises for every config: purity, modes, dropout, checkpointed blocks, pairings that convert."""

import dataclasses
import importlib

import numpy as np
import pytest

from pygpt.errors import ModelInputError, PyGPTError
from pygpt.in_numpy import Tape
from pygpt.in_numpy.engine import NumpyEngine
from pygpt.in_numpy.losses import cross_entropy_backward, cross_entropy_forward
from pygpt.in_numpy.parallel import ParallelGradients
from pygpt.swapping import swap
from pygpt.tables import convert_rope_pairs

from .zoo import ZOO, random_ids, twins

torch = pytest.importorskip("torch")
every_config = pytest.mark.parametrize("config", ZOO.values(), ids=ZOO.keys())
DROPPING = {name: dataclasses.replace(ZOO[name], dropout=0.3)
            for name in ZOO if name in ("base", "many_heads_deep") or name.endswith(("swiglu-rope-1", "exact-alibi-2"))}
every_dropping_config = pytest.mark.parametrize("config", DROPPING.values(), ids=DROPPING.keys())


def backends(config):
    """(logits of the ids as NumPy, the weights, the model) of both twins with the same weights."""
    ours, theirs = twins(config)
    yield ours, ours.state_dict(), lambda ids: ours(ids)
    yield theirs, theirs.state_dict(), lambda ids: theirs(torch.from_numpy(ids)).detach().numpy()


def gradients(model, ids, dlogits):
    """(logits, {name: gradient}) of one forward and backward, in either backend, as NumPy."""
    model.zero_grad()
    if isinstance(model, torch.nn.Module):
        logits = model(torch.from_numpy(ids))
        logits.backward(torch.from_numpy(dlogits))
        return logits.detach().numpy(), {name: p.grad.numpy() for name, p in model.named_parameters()}
    tape = Tape()
    logits = model.forward(ids, tape)
    model.backward(dlogits, tape)
    assert len(tape) == 0
    return logits, {name: p.grad for name, p in model.named_parameters()}


def upstream(config, ids):
    return np.random.default_rng(2).normal(size=(*ids.shape, config.vocab_size))


@every_config
def test_forward_is_pure_and_alike_in_both_modes_without_dropout(config):
    ids, _ = random_ids(config)
    for model, state, forward in backends(config):
        before = ids.copy(), {name: np.asarray(array).copy() for name, array in state.items()}
        model.train()
        first, second = forward(ids), forward(ids)
        model.eval()
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(first, forward(ids))
        np.testing.assert_array_equal(ids, before[0])
        for name, array in state.items():
            np.testing.assert_array_equal(array, before[1][name], err_msg=name)


@every_dropping_config
def test_dropout_works_in_training_and_rests_in_evaluation(config):
    ids, _ = random_ids(config)
    dropless = dataclasses.replace(config, dropout=0.0)
    expected = [forward(ids) for _, _, forward in backends(dropless)]
    for (model, _, forward), without in zip(backends(config), expected, strict=True):
        model.train()
        assert np.abs(forward(ids) - forward(ids)).max() > 1e-3      # fresh masks each time
        model.eval()
        np.testing.assert_array_equal(forward(ids), without)


@every_dropping_config
def test_with_the_same_masks_both_backends_drop_the_same(config):
    ours, theirs = twins(config)
    ids, _ = random_ids(config)
    for model in (ours, theirs):
        names = []
        for name, part in model.named_modules():
            if type(part).__name__ == "Dropout":
                names.append(name)
                part.draw = given_masks(seed=len(names), p=config.dropout)
        assert len(names) == 1 + 2 * config.n_layer
    (logits, grads), (torch_logits, torch_grads) = (gradients(m, ids, upstream(config, ids)) for m in (ours, theirs))
    np.testing.assert_allclose(logits, torch_logits, rtol=0, atol=1e-10 * max(1, np.abs(torch_logits).max()))
    scale = max(1, np.sqrt(sum((g**2).sum() for g in torch_grads.values())))
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, torch_grads[name], rtol=0, atol=1e-10 * scale, err_msg=name)


def given_masks(seed, p):
    def draw(x):
        mask = (np.random.default_rng(seed).random(tuple(x.shape)) >= p) / (1 - p)
        return torch.from_numpy(mask) if isinstance(x, torch.Tensor) else mask
    return draw


@pytest.mark.parametrize("config", [*list(ZOO.values())[::7], *DROPPING.values()], ids=lambda c: f"{c.mlp}-{c.dropout}")
def test_checkpointed_blocks_give_the_same_bits_from_less_memory(config):
    ids, _ = random_ids(config)
    for side, model in zip(("in_numpy", "in_torch"), twins(config), strict=True):
        wrapper = importlib.import_module(f"pygpt.{side}.checkpointing").CheckpointedBlock
        seed(model)
        logits, grads = gradients(model, ids, upstream(config, ids))
        grads = {name: grad.copy() for name, grad in grads.items()}
        keys, tape = list(model.state_dict()), Tape()
        whole = len(model.forward(ids, tape)) and tape.nbytes if side == "in_numpy" else None
        assert swap(model, "blocks.*", wrapper) == [f"blocks.{i}" for i in range(config.n_layer)]
        assert list(model.state_dict()) == keys and model.train() is model
        seed(model)
        again, checkpointed = gradients(model, ids, upstream(config, ids))
        np.testing.assert_array_equal(again, logits)
        for name, grad in grads.items():
            np.testing.assert_array_equal(checkpointed[name], grad, err_msg=name)
        if whole and config.n_layer > 1:
            tape = Tape()
            model.forward(ids, tape)
            assert tape.nbytes < 0.6 * whole


def seed(model):
    torch.manual_seed(5)
    if not isinstance(model, torch.nn.Module):
        model.rng.bit_generator.state = np.random.default_rng(5).bit_generator.state


def test_swap_names_what_it_cannot_find_and_takes_patterns():
    model, twin = twins(ZOO["base"])
    for each in (model, twin):
        with pytest.raises(PyGPTError, match="no part of the model is called 'blocks.7'; allowed: "):
            swap(each, "blocks.7", lambda part: part)
        found = swap(each, "attn.*_proj", lambda part: part)
        assert len(found) == 8 and found[0] == "blocks.0.attn.q_proj"


@pytest.mark.parametrize("config", [ZOO["interleaved"], *(c for n, c in ZOO.items() if n.endswith("-pre-gelu-rope-6"))],
                         ids=lambda c: c.norm)
def test_rope_pairings_convert(config):
    model, twin = twins(config)
    other = {"half": "interleaved", "interleaved": "half"}[config.rope_pairs]
    changed, changed_twin = twins(dataclasses.replace(config, rope_pairs=other))
    ids, _ = random_ids(config)
    assert np.abs(changed(ids) - model(ids)).max() > 1e-3
    changed.load_state_dict(convert_rope_pairs(model.state_dict(), config.head_size, to=other))
    changed_twin.load_state_dict(convert_rope_pairs(twin.state_dict(), config.head_size, to=other))
    np.testing.assert_allclose(changed(ids), model(ids), atol=1e-12)
    np.testing.assert_allclose(changed_twin(torch.from_numpy(ids)).detach().numpy(), model(ids), atol=1e-10)
    back = convert_rope_pairs(changed.state_dict(), config.head_size, to=config.rope_pairs)
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(back[name], array)
    with pytest.raises(ValueError, match="allowed: half, interleaved"):
        convert_rope_pairs({}, 4, to="quarter")


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("ignored", [0, 1, 5])
def test_the_loss_ignores_and_smooths_as_torch_does(smoothing, ignored):
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(3, 5, 7)) * 30, rng.integers(0, 7, (3, 5))
    targets.reshape(-1)[rng.permutation(15)[:ignored]] = 4      # a token that does not count
    t = torch.tensor(logits, requires_grad=True)
    expected = importlib.import_module("pygpt.in_torch.losses").cross_entropy(t, torch.tensor(targets), 4, smoothing)
    expected.backward()
    loss, cache = cross_entropy_forward(logits, targets, ignore_index=4, label_smoothing=smoothing)
    assert loss == pytest.approx(expected.item(), abs=1e-12)
    np.testing.assert_allclose(cross_entropy_backward(cache), t.grad.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("bad, message", [(-1, "target -1 is out of range; allowed: 0 to 6, or -100"),
                                          (7, "target 7 is out of range"), (-100, "no place counts: all 4 targets")])
def test_a_target_that_is_no_token_is_one_clear_line(bad, message):
    with pytest.raises(ModelInputError, match=message):
        cross_entropy_forward(np.zeros((4, 7)), np.full(4, bad))


def test_threads_weigh_their_parts_by_the_places_that_count():
    config = ZOO["base"]
    model, _ = twins(config)
    ids, targets = random_ids(config, batch=6)
    targets[:2] = -100
    targets[3, 2:] = -100
    one, many = (ParallelGradients(model, threads) for threads in (1, 3))
    losses, grads = [], []
    for parallel in (one, many):
        losses.append(parallel(ids, targets))
        grads.append({name: p.grad.copy() for name, p in model.named_parameters()})
    assert losses[0] == pytest.approx(losses[1], abs=1e-12) == pytest.approx(NumpyEngine(model).loss(ids, targets))
    for name, grad in grads[0].items():
        np.testing.assert_allclose(grads[1][name], grad, atol=1e-12, err_msg=name)
