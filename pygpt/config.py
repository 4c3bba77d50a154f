"""Every setting of a model and of a training run: frozen, validated once, loadable from YAML.

A YAML file may `extends:` another one beside it; `key=value` overrides come last and reach nested keys with a dot:

    load_config("configs/shakespeare-numpy.yaml", ["steps=500", "model.n_layer=2"])
"""

import dataclasses
import typing
from dataclasses import dataclass, field
from pathlib import Path

from .bands import columns
from .errors import ConfigError, PyGPTError, nearest, unknown
from .files import write_atomically

CHOICES = {
    "norm": ("layernorm", "rmsnorm"),
    "norm_place": ("pre", "post"),
    "mlp": ("gelu", "gelu_exact", "relu2", "swiglu", "geglu"),
    "position": ("learned", "sinusoidal", "rope", "alibi", "none"),
    "rope_pairs": ("half", "interleaved"),
    "init": ("gpt2", "zero"),
    "attention": ("full", "sliding", "bidirectional"),
    "backend": ("numpy", "torch"),
    "optimizer": ("sgd", "rmsprop", "adam", "adamw", "muon"),
    "schedule": ("constant", "cosine", "linear", "exponential", "wsd"),
    "dtype": ("float32", "float64"),
    "batching": ("fixed", "budget", "curriculum"),
    "track": ("tensorboard", "wandb"),
}
TYPE_NAMES = {int: "a whole number", float: "a number", str: "a name", bool: "true or false", dict: "settings under it",
              type(None): "null", list: "a list"}
# What may change without changing what a run learns: its expected band stays true.
HARMLESS = {"extends", "backend", "device", "folder", "seed", "eval_every", "save_every", "keep", "sample_every",
            "sample_tokens", "track"}


@dataclass(frozen=True)
class GPTConfig:
    """The shape of a GPT. Scalars and names only; each name picks one entry of a registry while the model is built."""

    vocab_size: int                 # V, ids 0 .. V - 1
    block_size: int                 # longest context, in tokens
    n_layer: int
    n_head: int                     # H, must divide n_embd
    n_embd: int                     # C
    n_kv_head: int | None = None    # key and value heads; None means n_head
    n_hidden: int | None = None     # width inside the MLP; None means 4 n_embd, or 8/3 n_embd if gated: equal weights
    norm: str = "layernorm"
    norm_place: str = "pre"
    norm_eps: float = 1e-5
    mlp: str = "gelu"
    position: str = "learned"
    rope_theta: float = 10000.0
    rope_pairs: str = "half"
    attention: str = "full"
    window: int | None = None       # with attention sliding: how many tokens each one sees, itself included
    dropout: float = 0.0
    bias: bool = True
    tie_weights: bool = True
    qk_norm: bool = False           # queries and keys to mean square 1 in every head
    token_shift: bool = False       # the first block sees some of the row before, a learnt share of each channel
    init: str = "gpt2"              # zero: branches and head start at zero, token rows with mean square 1

    def __post_init__(self):
        check_types(self)
        require_positive(self, "vocab_size", "block_size", "n_layer", "n_head", "n_embd", "n_kv_head", "n_hidden",
                         "norm_eps", "window")
        require_choice(self, "norm", "norm_place", "mlp", "position", "rope_pairs", "attention", "init")
        if self.n_embd % self.n_head:
            near = ", ".join(map(str, divisors_near(self.n_embd, self.n_head)))
            raise ConfigError(f"n_head={self.n_head} must divide n_embd={self.n_embd}; nearest choices: {near}")
        if self.n_head % self.kv_heads:
            near = ", ".join(map(str, divisors_near(self.n_head, self.kv_heads)))
            raise ConfigError(f"n_kv_head={self.n_kv_head} must divide n_head={self.n_head}; nearest choices: {near}")
        if self.position == "rope" and self.head_size % 2:
            raise ConfigError(f"position='rope' turns pairs, but n_embd / n_head = {self.head_size} is odd; choose "
                              "sizes that give an even one")
        if (self.attention == "sliding") != (self.window is not None):
            raise ConfigError(f"attention={self.attention!r} with window={self.window}; allowed: 'sliding' with a "
                              "window, the tokens that each one sees, or 'full' without")
        if self.init == "zero" and self.tie_weights:
            raise ConfigError("init='zero' starts the head at zero, which cannot be the token table; allowed: "
                              "init='zero' with tie_weights=false, or init='gpt2'")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout={self.dropout}; allowed: 0 up to, but not including, 1")

    @property
    def head_size(self):
        """D, the width of one head."""
        return self.n_embd // self.n_head

    @property
    def hidden_size(self):
        """Width inside the MLP."""
        gated = self.mlp in ("swiglu", "geglu")   # a third matrix, so two thirds of the width
        return self.n_hidden or (round(8 * self.n_embd / 3) if gated else 4 * self.n_embd)

    @property
    def kv_heads(self):
        """G, the number of key and value heads; each serves n_head / G query heads."""
        return self.n_kv_head or self.n_head


