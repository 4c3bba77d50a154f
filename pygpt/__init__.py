"""PyGPT: understand GPT by building it. The names below load on first use, so that importing the package stays quick."""

import importlib

__version__ = "0.1.0"

_HOMES = {
    "GPTConfig": "pygpt.config",
    "TrainConfig": "pygpt.config",
    "load_config": "pygpt.config",
    "generate": "pygpt.generate",
    "load_model": "pygpt.engine",
    "train": "pygpt.train",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'pygpt' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value   # importing pygpt.generate the module would otherwise hide the function of that name
    return value
