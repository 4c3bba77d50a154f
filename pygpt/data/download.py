"""A file from an address of its own, for people with a network: resumed where it stopped, kept once it is right."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError
from .store import CHUNK

SECONDS = 30   # without a byte, before giving up


@dataclass(frozen=True)
class Download:
    """A file on the network."""

    url: str
    checksum: str        # "sha256:..." or "md5:...", as its publishers or its users give it
    size: int = 0        # bytes, for the progress bar

    folder = "downloads"   # inside the cache

    @property
    def filename(self):
        return self.url.rpartition("/")[2]

    def __str__(self):
        return self.url


def download(source, folder, retry, report, progress=None):
    """The path of the file in `folder`. One that is there already, perhaps put there by hand, is taken as it is.

    It grows as NAME.part, which a second call goes on with, and gets its name once its checksum is right. DataError
    says in one line why it could not be had and where to put it by hand.
    """
    from http.client import HTTPException  # only here: `import pygpt` stays quick
    from urllib.error import URLError

    target = Path(folder) / source.filename
    if target.is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    report(f"downloading {source.url}" + (", going on where it stopped" if part.exists() else ""))
    try:
        _receive(source, part, progress)
    except (URLError, HTTPException, TimeoutError, ConnectionError, EOFError) as error:
        raise DataError(f"cannot reach {source.url} ({_reason(error)}); run `{retry}` again with a network, which goes "
                        f"on where this stopped, or put the file at {target} by hand") from None
    kind, _, expected = source.checksum.partition(":")
    found = _digest(part, kind)
    if found != expected:
        part.unlink()
        raise DataError(f"{source.filename} has {kind} {found[:12]}..., not {expected[:12]}...: not the published "
                        f"file, so it was thrown away; run `{retry}` again, or put the file at {target} by hand")
    os.replace(part, target)
    return target


def _receive(source, part, progress):
    import urllib.request

    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(source.url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=SECONDS)
    except urllib.request.HTTPError as error:
        if error.code == 416 and have:   # nothing after what we have: it was whole, or the sum will tell
            return
        raise
    with response, open(part, "ab" if response.status == 206 else "wb") as file:   # 206: the server takes up there
        total = file.tell() + int(response.headers.get("Content-Length") or 0)
        while data := response.read(CHUNK):
            file.write(data)
            if progress:
                progress(file.tell(), total or source.size)
    if part.stat().st_size < total:
        raise EOFError("the connection broke off")


def _reason(error):
    if code := getattr(error, "code", None):
        return f"the server answers {code} {error.reason}"
    return str(getattr(error, "reason", "") or error) or type(error).__name__


def _digest(path, kind):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()
