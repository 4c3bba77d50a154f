"""Errors a reader can mend: each message is one line that says what was found, what is allowed and what to do."""

import difflib


class PyGPTError(Exception):
    """Base of all errors that the command line prints as one line instead of a traceback."""


class ConfigError(PyGPTError, ValueError):
    """A setting is unknown, of the wrong type, or does not fit the others."""


class ModelInputError(PyGPTError, ValueError):
    """Ids or arrays that a model cannot take: out of range, too long, of the wrong shape or type."""


class DataError(PyGPTError):
    """A text, a token or a corpus that cannot be used as it is."""


class CheckpointError(PyGPTError):
    """A saved model or run that cannot be read: missing, truncated, or made by something else."""


def nearest(name, allowed, count=3):
    """The allowed names most like `name`, best first; all of them, sorted, where nothing is alike."""
    allowed = [str(item) for item in allowed]
    return difflib.get_close_matches(str(name), allowed, n=count, cutoff=0.5) or sorted(allowed)


def unknown(what, name, allowed):
    """The usual line for a name that is not in a list, as text: what was found, then the nearest allowed names."""
    return f"unknown {what} {name!r}; nearest allowed: {', '.join(nearest(name, allowed))}"
