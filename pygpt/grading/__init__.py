"""Exercises checked at once: check("05.2", my_function) names the mistake, hint("05.2") helps a little at a time."""

from .assembly import assemble
from .checking import check
from .exercise import exercises
from .hints import hint
from .mine import parts, use

__all__ = ["assemble", "check", "exercises", "hint", "parts", "use"]
