"""Exercises checked at once: check("05.2", my_function) names the mistake, hint("05.2") helps a little at a time."""

from .checking import check
from .exercise import exercises
from .hints import hint

__all__ = ["check", "exercises", "hint"]
