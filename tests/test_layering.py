"""Each level of the package imports only its own and lower ones, and the backends never import each other."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "pygpt"
LEVELS = {
    0: ("errors", "files", "bands", "interrupts", "config", "tables", "schedules", "sampling", "metrics"),
    1: ("tokenizers", "data", "checkpoint", "tracking", "swapping", "diagnosis"),
    2: ("in_numpy", "in_torch", "in_jax"),
    3: ("engine",),                           # the one gate between the backends and what uses them
    4: ("train", "generate", "evaluate", "runs", "rewrite", "tune", "distill", "multitask", "pretrained"),
    5: ("viz", "serve", "grading", "learner_file", "notebooks", "doctor"),
    6: ("cli", "cli_data", "cli_tables", "cli_tokenizer", "cli_tune", "cli_train", "cli_runs", "cli_pictures"),
    7: ("__main__", "__init__"),              # the doors from outside; nothing within goes back through them
}
LEVEL = {name: level for level, names in LEVELS.items() for name in names}
BACKENDS = LEVELS[2]
# The names in `from pygpt import ...` that any level may use: plain facts, no arrow to a module.
FACTS = {"__version__"}


def parts_imported(source, module):
    """The parts of the package ("config", "in_numpy" ...) that `source` imports anywhere, functions included.

    `module` is the dotted name of the file as a tuple, ("pygpt", "data", "corpora"); packages end in "__init__".
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            targets = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = module[:len(module) - node.level] if node.level else ()
            base += tuple(node.module.split(".")) if node.module else ()
            targets = [base + (alias.name,) for alias in node.names]
        else:
            continue
        for target in targets:
            if target[0] == "pygpt":
                name = target[1] if len(target) > 1 else "__init__"
                if name not in FACTS:
                    yield name if name in LEVEL or is_part(name) else "__init__", node.lineno


def is_part(name):
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").exists()


def wrong_arrows(source, module):
    part = module[1]
    for imported, line in parts_imported(source, module):
        if LEVEL[imported] > LEVEL[part]:
            yield f"line {line}: {part} (level {LEVEL[part]}) imports {imported} (level {LEVEL[imported]})"
        elif part != imported and part in BACKENDS and imported in BACKENDS:
            yield f"line {line}: backend {part} imports backend {imported}"


def files():
    return sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)


def test_every_part_has_a_level():
    parts = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in files()}
    assert parts <= set(LEVEL), f"give these a level in {Path(__file__).name}: {sorted(parts - set(LEVEL))}"


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_arrow_runs_upward(path):
    module = ("pygpt", *path.relative_to(PACKAGE).with_suffix("").parts)
    wrong = list(wrong_arrows(path.read_text(encoding="utf-8"), module))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("module", "source", "wrong"), [
    (("pygpt", "config"), "from .train import train", True),
    (("pygpt", "config"), "def f():\n    from pygpt.cli import main", True),
    (("pygpt", "config"), "import pygpt.grading.report", True),
    (("pygpt", "config"), "import pygpt", True),
    (("pygpt", "in_numpy", "model"), "from ..in_torch import GPT", True),
    (("pygpt", "in_torch", "layers"), "import pygpt.in_numpy.functional as F", True),
    (("pygpt", "engine"), "from . import train", True),
    (("pygpt", "data", "__init__"), "from ..generate import generate", True),
    (("pygpt", "train"), "from . import engine, checkpoint", False),
    (("pygpt", "in_numpy", "model"), "from .layers import Linear\nfrom ..config import GPTConfig", False),
    (("pygpt", "doctor"), "from . import __version__", False),
    (("pygpt", "config"), "import numpy, json", False),
])
def test_the_rule_sees_an_upward_arrow(module, source, wrong):
    assert bool(list(wrong_arrows(source, module))) is wrong
