"""What a search chooses from: settings that have several values, told apart from plain overrides.

    lr=log:1e-4..1e-1      any number between, every power of ten as likely as the next
    model.n_layer=2..6     a whole number, since that setting is one; weight_decay=0..0.2 any number between
    optimizer=adamw,muon   one of a list
    lr=log:1e-4..1e-1/4    one of four numbers, evenly spread
"""

import dataclasses
import itertools
import math
import re
import typing
from dataclasses import dataclass

from ..config import GPTConfig, TrainConfig
from ..errors import ConfigError, unknown

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
RANGE = re.compile(rf"(log:)?({NUMBER})\.\.({NUMBER})(?:/(\d+))?")
NAMES = {"true": True, "false": False, "null": None}
OF_MODEL = "model."
TYPES = {name: hint for name, hint in typing.get_type_hints(TrainConfig).items() if name not in ("model", "folder")}
TYPES |= {OF_MODEL + name: hint for name, hint in typing.get_type_hints(GPTConfig).items() if name != "vocab_size"}
DIGITS = 3               # that count in a number drawn from a range
MOST_COMBINATIONS = 500  # looked through for one that a value fits into


@dataclass(frozen=True)
class Choice:
    """One of `values`: numbers, names, True, False or None."""

    values: tuple
    log: bool = False      # spread by factors: how to draw them

    def __str__(self):
        return ",".join(map(to_text, self.values))


@dataclass(frozen=True)
class Range:
    """Any number from low to high; whole ones if both are ints. log: every factor is as likely as the next."""

    low: float
    high: float
    log: bool = False

    @property
    def whole(self):
        return isinstance(self.low, int) and isinstance(self.high, int)

    def __str__(self):
        return f"{'log:' if self.log else ''}{to_text(self.low)}..{to_text(self.high)}"

    def spread(self, points):
        """A Choice of `points` numbers, evenly spread, both ends among them."""
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        between = [low + (high - low) * i / (points - 1) for i in range(1, points - 1)]
        between = [math.exp(x) if self.log else x for x in between]
        return Choice(tuple(dict.fromkeys([self.low, *map(self.tidy, between), self.high])), self.log)

    def tidy(self, value):
        """`value` with only as many digits as a person would try: short to write down, and exactly what is run."""
        if self.whole:
            return round(value)
        if self.log:
            value = float(f"{value:.{DIGITS}g}")
        else:
            value = round(value, DIGITS - 1 - math.floor(math.log10(self.high - self.low)))
        return min(max(value, self.low), self.high)


def split_overrides(items):
    """["steps=200", "lr=1e-3,1e-2"] -> (["steps=200"], {"lr": Choice}): plain overrides, and what to search.

    Raises ConfigError for a setting that does not exist and for what looks like a range and is none.
    """
    fixed, space = [], {}
    for item in items:
        name, equals, text = item.partition("=")
        several = equals and text[:1] not in ("{", "[") and (RANGE.fullmatch(text) or "," in text
                                                             or text.startswith("log:"))
        if several or is_number(name) and ".." in text:
            if name in space:
                raise ConfigError(f"{name} is given twice: {space[name]} and {text}; give it once")
            space[name] = parse(name, text)
        else:
            fixed.append(item)
    return fixed, space


def make_space(given):
    """name -> Choice or Range, from name -> text as on the command line, a list of values, a Choice or a Range."""
    space = {}
    for name, values in given.items():
        if isinstance(values, Choice | Range):
            check_name(name)
            space[name] = values
        else:
            space[name] = parse(name, values) if isinstance(values, str) else choice(name, values)
    if not space:
        raise ConfigError("nothing to search: give a setting several values, for example lr=log:1e-4..1e-1 or "
                          "model.n_layer=2,4")
    return {name: checked(name, values) for name, values in space.items()}


def parse(name, text):
    """The Choice or Range that `text` writes."""
    check_name(name)
    match = RANGE.fullmatch(text)
    if match:
        return make_range(name, text, *match.groups())
    if text.startswith("log:") or is_number(name) and ".." in text:
        raise ConfigError(f"{name}={text} is no range; write low..high or log:low..high, with /4 behind it for four "
                          "values of it")
    return choice(name, [scalar(name, part.strip()) for part in text.split(",")])


