"""A run's log that every tool can read."""

import json
import time
from pathlib import Path

from ..errors import DataError
from ..files import write_atomically
from .base import Silent


class JSONLines(Silent):
    """One JSON object a line in `path`: step, the numbers of the step or the evaluation, seconds since the start.

    A run that goes on takes back the lines after its checkpoint, for it takes those steps again.
    """

    def __init__(self, path):
        self.path = Path(path)

    def start(self, run, step):
        kept = [entry for entry in read_log(self.path) if entry["step"] <= step] if step else []
        write_atomically(self.path, "".join(json.dumps(entry) + "\n" for entry in kept))
        self.file = open(self.path, "a", buffering=1, encoding="utf-8")   # whole lines survive an interruption
        self.began = time.perf_counter() - (kept[-1].get("seconds", 0) if kept else 0)

    def log(self, step, **numbers):
        self._write(step, **numbers)

    def sample(self, step, text):
        self._write(step, sample=text)

    def _write(self, step, **values):
        seconds = round(time.perf_counter() - self.began, 3)
        self.file.write(json.dumps({"step": step, **values, "seconds": seconds}) + "\n")

    def finish(self):
        self.file.close()


def read_log(path):
    """The entries of a run's log.jsonl, oldest first; no file, no entries.

    A last line cut short by a crash is left out. Raises DataError for another that is no entry of a log.
    """
    path = Path(path)
    if not path.exists():
        return []
    entries, lines = [], path.read_text(encoding="utf-8", errors="replace").split("\n")
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line) if line else None
            if entry:
                entry["step"] + 0   # a number
                entries.append(entry)
        except (ValueError, TypeError, KeyError):
            if number < len(lines):
                raise DataError(f"{path}, line {number}, is no entry of a training log; move the file away and "
                                "run again") from None
    return entries
