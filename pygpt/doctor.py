"""What this machine has that matters to the course, and what is missing: for `pygpt doctor` and notebook 00."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil

from . import __version__
from .data import load_corpus
from .data.corpora import cache_folder
from .engine import SHIPPED_MODEL
from .errors import DataError

ENOUGH_DISK = 500 * 10**6   # for runs, checkpoints and a second corpus
COURSE_NEEDS = ("numpy", "jupyterlab", "ipykernel", "matplotlib", "ipywidgets", "nbformat")


def report():
    """{"ready": bool, "problems": [what to do, ...], "facts": {what: found, ...}}: plain values, fit for JSON."""
    problems = []
    facts = {
        "pygpt": __version__,
        "python": f"{platform.python_version()} ({platform.system()}, {platform.machine()})",
        "numpy": installed("numpy"),
        "torch": installed("torch") or "not installed: the NumPy half of the course runs without it",
        "jupyterlab": installed("jupyterlab") or "not installed",
        "cores": cores(),
        "linear algebra": blas(),
        "gpu": gpu(),
        "free disk": free_disk(problems),
        "corpus": corpus(problems),
        "shipped model": shipped_model(problems),
    }
    missing = [name for name in COURSE_NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        problems.append(f"install {', '.join(missing)}: run `python3 start.py` in the course's folder")
    return {"ready": not problems, "problems": problems, "facts": facts}


def verdict(found):
    """The last line: ready, or what to do first."""
    return "ready" if found["ready"] else "not ready: " + "; ".join(found["problems"])


def installed(name):
    """The version of an installed distribution, without importing it; None where there is none."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def cores():
    """How many this process may use, and how many there are."""
    total = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else total
    return f"{usable}" if usable == total else f"{usable} of {total}"


def blas():
    """Which library multiplies NumPy's matrices, tuned for which processor, on how many threads."""
    import numpy
    from threadpoolctl import threadpool_info

    folder = os.path.dirname(numpy.__file__)
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    mine = [pool for pool in pools if pool["filepath"].startswith(folder.removesuffix("numpy") + "numpy")] or pools
    if not mine:   # threadpoolctl does not know Apple's Accelerate
        built = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{built.get('name', 'unknown')} {built.get('version', '')}".strip()
    pool = mine[0]
    kernel = f", {pool['architecture']} kernel" if pool.get("architecture") else ""
    return f"{pool['internal_api']} {pool.get('version') or ''}{kernel}, threads: {pool['num_threads']}"


def gpu():
    """The GPU that torch or CuPy would use, or why there is none."""
    told = []
    if importlib.util.find_spec("torch"):
        import torch  # seconds on a cold disk, and the only way to know

        if torch.cuda.is_available():
            return f"{torch.cuda.get_device_name(0)} (torch, {torch.version.hip or torch.version.cuda})"
        if torch.backends.mps.is_available():
            return "Apple GPU (torch, mps)"
        told.append("torch is a CPU build" if not (torch.version.cuda or torch.version.hip) else "torch finds no GPU")
    else:
        told.append("torch is not installed")
    told.append(cupy_gpu())
    return f"none: {', '.join(filter(None, told))}; the course runs without one"


def cupy_gpu():
    if not importlib.util.find_spec("cupy"):
        return "CuPy is not installed"
    try:
        import cupy

        return "" if cupy.cuda.is_available() else "CuPy finds no GPU"
    except Exception as error:   # a CuPy whose CUDA libraries are missing raises all kinds of things
        return f"CuPy does not load ({type(error).__name__})"


def free_disk(problems):
    """At the cache folder, or its nearest parent that exists."""
    folder = cache_folder().absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < ENOUGH_DISK:
        problems.append(f"free some space on the disk of {folder}: {free / 1e6:.0f} MB are left")
    return f"{free / 1e9:.1f} GB"


def corpus(problems, name="shakespeare"):
    try:
        text = load_corpus(name)
        return f"{name}, {len(text.train) + len(text.val):,} characters"   # no path: notebook 00 keeps this table
    except DataError as error:
        problems.append(f"run `pygpt data get {name}`")
        return str(error)


def shipped_model(problems):
    if not SHIPPED_MODEL.is_dir():
        problems.append("install pygpt again: its trained model is missing")
        return "missing"
    size = sum(path.stat().st_size for path in SHIPPED_MODEL.rglob("*") if path.is_file())
    return f"shakespeare, {size / 1e6:.1f} MB"

