"""What a committed notebook must be, as functions that list what is wrong. tests/test_notebooks.py applies them."""

import ast
import json
import re
import statistics
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

ROOT = Path(__file__).resolve().parents[1]
CELLS = (30, 60)
MEDIAN_LINES, LONGEST_LINES = 6, 25
IGNORED_SHARE, SKIPPED = 0.2, 1         # of the code cells, and cells
MACHINE_PATH = re.compile(r"(?<![\w.])/(root|tmp|work|home/\w+|Users/\w+|var/folders)/|[A-Z]:\\+Users")
MIRRORS = re.compile(r"#\s*mirrors:\s*(pygpt(?:\.\w+)+)\s*")


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def text(value):
    return "".join(value) if isinstance(value, list) else value or ""


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and text(cell["source"]).strip()]


def tags(cell):
    return cell["metadata"].get("tags", [])


def tree(cell):
    """The cell's syntax tree, with magics turned into calls as IPython does."""
    return ast.parse(TransformerManager().transform_cell(text(cell["source"])))


def not_executed(notebook):
    counts = [cell.get("execution_count") for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"execution counts are not 1..{len(counts)}, so it was not run from top to bottom: {counts}"
    if not any(cell["outputs"] for cell in code_cells(notebook)):
        yield "no cell has an output: saved without them, nbval has nothing to compare"


def stored_errors(notebook):
    for number, cell in enumerate(notebook["cells"]):
        kinds = [output["output_type"] for output in cell.get("outputs", ())]
        if "error" in kinds and "raises-exception" not in tags(cell):
            yield f"cell {number} holds an error and is not tagged raises-exception"
        if "error" not in kinds and "raises-exception" in tags(cell):
            yield f"cell {number} is tagged raises-exception and raises none"


def too_much_ignored(notebook):
    cells = code_cells(notebook)
    ignored = sum("nbval-ignore-output" in tags(cell) for cell in cells)
    skipped = sum("nbval-skip" in tags(cell) for cell in cells)
    if ignored > IGNORED_SHARE * len(cells):
        yield f"{ignored} of {len(cells)} code cells are nbval-ignore-output; at most {IGNORED_SHARE:.0%} may be"
    if skipped > SKIPPED:
        yield f"{skipped} cells are nbval-skip; at most {SKIPPED} may be"
    for number, cell in enumerate(cells, start=1):
        if re.search(r"#\s*(NBVAL|nbval|PYTEST_VALIDATE)", text(cell["source"])):
            yield f"In [{number}] marks itself with a comment; use a tag"


def no_assertion(notebook):
    for cell in code_cells(notebook):
        for node in ast.walk(tree(cell)):
            called = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Assert) or called.startswith("assert"):
                return
    yield "nothing is asserted"


def machine_paths(notebook):
    for number, cell in enumerate(notebook["cells"]):
        found = MACHINE_PATH.search(json.dumps([text(cell["source"]), cell.get("outputs", [])]))
        if found:
            yield f"cell {number} shows a path of one machine: {found.group()}..."


def shape(notebook):
    """The size that a lesson keeps to."""
    count = len(notebook["cells"])
    lines = [len([line for line in text(cell["source"]).splitlines() if line.strip()]) for cell in code_cells(notebook)]
    if not CELLS[0] <= count <= CELLS[1]:
        yield f"{count} cells; a notebook has {CELLS[0]} to {CELLS[1]}"
    if statistics.median(lines) > MEDIAN_LINES:
        yield f"the median code cell has {statistics.median(lines)} lines; at most {MEDIAN_LINES}"
    if max(lines) > LONGEST_LINES:
        yield f"the longest code cell has {max(lines)} lines; at most {LONGEST_LINES}"


def broken_mirrors(notebook):
    """Cells whose `# mirrors: pygpt.module.name` says one thing and whose code says another."""
    for number, cell in enumerate(code_cells(notebook), start=1):
        for name in MIRRORS.findall(text(cell["source"])):
            here, there = definition(tree(cell), name.split(".")[-1]), package_definition(name)
            if there is None:
                yield f"In [{number}] mirrors {name}, which the package does not have"
            elif here is None:
                yield f"In [{number}] says it mirrors {name} and does not define it"
            elif bare(here) != bare(there):
                yield f"In [{number}] differs from {name}: change both together\n{ast.unparse(there)}"


def package_definition(dotted):
    parts = dotted.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        file = ROOT.joinpath(*parts[:cut]).with_suffix(".py")
        file = file if file.exists() else ROOT.joinpath(*parts[:cut], "__init__.py")
        if file.exists():
            node = ast.parse(file.read_text(encoding="utf-8"))
            for name in parts[cut:]:
                node = definition(node, name) if node is not None else None
            return node
    return None


def definition(node, name):
    found = [child for child in node.body if getattr(child, "name", None) == name]
    return found[-1] if found else None


def bare(node):
    """The syntax tree as text, without docstrings; comments and layout are not in a tree anyway."""
    for inner in ast.walk(node):
        if isinstance(inner, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(inner, clean=False) is not None:
            inner.body = inner.body[1:] or [ast.Pass()]
    return ast.dump(node)
