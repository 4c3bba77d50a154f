"""The same GPT in PyTorch: file by file and name by name the twin of in_numpy, with autograd for the way back."""

from .model import GPT
from .optim import AdamW, clip_grad_norm

__all__ = ["GPT", "AdamW", "clip_grad_norm"]
