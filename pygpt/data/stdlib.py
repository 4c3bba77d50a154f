"""The Python library of the interpreter that runs: real programs, there without a download.

A file: "# file: its name", its source and a blank line. The text differs from one Python version to the next, so say
the version beside every number measured on it.
"""

import hashlib
import platform
import sysconfig
import tokenize
from pathlib import Path

from ..errors import DataError

# Tests, other people's packages, and files that are data more than programs.
LEFT_OUT = {"test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__", "lib2to3", "_bundled",
            "pydoc_data", "encodings", "turtledemo", "__phello__"}
PYTHON = f"{platform.python_implementation()} {platform.python_version()}"


def library_files(folder=None):
    """The .py files of the standard library, sorted by name."""
    folder = Path(folder or sysconfig.get_path("stdlib"))
    files = [path for path in folder.rglob("*.py") if not LEFT_OUT.intersection(path.relative_to(folder).parts)]
    if not files:
        raise DataError(f"{folder} holds no .py files: this Python keeps its library elsewhere; use another corpus")
    return folder, sorted(files, key=lambda path: path.relative_to(folder).as_posix())


def build_stdlib(folder=None):
    """(train, val): every tenth file is held out, chosen by its name alone."""
    folder, files = library_files(folder)
    parts = {False: [], True: []}
    for path in files:
        name = path.relative_to(folder).as_posix()
        try:
            with tokenize.open(path) as file:   # in the encoding that the file itself declares
                source = file.read().rstrip()
        except (OSError, SyntaxError, UnicodeDecodeError):
            continue
        if source:
            held_out = hashlib.sha256(name.encode()).digest()[0] % 10 == 0
            parts[held_out].append(f"# file: {name}\n{source}\n\n")
    return "".join(parts[False]), "".join(parts[True])
