"""Timings that can be trusted: two sides take turns in one run: a busy moment hits both, and medians are compared."""

import os
import platform
import statistics
import time
from dataclasses import dataclass


@dataclass
class Pair:
    """Seconds per call of both sides; ratio is ours over theirs, so below 1 means that ours is faster."""

    ours: float
    theirs: float
    ratio: float
    lowest: float
    highest: float


def paired(ours, theirs, rounds=15, calls=8):
    """Time two functions in turns: `rounds` times a block of `calls` each, the first call of a block left out.

    The ratio is the median over the rounds; lowest and highest are its quartiles.
    """
    seconds = {ours: [], theirs: []}
    for function in (ours, theirs):
        block(function, 3)   # warm caches, buffers and lazy imports
    for i in range(rounds):
        for function in (ours, theirs) if i % 2 else (theirs, ours):   # neither side always follows the other
            seconds[function].append(block(function, calls))
    ratios = [a / b for a, b in zip(seconds[ours], seconds[theirs], strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return Pair(statistics.median(seconds[ours]), statistics.median(seconds[theirs]), middle, low, high)


def block(function, calls):
    """Median seconds of `calls` calls in a row, after one that does not count: it wakes sleeping threads."""
    function()
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def machine():
    """What the figures depend on, as lines: processor, versions, BLAS kernels and threads."""
    import numpy
    import torch
    from threadpoolctl import threadpool_info

    lines = [f"{cpu_name()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, "
             f"NumPy {numpy.__version__}, torch {torch.__version__}"]
    for pool in threadpool_info():
        kernel = f", {pool['architecture']} kernel" if pool.get("architecture") else ""
        lines.append(f"{pool['internal_api']} {pool.get('version') or ''}{kernel}, {pool['num_threads']} threads")
    return lines + [f"torch: {torch.get_num_threads()} threads, "
                    f"float32 matmul precision {torch.get_float32_matmul_precision()}"]


def cpu_name():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
