"""The virtual environment in .venv: made, filled, mended after an interruption, and left alone once it is complete.

Standard library only, as nothing is installed yet; start.py runs this before everything else.
"""

import hashlib
import importlib.util
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time

OLDEST_PYTHON = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "pygpt-ready.json")    # written last, so its presence means that the set-up finished
LOG = os.path.join(VENV, "pygpt-setup.log")
GIGABYTE = 10**9
QUIET_SECONDS = 4                                 # a dot after this long without news

NO_NETWORK = re.compile("connection broken|failed to establish|name resolution|name or service|getaddrinfo|max retries"
                        "|network is unreachable|connection refused|timed? ?out|connection reset|versions: none", re.I)
NO_SPACE = re.compile(r"no space left|errno 28\b|not enough space|disk quota exceeded", re.I)
FETCHED = re.compile(r"(?:Downloading|Using cached) (?:\S*/)?([^\s/]+\.(?:whl|tar\.gz|zip)) \(([^)]+)\)")


class SetupError(Exception):
    """Something the user can mend; the text is one line that says what and how."""


def say(text):
    print(text, flush=True)


def check_python(version=sys.version_info, what="this Python"):
    found = tuple(int(number) for number in version[:2])
    if found < OLDEST_PYTHON:
        raise SetupError("{} is {}.{}, and the course needs {}.{} or newer: {}".format(
            *(what,) + found + OLDEST_PYTHON + ("remove the folder .venv and start again" if ".venv" in what else
                                               "install one and run start.py with it",)))


def venv_python():
    return os.path.join(VENV, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))


def venv_version():
    """The Python version that .venv was made with, as its pyvenv.cfg has it; "" where there is none."""
    try:
        with open(os.path.join(VENV, "pyvenv.cfg"), encoding="utf-8") as file:
            found = re.search(r"^version(?:_info)?\s*=\s*(\d+\.\d+)", file.read(), re.M)
    except OSError:
        return ""
    return found.group(1) if found else ""


def fingerprint():
    """Changes when a set-up has to run again: other requirements, another Python, a moved folder."""
    digest = hashlib.sha256((ROOT + "\n" + venv_version()).encode())
    for name in ("pyproject.toml", "constraints.txt"):
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def read_stamp():
    try:
        with open(STAMP, encoding="utf-8") as file:
            stamp = json.load(file)
        return stamp if isinstance(stamp, dict) else {}
    except (OSError, ValueError):
        return {}


def write_stamp(extras):
    with open(STAMP + ".tmp", "w", encoding="utf-8") as file:
        json.dump({"fingerprint": fingerprint(), "extras": sorted(extras)}, file)
    os.replace(STAMP + ".tmp", STAMP)


def set_up(extras):
    """Bring .venv to where `extras` are installed in the tested versions. -> False when nothing had to be done."""
    stamp = read_stamp()
    there = set(stamp.get("extras", ()))
    if os.path.exists(venv_python()) and stamp.get("fingerprint") == fingerprint() and extras <= there:
        return False
    extras = extras | there
    check_disk()
    make_venv()
    remove_half_installed()
    install(extras)
    quiet_lab(os.path.join(VENV, "etc", "jupyter"))
    write_stamp(extras)
    return True


def site_packages():
    return os.path.join(VENV, *(("Lib",) if os.name == "nt" else ("lib", "python" + venv_version())), "site-packages")


def has_torch():
    return os.path.isdir(os.path.join(site_packages(), "torch"))


def check_disk():
    need = 1 if has_torch() else 3
    free = shutil.disk_usage(ROOT).free
    if free < need * GIGABYTE:
        raise SetupError(format(free / GIGABYTE, ".1f") + " GB are free in " + ROOT + ", and the set-up needs about "
                         + str(need) + " GB: make room and start again")