@dataclass(frozen=True)
class TrainConfig:
    """One training run. `model` holds GPTConfig's settings but for vocab_size, which follows from the tokenizer."""

    model: dict = field(default_factory=dict)
    backend: str = "numpy"
    device: str = "cpu"             # torch only: cpu, cuda, mps
    dtype: str = "float32"
    corpus: str = "shakespeare"     # a name of `pygpt data list`, or a file or folder of text
    tokenizer: str = "char"         # char, gpt2, or the file of a saved tokenizer
    folder: str = "runs/latest"     # checkpoints and logs go here
    seed: int = 0
    steps: int = 2000
    batch_size: int = 12            # B, sequences a step
    batching: str = "fixed"         # fixed windows; whole documents by budget; by curriculum, short ones first
    max_tokens: int = 4096          # a step, padding included, with budget and curriculum, instead of batch_size
    curriculum_steps: int = 1000    # until documents of all lengths take part
    accumulate: int = 1             # parts a batch is split into; their gradients add up to those of the whole
    optimizer: str = "adamw"
    schedule: str = "cosine"
    lr: float = 1e-3
    min_lr: float = 1e-4
    embed_lr: float | None = None   # of the token and position tables where lr is that of the rest; None means lr
    head_lr: float | None = None    # of the output layer, where it is no tied table; None means lr
    warmup: int = 100               # steps
    beta1: float = 0.9              # of the mean of gradients; momentum with sgd and muon
    beta2: float = 0.99             # of the mean of their squares
    weight_decay: float = 0.1       # on matrices; not on biases, norms and embeddings
    grad_clip: float = 1.0          # global norm; 0 switches clipping off
    clip_value: float = 0.0         # each entry of a gradient, before the norm; 0 switches it off
    label_smoothing: float = 0.0    # share of the truth that is spread over all tokens while training
    embedding_noise: float = 0.0    # NEFTune's alpha; 5 is usual in fine-tuning, too much for fresh weights
    eval_every: int = 250           # steps
    eval_batches: int = 20          # fixed validation batches, the same at every evaluation
    save_every: int = 500           # steps
    keep: int = 2                   # newest checkpoints kept, beside the best
    early_stop: int = 0             # evaluations without a new best until the run stops; 0: never
    sample_every: int = 0           # steps; 0: no samples
    sample_tokens: int = 200        # length of a sample
    track: str = ""                 # beside the console and log.jsonl: tensorboard, wandb, or both with a comma
    expected: list = field(default_factory=list)   # (step, lowest, highest): where a healthy validation loss lies

    def __post_init__(self):
        check_types(self)
        require_choice(self, "backend", "optimizer", "schedule", "dtype", "batching")
        require_positive(self, "steps", "batch_size", "max_tokens", "curriculum_steps", "accumulate", "lr",
                         "embed_lr", "head_lr", "eval_every", "eval_batches", "save_every", "keep")
        for name in ("warmup", "weight_decay", "grad_clip", "clip_value", "embedding_noise", "min_lr", "seed",
                     "early_stop", "sample_every", "sample_tokens"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name}={getattr(self, name)}; allowed: 0 or more")
        for name in ("beta1", "beta2", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name}={getattr(self, name)}; allowed: 0 up to, but not including, 1")
        for name in self.trackers:
            if name not in CHOICES["track"]:
                raise ConfigError(f"track={self.track!r}; allowed: {', '.join(CHOICES['track'])}, or both with a comma")
        if self.expected:
            try:
                columns(self.expected)
            except (PyGPTError, ValueError) as error:
                raise ConfigError(f"expected: {error}") from None
        if self.model:
            block_size = self.model_config(vocab_size=1).block_size   # what is wrong shows before the data is read
            if self.batching != "fixed" and self.max_tokens < block_size:
                raise ConfigError(f"max_tokens={self.max_tokens} must hold one sequence of block_size={block_size}; "
                                  f"allowed: {block_size} or more")

    @property
    def lr_factors(self):
        """First name of a parameter -> its learning rate as a multiple of lr, for those that have one of their own."""
        own = {"wte": self.embed_lr, "wpe": self.embed_lr, "lm_head": self.head_lr}
        return {name: lr / self.lr for name, lr in own.items() if lr is not None}

    @property
    def trackers(self):
        """The names in `track`."""
        return [name.strip() for name in self.track.split(",") if name.strip()]

    def model_config(self, vocab_size):
        """The GPTConfig of this run for a tokenizer of `vocab_size` tokens."""
        return from_dict(GPTConfig, {"vocab_size": vocab_size, **self.model})


