"""Three hints for each exercise, given one at a time: the concept, then the place, then the line."""

from dataclasses import dataclass
from html import escape

from ..errors import PyGPTError
from .exercise import find
from .report import EDGES, NOT_STARTED, TINTS, box

LEVELS = ("the concept", "the place", "the line")

_given = {}   # exercise id -> how many hints this session has asked for


@dataclass(frozen=True, repr=False)
class Hint:
    exercise_id: str
    level: int      # 1, 2 or 3
    text: str

    @property
    def title(self):
        return f"Hint {self.level} of {len(LEVELS)} for {self.exercise_id}: {LEVELS[self.level - 1]}"

    def __repr__(self):
        return f"{self.title}\n  {self.text}"

    def _repr_html_(self):
        more = "" if self.level == len(LEVELS) else '<div style="opacity:.72">Ask again for a stronger one.</div>'
        inner = f"<b>{escape(self.title)}</b><div>{escape(self.text)}</div>{more}"
        return box(EDGES[NOT_STARTED], TINTS[NOT_STARTED], inner)


def hint(exercise_id, level=None):
    """The next hint: hint("05.2") gives the concept, then the place, then the line; `level=3` goes straight there."""
    exercise = find(exercise_id)
    if level is None:
        level = min(_given.get(exercise_id, 0) + 1, len(LEVELS))
    elif level not in range(1, len(LEVELS) + 1):
        raise PyGPTError(f"level={level!r}; allowed: 1 (the concept), 2 (the place), 3 (the line)")
    _given[exercise_id] = max(level, _given.get(exercise_id, 0))
    return Hint(exercise_id, level, exercise.hints[level - 1])


def hints_taken():
    """{exercise id: strongest hint asked for} in this session."""
    return dict(_given)
