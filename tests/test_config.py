"""Configurations: what they accept, and the one line they answer everything else with."""

from pathlib import Path

import pytest

from pygpt import GPTConfig, TrainConfig, load_config
from pygpt.errors import ConfigError
from pygpt.schedules import learning_rate

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
GOOD = dict(vocab_size=65, block_size=64, n_layer=4, n_head=4, n_embd=128)


@pytest.mark.parametrize("change, message", [
    ({"n_head": 5}, "n_head=5 must divide n_embd=128; nearest choices: 2, 4, 8"),
    ({"n_layer": 0}, "n_layer=0; allowed: more than 0"),
    ({"n_layer": 2.5}, "n_layer=2.5; allowed: a whole number"),
    ({"n_layer": True}, "n_layer=True; allowed: a whole number"),
    ({"norm": "batchnorm"}, "norm='batchnorm'; allowed: layernorm, rmsnorm"),
    ({"dropout": 1.0}, "dropout=1.0; allowed: 0 up to"),
    ({"n_kv_head": 3}, "n_kv_head=3 must divide n_head=4; nearest choices: 1, 2, 4"),
    ({"position": "rope", "n_embd": 12}, "n_embd / n_head = 3 is odd"),
    ({"window": 8}, "attention='full' with window=8; allowed: 'sliding' with a window"),
    ({"attention": "sliding"}, "attention='sliding' with window=None; allowed"),
    ({"attention": "sliding", "window": 0}, "window=0; allowed: more than 0"),
])
def test_a_model_that_cannot_be_built_is_one_clear_line(change, message):
    with pytest.raises(ConfigError) as caught:
        GPTConfig(**GOOD | change)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_config_is_frozen_and_derives_its_sizes():
    config = GPTConfig(**GOOD, dropout=0)
    assert (config.head_size, config.hidden_size, config.kv_heads) == (32, 512, 4)
    gated = GPTConfig(**GOOD, mlp="swiglu", n_kv_head=1)
    assert gated.hidden_size == 341 and gated.kv_heads == 1
    assert abs(3 * 341 - 2 * 512) <= 1   # as many weights as without
    assert isinstance(config.dropout, float)
    with pytest.raises(AttributeError):
        config.n_layer = 2


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path
    return write


def test_extends_and_overrides_stack(write):
    write("base.yaml", "steps: 10\nlr: 3e-4\nmodel: {block_size: 8, n_layer: 1, n_head: 2, n_embd: 4}\n")
    child = write("child.yaml", "extends: base.yaml\nsteps: 20\nmodel: {n_layer: 3}\n")
    config = load_config(child, ["model.n_head=4", "beta2=0.95", "corpus=tinyshakespeare"])
    assert (config.steps, config.lr, config.beta2, config.corpus) == (20, 3e-4, 0.95, "tinyshakespeare")
    assert config.model == {"block_size": 8, "n_layer": 3, "n_head": 4, "n_embd": 4}
    assert config.model_config(9) == GPTConfig(vocab_size=9, **config.model)


@pytest.mark.parametrize("text, overrides, message", [
    ("stepz: 5", [], "unknown setting 'stepz'; nearest allowed: steps"),
    ("model: {n_layers: 5}", [], "unknown setting 'n_layers'; nearest allowed: n_layer"),
    ("model: {n_layer: 5}", [], "lacks block_size, n_head, n_embd"),
    ("steps: many", [], "steps='many'; allowed: a whole number"),
    ("steps: [1", [], "is not YAML"),
    ("- steps", [], "holds no settings"),
    ("extends: gone.yaml", [], "cannot read"),
    ("extends: c.yaml", [], "extends itself"),
    ("steps: 5", ["steps"], "'steps' is no override; write key=value"),
    ("steps: 5", ["n_layer=3"], "unknown setting 'n_layer'; nearest allowed: model.n_layer"),
    ("steps: 5", ["lr=-1"], "lr=-1.0; allowed: more than 0"),
    ("backend: tensorflow", [], "allowed: numpy, torch"),
])
def test_a_file_that_cannot_be_used_is_one_clear_line(write, text, overrides, message):
    with pytest.raises(ConfigError) as caught:
        load_config(write("c.yaml", text), overrides)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_the_two_shakespeare_configs_differ_in_the_backend_only():
    numpy, torch = (load_config(f"configs/shakespeare-{backend}.yaml") for backend in ("numpy", "torch"))
    assert (numpy.backend, torch.backend) == ("numpy", "torch")
    assert {k for k in vars(numpy) if getattr(numpy, k) != getattr(torch, k)} == {"backend"}


def test_schedules_warm_up_peak_and_come_down():
    settings = dict(lr=1.0, min_lr=0.1, warmup=10, total=110)
    rates = [learning_rate("cosine", step, **settings) for step in range(120)]
    assert rates[0] == pytest.approx(1 / 11) and rates[10] == 1.0 and rates[60] == pytest.approx(0.55)
    assert rates[110] == rates[119] == pytest.approx(0.1)
    assert learning_rate("cosine", 110, **settings | {"lr": 0.01}) == 0.01   # never up to a min_lr above it
    assert all(a < b for a, b in zip(rates[:10], rates[1:11], strict=True))
    assert all(a > b for a, b in zip(rates[10:109], rates[11:110], strict=True))
    assert [learning_rate("constant", step, **settings) for step in (10, 119)] == [1.0, 1.0]
    with pytest.raises(ConfigError, match="nearest allowed: cosine"):
        learning_rate("cosin", 0, **settings)
    assert TrainConfig().schedule == "cosine"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_of_the_course_carries_the_band_of_its_loss(path):
    config = load_config(path)
    steps = [step for step, _, _ in config.expected]
    assert len(steps) >= 3 and steps[0] == 0 and steps[-1] <= config.steps
    assert all(step % config.eval_every == 0 or step == config.steps for step in steps), "judged where it is evaluated"
    assert all(high - low < 0.5 for _, low, high in config.expected)
