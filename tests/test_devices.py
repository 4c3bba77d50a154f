"""The NumPy code on another array library: the whole zoo on a stand-in, and on CuPy where there is a GPU."""

import sys

import numpy as np
import pytest

from pygpt.in_numpy import GPT, AdamW, Tape, clip_grad_norm
from pygpt.in_numpy.losses import cross_entropy_backward, cross_entropy_forward

from .strict_array import DeviceArray, Namespace, Special
from .zoo import ZOO, fill, random_ids


def train_once(model, ids, targets):
    """One step with every part of the way; loss, norm and the weights after it, on the host."""
    tape, optimizer = Tape(), AdamW(model.named_parameters())
    loss, cache = cross_entropy_forward(model.forward(ids, tape), targets)
    model.backward(cross_entropy_backward(cache), tape)
    norm = clip_grad_norm(model.parameters(), 0.5)
    optimizer.step()
    cached = model(ids[:, :1], cache=model.new_cache())
    weights = [getattr(p.data, "get", p.data.copy)() for p in model.parameters()]
    return loss, norm, weights, getattr(cached, "get", cached.copy)()


def assert_same_as_numpy(config, xp, tolerance):
    ids, targets = random_ids(config)
    expected = train_once(fill(GPT(config, dtype="float64")), ids, targets)
    model = fill(GPT(config, dtype="float64"))
    for parameter in model.parameters():
        parameter.data = xp.asarray(parameter.data)
    found = train_once(model, xp.asarray(ids), xp.asarray(targets))
    assert found[:2] == pytest.approx(expected[:2], rel=tolerance)
    for ours, theirs in zip([*found[2], found[3]], [*expected[2], expected[3]], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


@pytest.mark.parametrize("config", ZOO.values(), ids=ZOO.keys())
def test_no_numpy_function_touches_a_device_array(config, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", Namespace("cupy"))
    monkeypatch.setitem(sys.modules, "cupyx.scipy.special", Special("cupyx.scipy.special"))
    assert_same_as_numpy(config, sys.modules["cupy"], tolerance=1e-12)


def test_the_stand_in_catches_what_it_is_for():
    x = DeviceArray(np.ones(3))
    for stray in (lambda: np.exp(x), lambda: np.asarray(x), lambda: np.concatenate([x, x]), lambda: x + np.ones(3),
                  lambda: Namespace("cupy").exp(np.ones(3))):
        with pytest.raises(TypeError, match="device array"):
            stray()
    with pytest.raises(AttributeError):
        _ = Namespace("cupy").errstate
    assert (x + x).get().tolist() == [2, 2, 2]


@pytest.mark.gpu
def test_cupy_computes_the_same():
    cupy = pytest.importorskip("cupy")
    if not cupy.cuda.is_available():
        pytest.skip("CuPy is here, a GPU is not")
    for config in ZOO.values():
        assert_same_as_numpy(config, cupy, tolerance=1e-9)
