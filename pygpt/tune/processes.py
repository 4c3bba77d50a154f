"""A search in several processes, each with its share of the cores. They meet in the study's folder only."""

import contextlib
import multiprocessing
import os
import signal
import threading
import traceback
from multiprocessing.connection import wait

from ..errors import PyGPTError
from .run import work
from .study import Study, TuneError

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "PYGPT_THREADS")


def work_in_processes(study, jobs, report):
    """Run the study's trials in `jobs` processes and report their lines; returns when all have ended.

    Ctrl-C, or an error in one of them, stops the others after their current step. TuneError where work is left undone.
    """
    processes, links = start(study.plan, jobs)
    error, interrupted = None, False
    while links:
        try:
            for link in wait(links):
                try:
                    kind, text = link.recv()
                except (EOFError, OSError):   # that process has ended
                    links.remove(link)
                    continue
                if kind == "line":
                    report(text)
                else:
                    error = error or text
                    stop(links)
        except KeyboardInterrupt:
            interrupted = True
            stop(links)
    for process in processes:
        process.join()
    if interrupted:
        raise KeyboardInterrupt
    if error:
        raise TuneError(error)
    check_done(study, [process.exitcode for process in processes])


def start(plan, jobs):
    """(processes, our ends of the links to them), already at work."""
    context = multiprocessing.get_context("spawn")   # a fork would copy threads and locks in the middle of their work
    processes, links = [], []
    with fair_share(jobs), without_ctrl_c():
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            process = context.Process(target=worker, args=(plan, theirs), daemon=True)
            process.start()
            theirs.close()   # the process has its own copy; with ours open, its end would never show
            processes.append(process)
            links.append(ours)
    return processes, links


def check_done(study, codes):
    done = study.done()
    if done < study.plan.trials:
        raise TuneError(f"{done} of {study.plan.trials} trials are done, but the processes ended, with status "
                        f"{', '.join(map(str, codes))} (killed, or out of memory?); the same command goes on")


def stop(links):
    for link in links:
        with contextlib.suppress(OSError):   # it has ended by itself
            link.send("stop")


def worker(plan, link):
    """The life of one process. A word on the link, or its end when the parent is gone, stops it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)   # Ctrl-C reaches the parent too, which then says stop
    try:
        with Study(plan) as study:
            work(study, lambda line: link.send(("line", line)), stopped=link.poll)
    except (KeyboardInterrupt, BrokenPipeError, ConnectionResetError):
        pass
    except PyGPTError as error:
        link.send(("error", str(error)))
    except Exception as error:
        if os.environ.get("PYGPT_DEBUG"):
            traceback.print_exc()
        link.send(("error", f"unexpected {type(error).__name__}: {error} (run again with PYGPT_DEBUG=1 to see where)"))


@contextlib.contextmanager
def fair_share(jobs):
    """Processes started meanwhile use their share of the cores. Libraries read these variables when they load."""
    share = str(max(1, (os.cpu_count() or 1) // jobs))
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update({name: before[name] or share for name in THREADS})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def without_ctrl_c():
    """Processes started meanwhile ignore Ctrl-C from their first moment on, while they still import."""
    if threading.current_thread() is not threading.main_thread():   # only there may handlers change
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
