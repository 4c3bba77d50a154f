"""Where a run reports to: one small interface, and several trackers at once."""

from .base import Several, Silent
from .console import Console
from .jsonlines import JSONLines, read_log
from .tensorboard import TensorBoard
from .wandb import WandB

EXTRAS = {"tensorboard": TensorBoard, "wandb": WandB}   # asked for by name: `pygpt train CONFIG track=tensorboard`

__all__ = ["EXTRAS", "Console", "JSONLines", "Several", "Silent", "TensorBoard", "WandB", "read_log"]
