"""Replace parts of a model by name, in any backend: by checkpointed blocks and other wrappers it need not know of."""

from fnmatch import fnmatchcase
from functools import reduce

from .errors import PyGPTError


def swap(model, pattern, wrap):
    """Put wrap(part) in the place of every part that `pattern` means. Returns their names.

    pattern: the end of a dotted name, with * for anything between two dots: "blocks.*" is every block, "attn.*_proj"
    every projection of every attention. Raises PyGPTError, and changes nothing, where no part is meant.
    """
    parts = {name: part for name, part in model.named_modules() if name and means(pattern, name)}
    if not parts:
        known = sorted({name for name, _ in model.named_modules() if name})
        raise PyGPTError(f"no part of the model is called {pattern!r}; allowed: the end of a name such as "
                         f"{', '.join(known[:4])}, with * for anything between two dots")
    for name, part in parts.items():
        *path, last = name.split(".")
        owner = reduce(part_of, path, model)
        if last.isdigit():
            owner[int(last)] = wrap(part)
        else:
            setattr(owner, last, wrap(part))
    return list(parts)


def means(pattern, name):
    """Whether the last steps of a dotted name match the pattern, step by step."""
    wanted, steps = pattern.split("."), name.split(".")
    return len(steps) >= len(wanted) and all(map(fnmatchcase, steps[-len(wanted):], wanted))


def part_of(owner, step):
    return owner[int(step)] if step.isdigit() else getattr(owner, step)
