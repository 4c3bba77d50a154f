"""PyGPT: understand GPT by building it. Importing the package stays quick: a backend loads when first asked for."""

__version__ = "0.1.0"

from .config import GPTConfig, TrainConfig, load_config
from .engine import load_model
from .generate import generate
from .train import train

__all__ = ["GPTConfig", "TrainConfig", "generate", "load_config", "load_model", "train"]
