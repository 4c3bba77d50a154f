"""The whole test command: pytest, strict nbval over every notebook, and the proof that nbval is not vacuous.

usage: python scripts/run_tests.py                 everything; the exit status is 0 only when every part passes
       python scripts/run_tests.py PYTEST_ARGS     only pytest, with these arguments
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROOF = "tests/test_notebooks.py"
WORKERS = ["-n", "2", "--dist", "loadfile"]
NBVAL = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/nbval.cfg", "--nbval-cell-timeout=300"]


def notebooks():
    return [str(path.relative_to(ROOT)) for folder in ("notebooks", "solutions")
            for path in sorted((ROOT / folder).glob("*.ipynb"))]


def steps():
    yield "unit, parity, gradient, set-up and browser tests", [*WORKERS, "--ignore", PROOF, "tests"]
    yield "strict nbval over every notebook", [*NBVAL, *WORKERS, *notebooks()]
    yield "proof that nbval is not vacuous", ["-n", "2", PROOF]


def pytest(arguments, **environment):
    return subprocess.call([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env={**environment, **os.environ})


def threads_each():
    """Two workers share the cores: with all of them each, threads wait for one another."""
    return str(max(1, (os.cpu_count() or 2) // 2))


def run_all():
    if not notebooks():
        print("error: no notebooks found in notebooks/ and solutions/", file=sys.stderr)
        return 1
    verdicts = []
    for name, arguments in steps():
        print(f"\n=== {name}: pytest {' '.join(arguments)}", flush=True)
        start = time.monotonic()
        status = pytest(arguments, OMP_NUM_THREADS=threads_each())
        verdicts.append((status, name, time.monotonic() - start))
    print("\n=== summary")
    for status, name, seconds in verdicts:
        print(f"{'passed' if status == 0 else 'FAILED'}  {seconds:5.0f} s  {name}")
    return int(any(status for status, _, _ in verdicts))


if __name__ == "__main__":
    sys.exit(pytest(sys.argv[1:]) if sys.argv[1:] else run_all())
