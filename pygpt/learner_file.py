"""Check the functions in a learner's file, in another process that is stopped when it takes too long.

It guards against endless loops and crashes. It is no security boundary: keep strangers' files away from what matters.
"""

import json
import linecache
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .errors import DataError


def check_file(path, ids=(), seconds=120, report=print):
    """Check every exercise whose function `path` defines, or those with `ids` -> {id: passed}.

    `report` gets each verdict as text. Raises DataError where the file cannot be read, holds no exercise, crashes, or
    takes over `seconds`.
    """
    from .grading.exercise import find

    for exercise_id in ids:
        find(exercise_id)   # an unknown id is answered before anything runs
    cells = read_cells(path)
    outcome = {}
    with tempfile.TemporaryDirectory() as folder:
        answers = Path(folder) / "answers.jsonl"
        answers.touch()
        trouble = run_child(path, cells, ids, seconds, answers)
        for line in answers.read_text(encoding="utf-8").splitlines():
            answer = json.loads(line)
            if "id" in answer:
                outcome[answer["id"]] = answer["passed"]
            elif path.suffix == ".py":   # what stands below the line was never reached
                trouble = trouble or f"{answer['text']}; mend this first: what stands below was not looked at"
                continue
            report(answer["text"])
    if trouble:
        raise DataError(trouble)
    if not outcome:
        raise DataError(f"{path} defines none of the functions of the exercises; `pygpt exercises list` names them")
    return outcome


def read_cells(path):
    """[(name, source), ...]: the code cells of a notebook, or the one text of a .py file."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DataError(f"{path} is not text; give a .py file or an .ipynb notebook") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}; give a .py file or an .ipynb notebook") from None
    if path.suffix == ".py":
        return [(str(path), text)]
    if path.suffix != ".ipynb":
        raise DataError(f"{path} is neither a .py file nor an .ipynb notebook")
    try:
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        sources = [(number, "".join(cell["source"])) for number, cell in enumerate(cells, 1)]
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{path} is no notebook: save it again in JupyterLab") from None
    return [(f"<code cell {number}>", plain_python(source)) for number, source in sources]


def plain_python(source):
    """A cell without what only Jupyter understands: magics (%, %%), shell lines (!) and help (?)."""
    if source.lstrip().startswith("%%"):
        return ""
    return "\n".join("" if line.lstrip().startswith(("%", "!")) or line.rstrip().endswith("?") else line
                     for line in source.split("\n"))


def run_child(path, cells, ids, seconds, answers):
    """Load and check in a child process -> None, or what went wrong."""
    job = json.dumps({"folder": str(path.resolve().parent), "cells": cells, "ids": list(ids), "answers": str(answers)})
    environment = {**os.environ, "MPLBACKEND": "Agg"}   # a plot must not open a window, nor wait for it to close
    try:
        done = subprocess.run([sys.executable, "-c", "from pygpt.learner_file import child; child()"], input=job,
                              capture_output=True, timeout=seconds, env=environment, encoding="utf-8", errors="replace")
    except subprocess.TimeoutExpired:
        return (f"{path}: stopped after {seconds:g} seconds; look for a loop outside the functions, or give more time "
                "with --seconds")
    if done.returncode:
        story = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        return f"{path}: the process that ran it ended early ({story[-1][:200]})"
    return None


# ---- in the child ---------------------------------------------------------------------------------------------------

def child():
    """Read the job from stdin, load the cells, check, and append a JSON line for each verdict once it is known."""
    from .grading import check, exercises

    job = json.loads(sys.stdin.read())
    sys.path.insert(0, job["folder"])
    sys.stdout = open(os.devnull, "w")   # for good: what the learner's code prints belongs to no verdict
    with open(job["answers"], "a", encoding="utf-8") as answers:
        def tell(**answer):
            answers.write(json.dumps(answer) + "\n")
            answers.flush()

        namespace = {"__name__": "__learner__", "display": lambda *shown, **how: None}   # Jupyter's, for notebooks
        for trouble in load(job["cells"], namespace):
            tell(text=trouble)
        for exercise in exercises():
            f = namespace.get(exercise.function)
            wanted = exercise.id in job["ids"]
            if wanted and not callable(f):
                tell(id=exercise.id, passed=False, text=f"✗ {exercise.id} {exercise.function}: not in this file")
            elif wanted or not job["ids"] and own(f, namespace):
                verdict = check(exercise.id, f)
                tell(id=exercise.id, passed=bool(verdict), text=repr(verdict))


def load(cells, namespace):
    """Run each cell in `namespace`; yields one line for each that fails. The others still run, as in a notebook."""
    for name, source in cells:
        # Known to linecache, so that a verdict can quote the learner's line.
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        try:
            exec(compile(source, name, "exec"), namespace)
        except (Exception, SystemExit) as error:
            if len(cells) > 1 and isinstance(error, (NotImplementedError, AssertionError)):
                continue   # a stub called, or a failed check, in a notebook: the verdict says so
            line = error.lineno if isinstance(error, SyntaxError) else line_in(error, name)
            yield f"{name}, line {line}: {' '.join(f'{type(error).__name__}: {error}'.split())}"


def line_in(error, name):
    """The last line of the learner's cell in the error's traceback."""
    import traceback

    frames = reversed(traceback.extract_tb(error.__traceback__))
    return next((frame.lineno for frame in frames if frame.filename == name), "?")


def own(f, namespace):
    """Was it written in the file? A finished part imported from pygpt under the same name is no answer."""
    return callable(f) and getattr(f, "__globals__", namespace) is namespace
