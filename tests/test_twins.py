"""in_numpy and in_torch mirror each other: same files, same public names, same arguments."""

import importlib
import inspect
from pathlib import Path

import pytest

pytest.importorskip("torch")
PACKAGE = Path(__file__).parent.parent / "pygpt"
PROVIDED_BY_TORCH = {"module", "gradcheck", "backend", "parallel"}   # nn.Module, autograd, devices, threads are its own
GRADIENT_ONLY = {"rng", "tape", "dtype"}                 # torch has its own generator, autograd and .to(dtype)
NUMPY_ONLY = {"column_sums", "counted_targets", "decayed_gradient"}
WRITTEN_OUT = {"astype", "pair", "kinds", "update", "adam_step", "zero_grad"}   # methods for what torch does inside
FILES = sorted(p.stem for p in (PACKAGE / "in_numpy").glob("*.py") if p.stem != "__init__")


def public(module):
    return {name: value for name, value in vars(module).items()
            if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__}


def parameters(function):
    return [name for name, parameter in inspect.signature(function).parameters.items()
            if name not in GRADIENT_ONLY and parameter.kind is not inspect.Parameter.VAR_KEYWORD]


def test_the_same_files():
    theirs = {p.stem for p in (PACKAGE / "in_torch").glob("*.py")} - {"__init__"}
    assert set(FILES) - PROVIDED_BY_TORCH == theirs


@pytest.mark.parametrize("name", [f for f in FILES if f not in PROVIDED_BY_TORCH])
def test_the_same_names_and_arguments(name):
    ours, theirs = (public(importlib.import_module(f"pygpt.{side}.{name}")) for side in ("in_numpy", "in_torch"))
    torch_names = {n.replace("NumpyEngine", "TorchEngine").removesuffix("_forward") for n in ours if not is_backward(n)}
    assert torch_names - NUMPY_ONLY == set(theirs) - {"attend_in_groups", "check_device"}
    for our_name, thing in ours.items():
        twin = theirs.get(our_name.replace("NumpyEngine", "TorchEngine"))
        if inspect.isclass(thing):
            assert parameters(thing.__init__) == parameters(twin.__init__), our_name
            methods = {m for m, f in vars(thing).items() if inspect.isfunction(f) and not m.startswith("_")}
            missing = {m for m in methods if not is_backward(m) and not hasattr(twin, m)} - WRITTEN_OUT
            assert not missing, f"{our_name} lacks {missing} in torch"
            for method in methods & set(vars(twin)):
                assert parameters(getattr(thing, method)) == parameters(getattr(twin, method)), f"{our_name}.{method}"


def is_backward(name):
    return name == "backward" or name.endswith("_backward")


def test_the_registries_hold_the_same_kinds():
    for file, registry in [("layers", "NORMS"), ("mlp", "MLPS"), ("positions", "POSITIONS"), ("block", "BLOCKS")]:
        ours, theirs = (getattr(importlib.import_module(f"pygpt.{side}.{file}"), registry)
                        for side in ("in_numpy", "in_torch"))
        assert {k: v.__name__ for k, v in ours.items()} == {k: v.__name__ for k, v in theirs.items()}
