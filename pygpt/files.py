"""Writing a file so that nobody ever sees half of it: temporary name, sync, rename."""

import os
import tempfile
from pathlib import Path


def write_atomically(path, data):
    """Put `data` (bytes or str) at `path` whole, or leave what was there. Makes the folder; OSError is the caller's."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())   # the rename must not reach the disk before the contents do
        os.chmod(temporary, 0o644)    # mkstemp makes private files
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
