"""A search for better settings: grid, random or Bayesian, on Optuna. It can be stopped, resumed and shared.

    from pygpt.tune import tune
    result = tune(load_config("configs/shakespeare-numpy.yaml", ["steps=200"]), {"lr": "log:1e-4..1e-1"}, trials=12)
    result.best["settings"], result.best["loss"]
"""

from .run import TuneResult, tune
from .space import Choice, Range
from .study import TuneError

__all__ = ["Choice", "Range", "TuneError", "TuneResult", "tune"]
