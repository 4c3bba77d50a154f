"""Writing a file so that nobody ever sees half of it: temporary name, sync, rename."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def writing_atomically(path):
    """`with writing_atomically(path) as file`: a binary file that gets its name only when the block ends well.

    Makes the folder; leaves what was at `path` if anything goes wrong. OSError is the caller's.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())   # the rename must not reach the disk before the contents do
        os.chmod(temporary, 0o644)    # mkstemp makes private files
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_atomically(path, data):
    """Put `data` (bytes or str) at `path` whole, or leave what was there. Makes the folder; OSError is the caller's."""
    with writing_atomically(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)
