"""Make exercises/ from solutions/: nbgrader's own steps take the answers out, lock the checks and mark what they were.

The output depends on the source alone: ids of cells are kept, outputs, times and versions are left out. So a test can
build again and compare, and a change shows as a small diff.
"""

from pathlib import Path

from ..errors import PyGPTError

STUB = 'raise NotImplementedError("your turn: replace this line")'


def build(root, check=False):
    """Write root/exercises/*.ipynb from root/solutions/*.ipynb -> the paths that changed, relative to root.

    With check=True nothing is written and the paths that would change are returned; none means in step.
    An exercise file that already holds answers is never overwritten: PyGPTError says which.
    """
    root = Path(root)
    sources = sorted((root / "solutions").glob("*.ipynb"))
    changed = []
    for source in sources:
        text, target = release(source), root / "exercises" / source.name
        old = target.read_text(encoding="utf-8") if target.exists() else None
        if old == text:
            continue
        changed.append(target.relative_to(root))
        if not check:
            refuse_to_lose_answers(target, old)
            target.parent.mkdir(exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
    strays = {path.name for path in (root / "exercises").glob("*.ipynb")} - {source.name for source in sources}
    return changed + [Path("exercises", name) for name in sorted(strays) if check]


def release(source):
    """The text of the exercise notebook that belongs to one solution notebook."""
    nbformat, steps = tools()
    try:
        notebook, resources = nbformat.read(source, as_version=4), {}
        for step in steps:
            notebook, resources = step.preprocess(notebook, resources)
    except Exception as error:   # nbgrader and nbformat raise many kinds: bad metadata, no END SOLUTION, broken JSON
        raise PyGPTError(f"cannot take the answers out of {source}: {' '.join(str(error).split())[:200]}") from None
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)   # times of the run
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                         "language_info": {"name": "python"}}
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def tools():
    """nbformat and nbgrader's steps, in nbgrader's order, without those that need its database."""
    try:
        import nbformat
        from nbgrader import preprocessors as nbgrader
    except ImportError as error:
        raise PyGPTError(f"building exercises needs {error.name}, which is not installed: "
                         "pip install 'pygpt-course[course]'") from None
    return nbformat, [nbgrader.LockCells(), nbgrader.ClearSolutions(code_stub={"python": STUB}), nbgrader.ClearOutput(),
                      nbgrader.CheckCellMetadata(), nbgrader.ClearHiddenTests(), nbgrader.ClearMarkScheme(),
                      nbgrader.ComputeChecksums(), nbgrader.CheckCellMetadata()]


def refuse_to_lose_answers(target, old):
    """Somebody may have solved the exercises right where they lie."""
    import nbformat

    if old is None:
        return
    try:
        cells = nbformat.reads(old, as_version=4).cells
    except Exception:   # no notebook any more: whatever it is, it is not ours to throw away
        raise PyGPTError(f"{target} cannot be read as a notebook; move it away, then build again") from None
    answers = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("solution")]
    if any("NotImplementedError" not in cell.source for cell in answers):
        raise PyGPTError(f"{target} holds somebody's answers; move it away, then build again")