def make_venv():
    """Make .venv, or mend one that an interruption (or a removed Python) left unusable. One made by hand is kept."""
    skeleton = {"bin", "include", "lib", "lib64", "Include", "Lib", "Scripts"}
    if os.path.exists(VENV) and not venv_version() and not set(os.listdir(VENV)) <= skeleton:
        raise SetupError(VENV + " exists but is no virtual environment: move it away and start again")
    command = [sys.executable, "-m", "venv", "--clear", VENV]
    if venv_runs("import pip"):
        return check_python(venv_version().split("."), "the environment in .venv")
    if venv_runs("pass"):
        command = [venv_python(), "-m", "ensurepip"]
    elif not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise SetupError("this Python cannot make virtual environments (venv or ensurepip is missing); on Debian and "
                         "Ubuntu `sudo apt install python3-venv` brings it")
    say("Mending the unfinished .venv" if os.path.exists(VENV) else "Making a virtual environment in .venv")
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode or not venv_runs("import pip"):
        raise install_error(made.stdout.decode(errors="replace").splitlines(), "python could not make .venv")


def venv_runs(code):
    try:
        return subprocess.run([venv_python(), "-c", code], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:                               # not there, or half copied
        return False


def remove_half_installed():
    """Forget packages that an interrupted pip left half copied: RECORD comes last, yet pip takes them as there."""
    folder = site_packages()
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        path = os.path.join(folder, name)
        half = name.endswith(".dist-info") and not os.path.exists(os.path.join(path, "RECORD"))
        if (half or name.startswith("~")) and os.path.isdir(path):
            shutil.rmtree(path, ignore_errors=True)


def install(extras):
    say("Installing the course and what it needs (a few minutes the first time)")
    if sys.platform == "linux" and not has_torch() and not shutil.which("nvidia-smi"):
        say("  No NVIDIA GPU found: README.md shows how to put in the CPU build of torch first, gigabytes smaller.")
    start = time.monotonic()
    target = ".[" + ",".join(sorted(extras)) + "]"
    returncode, lines = run_with_news([venv_python(), "-m", "pip", "install", "--disable-pip-version-check",
                                       "--no-input", "--progress-bar", "off", "-e", target, "-c", "constraints.txt"])
    with open(LOG, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    if returncode:
        raise install_error(lines, "pip could not install the course")
    say("  done in %.0f s" % (time.monotonic() - start))


def quiet_lab(config_folder):
    """Spare learners JupyterLab's question about its news, and nbgrader's panels, which are for authors."""
    folder = os.path.join(config_folder, "labconfig")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "page_config.json"), "w", encoding="utf-8") as file:
        json.dump({"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True,
                                          "@jupyter/nbgrader": True}}, file)


def run_with_news(command):
    """Run pip in ROOT; print names and sizes as they come, a dot when nothing does. -> exit status, all its lines."""
    lines, news, column = [], queue.Queue(), 0
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             env=dict(os.environ, PYTHONUNBUFFERED="1", PYTHONIOENCODING="utf-8"))
    threading.Thread(target=lambda: [news.put(raw) for raw in child.stdout] + [news.put(None)], daemon=True).start()
    try:
        while True:
            try:
                raw = news.get(timeout=QUIET_SECONDS)
            except queue.Empty:
                text = "."
            else:
                if raw is None:
                    break
                lines.append(raw.decode("utf-8", "replace").rstrip())
                text = news_in(lines[-1])
            if text:
                margin = "  " if column == 0 else "\n  " if column + len(text) > 100 else ""
                column = len(text) + (0 if margin else column)
                sys.stdout.write(margin + text)
                sys.stdout.flush()
    except KeyboardInterrupt:
        child.terminate()
        raise
    finally:
        child.wait()
        say("")
    return child.returncode, lines


def news_in(line):
    """What a line of pip's means to someone waiting: "numpy 16.6 MB, ", or nothing."""
    fetched = FETCHED.search(line)
    if fetched:
        return fetched.group(1).split("-")[0] + " " + fetched.group(2) + ", "
    if line.startswith("Installing collected packages:"):
        return "now unpacking " + str(line.count(",") + 1) + " packages "
    return "(network is slow to answer) " if "Retrying (Retry(total=4" in line else ""


def install_error(lines, what):
    text = "\n".join(lines)
    if NO_SPACE.search(text):
        return SetupError("the disk is full: make room and start again, the set-up goes on where it stopped")
    if NO_NETWORK.search(text):
        return SetupError("no network: connect and start again, the set-up goes on where it stopped")
    reasons = [line for line in lines if "ERROR: " in line] or lines[-1:] or ["no message"]
    return SetupError(what + ": " + reasons[0].split("ERROR: ")[-1].strip() + " (the whole story is in " + LOG + ")")
