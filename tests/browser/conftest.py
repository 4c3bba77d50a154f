"""A JupyterLab server on loopback with folders of its own, and a headless Chromium to drive it."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.environment import quiet_lab
from tests.browser import lab

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
                  "--disable-background-networking", "--disable-component-update"]
UP_SECONDS = 60


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class Server:
    url: str
    token: str
    root: Path                                # what JupyterLab shows: copies of the course's folders

    def answers(self, path, token=""):
        """The HTTP status of `path`, asked with `token`."""
        try:
            with urllib.request.urlopen(f"{self.url}{path}?token={token}", timeout=10) as response:
                return response.status
        except urllib.error.HTTPError as refused:
            return refused.code


def copy_course(root):
    """Copies, so that a run in the browser never changes a committed notebook."""
    for folder in ("notebooks", "exercises"):
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    home, root = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("course")
    copy_course(root)
    quiet_lab(home / "config")
    folders = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
               "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
    token, port = secrets.token_hex(16), free_port()
    own = {name: str(home / folder) for name, folder in folders.items()}
    environment = dict(os.environ, JUPYTER_TOKEN=token, **own)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
               "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}", "--LabApp.extension_manager=readonly",
               "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    running = Server(f"http://127.0.0.1:{port}", token, root)
    with open(home / "lab.log", "w") as log:
        process = subprocess.Popen(command, env=environment, cwd=root, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_until_up(running, process, home / "lab.log")
            yield running
        finally:
            process.terminate()
            process.wait(30)


def wait_until_up(running, process, log):
    deadline = time.monotonic() + UP_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if running.answers("/api/status", running.token) == 200:
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not come up:\n{log.read_text()}")


@pytest.fixture(scope="session")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = os.environ.get("PYGPT_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if not found:
        pytest.skip("no Chromium on this machine (set PYGPT_CHROMIUM to its path)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, headless=True, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, request):
    """A fresh browser page; the test fails when the page itself raised an error."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    lab.screenshot(page, f"end_of_{request.node.name}")
    context.close()
    assert not errors, f"the page raised: {errors[:3]}"
