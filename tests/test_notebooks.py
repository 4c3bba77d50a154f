"""The committed notebooks keep the rules, and nbval over them would notice a change: it is shown two and must fail."""

import ast
import copy
import json
import os
import shutil
import subprocess
import sys

import pytest

from tests import notebook_rules as rules

LESSONS = sorted((rules.ROOT / "notebooks").glob("*.ipynb"))
SOLUTIONS = sorted((rules.ROOT / "solutions").glob("*.ipynb"))
CANARY = rules.ROOT / "solutions" / "05_attention.ipynb"     # quick: no torch, no figures
SPOILT_FILE, SPOILT_FUNCTION = "grading/reference.py", "softmax"
RULES = [rules.not_executed, rules.stored_errors, rules.too_much_ignored, rules.no_assertion, rules.machine_paths,
         rules.broken_mirrors]


def name_of(value):
    return getattr(value, "stem", None) or value.__name__


def test_there_are_lessons_and_solutions():
    assert LESSONS and SOLUTIONS


@pytest.mark.parametrize("rule", RULES, ids=name_of)
@pytest.mark.parametrize("path", LESSONS + SOLUTIONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_notebook_keeps_the_rule(path, rule):
    assert list(rule(rules.read(path))) == []


@pytest.mark.parametrize("path", LESSONS, ids=name_of)
def test_lesson_keeps_its_shape(path):
    assert list(rules.shape(rules.read(path))) == []


# ---- the rules themselves notice -------------------------------------------------------------------------------------

def cell(source, count=1, outputs=(), tags=()):
    return {"cell_type": "code", "source": source, "execution_count": count, "outputs": list(outputs),
            "metadata": {"tags": list(tags)}}


def stream(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


ERROR = {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}
WRONG = {
    "never run": (rules.not_executed, [cell("print(1)", None, [stream("1")])]),
    "run out of order": (rules.not_executed, [cell("x", 2, [stream("1")]), cell("y", 1)]),
    "saved without outputs": (rules.not_executed, [cell("print(1)", 1)]),
    "an error": (rules.stored_errors, [cell("1 / 0", 1, [ERROR])]),
    "a promised error that never came": (rules.stored_errors, [cell("1", 1, tags=["raises-exception"])]),
    "all ignored": (rules.too_much_ignored, [cell("x", 1, tags=["nbval-ignore-output"])]),
    "two skipped": (rules.too_much_ignored, [cell("x", n, tags=["nbval-skip"]) for n in (1, 2)]),
    "a marker comment": (rules.too_much_ignored, [cell("# NBVAL_SKIP\nx")]),
    "no assertion": (rules.no_assertion, [cell("%time print(1)")]),
    "a machine path": (rules.machine_paths, [cell("x", 1, [stream("saved in /" + "root/x")])]),
    "a long cell": (rules.shape, [cell("x = 1\n" * 26)] + [cell("x")] * 40),
    "long cells": (rules.shape, [cell("x = 1\n" * 7)] * 40),
    "too few cells": (rules.shape, [cell("x")] * 29),
    "a mirror of nothing": (rules.broken_mirrors, [cell("# mirrors: pygpt.errors.nowhere\ndef nowhere(): pass")]),
    "a mirror without its code": (rules.broken_mirrors, [cell("# mirrors: pygpt.errors.nearest\nx = 1")]),
    "a mirror that differs": (rules.broken_mirrors, [cell("# mirrors: pygpt.errors.nearest\ndef nearest(name): pass")]),
}


@pytest.mark.parametrize(("rule", "cells"), WRONG.values(), ids=WRONG)
def test_the_rule_notices(rule, cells):
    assert list(rule({"cells": cells}))


def test_a_true_mirror_may_differ_in_comments_and_docstrings():
    definition = rules.package_definition("pygpt.errors.nearest")
    definition.body[0] = ast.Expr(ast.Constant("Another docstring."))
    source = "# mirrors: pygpt.errors.nearest\n" + ast.unparse(definition) + "  # a comment"
    assert list(rules.broken_mirrors({"cells": [cell(source)]})) == []


# ---- the canary ------------------------------------------------------------------------------------------------------

def nbval(notebook, package_root=None):
    """Strict nbval over one notebook, up to its first failure. -> exit status, what pytest printed."""
    environment = dict(os.environ)
    if package_root:
        environment["PYTHONPATH"] = str(package_root)
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "-c", str(rules.ROOT / "pyproject.toml"),
               "--rootdir", str(notebook.parent), "--nbval", "--nbval-current-env", "--nbval-sanitize-with",
               str(rules.ROOT / "tests" / "nbval.cfg"), "--nbval-cell-timeout=120", str(notebook)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=notebook.parent)
    return done.returncode, done.stdout


@pytest.fixture
def canary(tmp_path):
    return shutil.copy(CANARY, tmp_path / CANARY.name)


def test_nbval_sees_a_spoilt_output(canary):
    notebook = rules.read(canary)
    for place in rules.code_cells(notebook):
        if "nbval-ignore-output" in rules.tags(place):
            continue
        spoilt = next((output for output in place["outputs"] if output["output_type"] == "stream"), None)
        if spoilt:
            spoilt["text"] = "spoilt\n"
            break
    canary.write_text(json.dumps(notebook), encoding="utf-8")
    status, printed = nbval(canary)
    assert status == 1, printed
    assert "spoilt" in printed and "1 failed" in printed


def test_nbval_sees_a_spoilt_line_of_the_package(canary, tmp_path):
    shutil.copytree(rules.ROOT / "pygpt", tmp_path / "pygpt", ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / "pygpt" / SPOILT_FILE
    source = file.read_text(encoding="utf-8")
    function = rules.definition(ast.parse(source), SPOILT_FUNCTION)
    lines = source.splitlines()
    first = next(node for node in function.body if not isinstance(node, ast.Expr))
    lines.insert(first.lineno - 1, f"    {function.args.args[0].arg} = 1.5 * {function.args.args[0].arg}")
    file.write_text("\n".join(lines), encoding="utf-8")
    status, printed = nbval(canary, tmp_path)
    assert status == 1, printed
    assert "1 failed" in printed and "AssertionError" in printed


def test_nbval_passes_an_untouched_copy_of_both(canary, tmp_path):
    """The control: without it the two above could fail for a reason of their own."""
    shutil.copytree(rules.ROOT / "pygpt", tmp_path / "pygpt", ignore=shutil.ignore_patterns("__pycache__"))
    before = copy.deepcopy(rules.read(canary))
    status, printed = nbval(canary, tmp_path)
    assert status == 0, printed
    assert rules.read(canary) == before
