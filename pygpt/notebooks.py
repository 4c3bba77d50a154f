"""Execute notebooks in place, as they are committed: from top to bottom, and free of what differs every time."""

import time
from pathlib import Path

from .errors import PyGPTError
from .files import write_atomically

CELL_SECONDS = 600
# What a kernel or an editor writes into a cell's metadata and no reader needs. Tags and nbgrader's entries stay.
NOISY_CELL_METADATA = ("execution", "ExecuteTime", "collapsed", "scrolled", "jupyter", "vscode", "trusted")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def find_notebooks(root=".", names=()):
    """The notebook files that `names` mean: paths, folders, or the beginning of a name such as "05". None means all."""
    folders = [Path(root) / folder for folder in ("notebooks", "solutions")]
    everything = [path for folder in folders for path in sorted(folder.glob("*.ipynb"))]
    if not names:
        return everything
    found = []
    for name in map(str, names):
        path = Path(name)
        if path.is_dir():
            matches = sorted(path.glob("*.ipynb"))
        elif path.is_file():
            matches = [path]
        else:
            matches = [known for known in everything if known.name.startswith(name)]
        if not matches:
            raise PyGPTError(f"no notebook {name!r}: give a file, a folder, or one of "
                             + ", ".join(known.stem for known in everything))
        found += [match for match in matches if match not in found]
    return found


def run_notebooks(root=".", names=(), report=print):
    """Execute each notebook from a fresh kernel and write it back. The first to fail is left as it was, and ends it."""
    for path in find_notebooks(root, names):
        start = time.monotonic()
        run_notebook(path)
        report(f"{path}: {time.monotonic() - start:.1f} s")


def run_notebook(path):
    import nbformat  # only maintainers need these, and they are slow to import
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    path = Path(path)
    try:
        notebook = nbformat.read(path, as_version=4)
    except (OSError, ValueError) as bad:
        raise PyGPTError(f"{path} is not a notebook that can be read: {bad}") from None
    client = NotebookClient(notebook, timeout=CELL_SECONDS, kernel_name="python3", record_timing=False,
                            resources={"metadata": {"path": str(path.resolve().parent)}})
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError) as bad:
        reason = str(bad).strip().splitlines()[-1]
        raise PyGPTError(f"{path} stopped and was left as it was: {reason}") from None
    normalise(notebook, path)
    write_atomically(path, nbformat.writes(notebook) + "\n")


def normalise(notebook, path="notebook"):
    """Drop what differs from run to run; refuse what must not be committed. Changes `notebook` in place."""
    notebook.metadata = type(notebook.metadata)(kernelspec=dict(KERNEL), language_info={"name": "python"})
    for number, cell in enumerate(notebook.cells, start=1):
        for noise in NOISY_CELL_METADATA:
            cell.metadata.pop(noise, None)
        if cell.cell_type != "code":
            continue
        cell.outputs = merge_streams(cell.outputs)
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                first = output.text.strip().splitlines()[0] if output.text.strip() else ""
                raise PyGPTError(f"{path}, cell {number} writes to stderr, which nbval refuses: {first}")


def merge_streams(outputs):
    """Join neighbouring prints: how the kernel cuts them up depends on timing."""
    merged = []
    for output in outputs:
        last = merged[-1] if merged else None
        if last is not None and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            merged.append(output)
    return merged