def choice(name, values):
    check_name(name)
    if not values or any(value == "" for value in values):
        raise ConfigError(f"{name} lacks a value; write them with single commas, such as {name}=2,4")
    for value in values:
        if not isinstance(value, int | float | str | None):
            raise ConfigError(f"{name} cannot be {value!r}; allowed: numbers, names, true, false, null")
    return Choice(tuple(dict.fromkeys(values)))


def make_range(name, text, log, low, high, points):
    if not is_number(name):
        raise ConfigError(f"{name} is no number, so {text} means nothing; write its values with commas")
    whole = float not in types(name)
    try:
        low, high = (int(end) if whole else float(end) for end in (low, high))
    except ValueError:
        raise ConfigError(f"{name}={text}: {name} is a whole number, so both ends must be") from None
    made = checked(name, Range(low, high, bool(log)))
    if points is None:
        return made
    if int(points) < 2:
        raise ConfigError(f"{name}={text}: /{points} is too few; allowed: 2 or more values of a range")
    return made.spread(int(points))


def checked(name, values):
    if isinstance(values, Range):
        if not values.low < values.high:
            raise ConfigError(f"{name}={values}: the first number must be the lower one")
        if values.log and values.low <= 0:
            raise ConfigError(f"{name}={values}: a logarithmic range starts above 0")
    return values


def check_name(name):
    if name not in TYPES:
        raise ConfigError(unknown("setting", name, TYPES))


def types(name):
    return typing.get_args(TYPES[name]) or (TYPES[name],)


def is_number(name):
    return name in TYPES and bool({int, float} & set(types(name)))


def scalar(name, text):
    """A value as the command line writes it: 4, 1e-3, true, null, muon."""
    if str in types(name):
        return text
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if math.isfinite(value):
            return value
    return NAMES.get(text.lower(), text)


def to_text(value):
    """A value as the command line reads it."""
    for text, named in NAMES.items():
        if value is named:
            return text
    short = f"{value:g}" if isinstance(value, float) else ""
    return short if short and float(short) == value else str(value)


def tidy(space, drawn):
    """The settings of a trial from what was drawn for it: numbers from ranges keep only the digits that count."""
    return {name: values.tidy(drawn[name]) if isinstance(values, Range) else drawn[name]
            for name, values in space.items()}


def contains(values, value):
    if isinstance(values, Choice):
        return value in values.values
    return isinstance(value, int | float) and values.low <= value <= values.high


def for_grid(space):
    """The space as choices only; ConfigError for a range that does not say how many of its values to try."""
    made = {}
    for name, values in space.items():
        if isinstance(values, Range) and (not values.whole or values.log):
            raise ConfigError(f"a grid needs a number of values for {name}={values}; write {name}={values}/4")
        made[name] = Choice(tuple(range(values.low, values.high + 1))) if isinstance(values, Range) else values
    return made


def grid(space):
    """Every combination, as dicts, the last setting changing fastest."""
    for values in itertools.product(*(choice.values for choice in space.values())):
        yield dict(zip(space, values, strict=True))


def read(config, name):
    """The value that `config` gives a setting now; None for one of the model's that it leaves to its default."""
    return config.model.get(name.removeprefix(OF_MODEL)) if name.startswith(OF_MODEL) else getattr(config, name)


def apply(config, settings):
    """`config` with `settings` (name -> value) in it; ConfigError where they do not fit together."""
    model = {name.removeprefix(OF_MODEL): value for name, value in settings.items() if name.startswith(OF_MODEL)}
    own = {name: value for name, value in settings.items() if not name.startswith(OF_MODEL)}
    return dataclasses.replace(config, model=config.model | model, **own)


def check_space(config, space):
    """ConfigError for a value that fits into no run, before the first one starts."""
    ends = {name: values.values if isinstance(values, Choice) else (values.low, values.high)
            for name, values in space.items()}
    for name, values in ends.items():
        for value in values:
            combinations = itertools.product(*(ends[other] if other != name else (value,) for other in ends))
            first = None
            for combination in itertools.islice(combinations, MOST_COMBINATIONS):
                try:
                    apply(config, dict(zip(ends, combination, strict=True)))
                    break
                except ConfigError as error:
                    first = first or error
            else:
                raise ConfigError(f"{name}={to_text(value)} fits into no run: {first}")