def divisors_near(number, wanted, count=3):
    """The divisors of `number` nearest to `wanted`, in rising order."""
    divisors = [d for d in range(1, number + 1) if number % d == 0]
    return sorted(sorted(divisors, key=lambda d: abs(d - wanted))[:count])


def require_positive(config, *names):
    for name in names:
        value = getattr(config, name)
        if value is not None and value <= 0:
            raise ConfigError(f"{name}={value}; allowed: more than 0")


def require_choice(config, *names):
    for name in names:
        value = getattr(config, name)
        if value not in CHOICES[name]:
            raise ConfigError(f"{name}={value!r}; allowed: {', '.join(CHOICES[name])}")


def check_types(config):
    """Each field holds its annotated type; a whole number may stand for a float, a bool never for a number."""
    hints = typing.get_type_hints(type(config))
    for name, hint in hints.items():
        value, allowed = getattr(config, name), typing.get_args(hint) or (hint,)
        fits = isinstance(value, allowed) and (not isinstance(value, bool) or bool in allowed)
        if not fits and float in allowed and isinstance(value, int) and not isinstance(value, bool):
            object.__setattr__(config, name, float(value))   # frozen: this is the one place that may still set a field
        elif not fits:
            raise ConfigError(f"{name}={value!r}; allowed: {' or '.join(TYPE_NAMES[t] for t in allowed)}")


def from_dict(cls, settings):
    """Build a config from a mapping; an unknown or missing key raises ConfigError with the nearest names."""
    fields = {f.name: f for f in dataclasses.fields(cls)}
    for name in settings:
        if name not in fields:
            raise ConfigError(unknown("setting", name, fields))
    missing = [n for n, f in fields.items() if f.default is dataclasses.MISSING
               and f.default_factory is dataclasses.MISSING and n not in settings]
    if missing:
        raise ConfigError(f"{cls.__name__} lacks {', '.join(missing)}; add it under `model:`")
    return cls(**settings)


def load_config(path, overrides=()):
    """Read a TrainConfig from a YAML file, with everything it extends and `key=value` overrides on top.

    Raises ConfigError for a missing file, broken YAML, an unknown key (nearest names offered) or a value that does
    not fit. An `expected` band is dropped where something is changed that changes what the run learns.
    """
    from omegaconf import OmegaConf

    settings = _merge(_read_yaml(Path(path)), _parse_overrides(overrides))
    return from_dict(TrainConfig, OmegaConf.to_container(settings))


def _merge(parent, child):
    from omegaconf import OmegaConf

    if "expected" in parent and "expected" not in child and set(child) - HARMLESS:
        parent = OmegaConf.masked_copy(parent, [key for key in parent if key != "expected"])
    return OmegaConf.merge(parent, child)


def save_config(config, path):
    """Write a TrainConfig with every setting resolved, as YAML that load_config reads back."""
    from omegaconf import OmegaConf

    write_atomically(path, OmegaConf.to_yaml(OmegaConf.create(dataclasses.asdict(config))))


def _parse_overrides(overrides):
    from omegaconf import OmegaConf

    known = [f.name for f in dataclasses.fields(TrainConfig)]
    for item in overrides:
        key, equals, _ = item.partition("=")
        if not equals:
            raise ConfigError(f"{item!r} is no override; write key=value, for example steps=500")
        if key.split(".")[0] not in known:
            of_model = {f.name for f in dataclasses.fields(GPTConfig)}
            hint = f"model.{key}" if key in of_model else ", ".join(nearest(key, known))
            raise ConfigError(f"unknown setting {key!r}; nearest allowed: {hint}")
    return OmegaConf.from_dotlist(list(overrides))


def _read_yaml(path, seen=()):
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    if path.resolve() in seen:
        raise ConfigError(f"{path} extends itself through {' -> '.join(p.name for p in seen)}; break the circle")
    try:
        settings = OmegaConf.load(path)
        if not OmegaConf.is_dict(settings):
            raise ConfigError(f"{path} holds no settings; write lines like `steps: 500`")
        parent = settings.pop("extends", None)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}; "
                          "give the path of a YAML file such as configs/*.yaml") from None
    except (YAMLError, OmegaConfBaseException, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not YAML: {' '.join(str(error).split())[:150]}") from None
    if parent is None:
        return settings
    return _merge(_read_yaml(path.parent / parent, (*seen, path.resolve())), settings)
