"""The Python library of the interpreter that runs: real programs, there without a download.

A file: "# file: its name", its source and a blank line. A function and its docstring: a conversation of two turns, as
in the corpus `dialogue`, so `read_conversations` takes them apart again. The files are read and never run. The text
differs from one Python version to the next, so say the version beside every number measured on it.
"""

import ast
import hashlib
import platform
import sysconfig
import tokenize
import warnings
from pathlib import Path

from ..errors import DataError
from .dialogue import as_text

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
    parts = {False: [], True: []}
    for name, source in _sources(folder):
        parts[_held_out(name)].append(f"# file: {name}\n{source}\n\n")
    return "".join(parts[False]), "".join(parts[True])


def build_docstrings(folder=None):
    """(train, val) of pairs, split by file as the programs are; a function that comes again is left out."""
    parts, known = {False: [], True: []}, set()
    for name, source in _sources(folder):
        for function, docstring in functions_and_docstrings(source):
            if function not in known:
                parts[_held_out(name)].append(as_text((function, docstring)))
                known.add(function)
    return "".join(parts[False]), "".join(parts[True])


def functions_and_docstrings(source):
    """[(a function as it is written but for its docstring, the docstring)] of one program, methods included."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")   # old programs have strings that newer Pythons frown at
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    lines, pairs = source.split("\n"), []
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for node in sorted(functions, key=lambda node: node.lineno):
        docstring = (ast.get_docstring(node) or "").strip()
        if not docstring or len(node.body) < 2:   # there must be something that the docstring is about
            continue
        said, first = node.body[:2]
        start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        head, rest = lines[start - 1:said.lineno - 1], lines[said.end_lineno:node.end_lineno]
        if head and first.lineno > said.end_lineno:   # else they share a line, which cannot be cut
            while rest and not rest[0].strip():
                rest = rest[1:]
            indent = " " * node.col_offset
            pairs.append(("\n".join(line.removeprefix(indent) for line in head + rest).rstrip(), docstring))
    return pairs


def _sources(folder):
    """(name, text) of every file that can be read and is not empty."""
    folder, files = library_files(folder)
    for path in files:
        try:
            with tokenize.open(path) as file:   # in the encoding that the file itself declares
                source = file.read().rstrip()
        except (OSError, SyntaxError, UnicodeDecodeError):
            continue
        if source:
            yield path.relative_to(folder).as_posix(), source


def _held_out(name):
    return hashlib.sha256(name.encode()).digest()[0] % 10 == 0
