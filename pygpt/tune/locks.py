"""A lock that frees itself: the system lets go of it when the process that holds it ends, however it ends.

It is SQLite's own lock, on an empty file. That works alike on every system and asks for no other package.
"""

import contextlib
import sqlite3
from pathlib import Path


class Lock:
    """Holds the file at `path` until `close`, or while a `with` lasts; Held where another process has it.

    wait: seconds to wait for it first.
    """

    def __init__(self, path, wait=0.0):
        self.path = Path(path)
        self.connection = sqlite3.connect(self.path, timeout=wait, isolation_level=None)
        try:
            self.connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            self.connection.close()
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise Held(self.path) from None
            raise

    def close(self, remove=False):
        """Let go. remove: delete the file too, where nobody will want it again."""
        self.connection.close()
        if remove:
            with contextlib.suppress(OSError):   # an empty file left behind does no harm
                self.path.unlink(missing_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


class Held(Exception):
    """Another process has the lock."""


def is_held(path):
    """Whether some process has it; a file that is gone is free. One that nobody has is deleted."""
    if not Path(path).exists():
        return False
    try:
        Lock(path).close(remove=True)
    except Held:
        return True
    return False
