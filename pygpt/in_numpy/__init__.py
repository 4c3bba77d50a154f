"""A GPT in NumPy, forward and backward by hand. Read functional.py first, then model.py."""

from .gradcheck import check_gradients, numerical_gradient, relative_error
from .model import GPT
from .module import Module, Parameter, Tape
from .optim import AdamW, clip_grad_norm

__all__ = ["GPT", "AdamW", "Module", "Parameter", "Tape", "check_gradients", "clip_grad_norm", "numerical_gradient",
           "relative_error"]
