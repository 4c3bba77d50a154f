"""What a person does in JupyterLab, as functions on a Playwright page: open, run, type into a cell, read what it says.

Cells are numbered as they stand in the notebook file, markdown included. JupyterLab draws only the cells in view,
so everything that needs a cell scrolls to it first.
"""

import json
import os
import time
from pathlib import Path

CELL = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell"
IDLE = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator[data-status=idle]"
READY = '.jp-StatusBar-Widget :text("| Idle")'   # only shown once the notebook has its kernel, unlike the indicator
OPEN_SECONDS, RUN_SECONDS = 60, 180


def open_notebook(page, server, path):
    """Open `path` (below the server's root) alone in a fresh workspace, and wait until its kernel is ready."""
    page.goto(f"{server.url}/lab/workspaces/auto-{time.monotonic_ns()}/tree/{path}?token={server.token}")
    page.wait_for_selector(CELL, timeout=OPEN_SECONDS * 1000)
    page.wait_for_selector(READY, timeout=OPEN_SECONDS * 1000)
    wait_idle(page, OPEN_SECONDS)


def dismiss_dialog(page):
    """Say yes to a question such as "Select Kernel", which JupyterLab asks when it is slow to connect."""
    accept = page.locator("dialog .jp-mod-accept")
    if accept.count():
        accept.first.click()


def wait_idle(page, seconds=RUN_SECONDS):
    page.wait_for_selector(IDLE, timeout=seconds * 1000)


def menu(page, name, command):
    page.get_by_role("menuitem", name=name, exact=True).click()
    page.locator(f'.lm-Menu-item[data-command="{command}"]').click()


def run_all(page, server, path, seconds=RUN_SECONDS):
    """Run every cell, save, and return the notebook as it then lies on the disk, cells out of view included."""
    file = Path(server.root) / path
    for _ in range(3):                        # a click before the kernel is connected is lost
        menu(page, "Run", "runmenu:run-all")
        if ran_to_the_end(page, file, seconds):
            return read(file)
        dismiss_dialog(page)
    raise AssertionError(f"{path} did not run to its end in {seconds} s")


def ran_to_the_end(page, file, seconds):
    deadline = time.monotonic() + seconds
    page.wait_for_timeout(1000)               # the indicator needs a moment to leave idle
    while time.monotonic() < deadline:
        wait_idle(page, seconds)
        save(page, file)
        cells = [cell for cell in read(file)["cells"] if cell["cell_type"] == "code" and cell["source"]]
        counts = [cell["execution_count"] for cell in cells]
        if None not in counts and counts == sorted(counts) and len(set(counts)) == len(counts):
            return True
        if all(count is None for count in counts):
            return False
    return False


def save(page, file):
    before = os.stat(file).st_mtime_ns
    page.keyboard.press("Control+s")
    deadline = time.monotonic() + 10
    while os.stat(file).st_mtime_ns == before and time.monotonic() < deadline:
        page.wait_for_timeout(100)


def read(file, attempts=50):
    """The notebook on the disk. The server empties it before it writes, so half a file is read again."""
    for _ in range(attempts):
        try:
            return json.loads(Path(file).read_text(encoding="utf-8"))
        except ValueError:
            time.sleep(0.1)
    raise AssertionError(f"{file} stayed half written")


def errors_in(notebook):
    """The error outputs of a notebook, but for cells that are meant to raise."""
    return [f"{output['ename']}: {output['evalue']}" for cell in notebook["cells"]
            if "raises-exception" not in cell["metadata"].get("tags", ())
            for output in cell.get("outputs", ()) if output["output_type"] == "error"]


def cell_index(notebook, wanted, kind="code"):
    """The number of the first cell of this kind whose source contains `wanted`."""
    return next(number for number, cell in enumerate(notebook["cells"])
                if cell["cell_type"] == kind and wanted in "".join(cell["source"]))


def locate(page, index):
    """The cell, scrolled into view. JupyterLab keeps cells out of view unattached, so walk there."""
    cell = page.locator(f'.jp-WindowedPanel-viewport > [data-windowed-list-index="{index}"]')
    page.locator(f"{CELL}").first.wait_for()
    for _ in range(200):
        if cell.count():
            break
        drawn = page.eval_on_selector_all(".jp-WindowedPanel-viewport > [data-windowed-list-index]",
                                          "all => all.map(e => Number(e.dataset.windowedListIndex))")
        page.locator(".jp-WindowedPanel-outer").hover()
        page.mouse.wheel(0, 500 if max(drawn) < index else -500)
        page.wait_for_timeout(50)
    cell.scroll_into_view_if_needed()
    return cell


def set_cell_source(page, index, source):
    """Replace what stands in a code cell, by keyboard as a person would; pasted, so that nothing is auto-indented."""
    editor = locate(page, index).locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(source)


def run_cell(page, index, seconds=RUN_SECONDS):
    """Run one cell and return the text of its output."""
    locate(page, index).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(300)
    wait_idle(page, seconds)
    return cell_output_text(page, index)


def cell_output_text(page, index):
    return "\n".join(locate(page, index).locator(".jp-OutputArea-output").all_inner_texts()).strip()


def screenshot(page, name):
    """Keep a picture where PYGPT_SCREENSHOTS names a folder, for someone to look at."""
    folder = os.environ.get("PYGPT_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
