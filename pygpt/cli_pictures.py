"""Pictures that a command draws into a file."""

from pathlib import Path

from .errors import PyGPTError


def ready_to_draw(path):
    """Make matplotlib draw without a display; what stands in the way of a picture at `path` shows now, not later."""
    from .viz.style import pyplot

    pyplot().switch_backend("agg")
    allowed = pyplot().figure().canvas.get_supported_filetypes()
    pyplot().close()
    if Path(path).suffix.lstrip(".").lower() not in allowed:
        raise PyGPTError(f"cannot draw into {path}; allowed endings: {', '.join(sorted(allowed))}")
    if not Path(path).absolute().parent.is_dir():
        raise PyGPTError(f"cannot draw into {path}: there is no folder {Path(path).parent}; make it first")
