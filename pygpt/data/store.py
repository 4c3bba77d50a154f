"""Texts on this machine: in memory as a Corpus, on the disk as a CorpusFile that is read in pieces."""

import codecs
import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..errors import DataError, unknown
from ..files import writing_atomically

PARTS = ("train", "val")
CHUNK = 2**20   # bytes read at once


@dataclass(frozen=True)
class Corpus:
    """A clean text in two parts: `train` to learn from, `val` to measure on and never to learn from."""

    name: str
    train: str
    val: str
    licence: str
    source: str
    sha256: str   # of the UTF-8 bytes of train + val
    separator: str = "\n\n"   # what ends a document: a speech, a chapter, a pair

    def chunks(self, part):
        """The text of "train" or "val" in pieces, here in one."""
        yield getattr(self, known_part(part))

    def __repr__(self):
        return f"Corpus({self.name!r}, train={len(self.train):,} characters, val={len(self.val):,} characters)"


@dataclass(frozen=True)
class CorpusFile:
    """A corpus that stays on the disk, for text larger than memory: `chunks` reads it, `read` makes it a Corpus."""

    name: str
    pieces: dict    # part -> [(path, first byte, byte after the last)]
    licence: str
    source: str
    separator: str = "\n\n"

    @cached_property
    def sha256(self):
        """Of the UTF-8 bytes of train + val, read through."""
        total = hashlib.sha256()
        for part in PARTS:
            for data in self._bytes(part):
                total.update(data)
        return total.hexdigest()

    def size(self, part):
        """Bytes of one part."""
        return sum(stop - start for _, start, stop in self.pieces[known_part(part)])

    def chunks(self, part):
        """The text of "train" or "val" in pieces of about a megabyte; DataError where it is not UTF-8."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            for data in self._bytes(known_part(part)):
                yield decoder.decode(data)
            yield decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise DataError(f"corpus {self.name!r} is not UTF-8 text; convert it, for instance with iconv") from None

    def read(self):
        """All of it in memory."""
        return Corpus(self.name, *("".join(self.chunks(part)) for part in PARTS), self.licence, self.source,
                      self.sha256, self.separator)

    def _bytes(self, part):
        for path, start, stop in self.pieces[part]:
            try:
                with open(path, "rb") as file:
                    file.seek(start)
                    while start < stop and (data := file.read(min(CHUNK, stop - start))):
                        start += len(data)
                        yield data
            except OSError as error:
                raise DataError(f"cannot read corpus {self.name!r} at {path}: {error.strerror}") from None


def known_part(part):
    if part not in PARTS:
        raise DataError(unknown("part", part, PARTS))
    return part


def cache_folder():
    """$PYGPT_CACHE, or this user's own cache folder."""
    if folder := os.environ.get("PYGPT_CACHE"):
        return Path(folder).expanduser()
    import platformdirs  # only here: `import pygpt` stays quick

    return Path(platformdirs.user_cache_dir("pygpt", appauthor=False))


def write_parts(path, parts, check):
    """Write (train, val), each a text or an iterable of texts, one after the other, without holding them in memory.

    check(sha256, bytes of train) may raise; then, as after any other failure, nothing is left at `path`.
    """
    digest, sizes = hashlib.sha256(), []
    with writing_atomically(path) as file:
        for part in parts:
            before = file.tell()
            for text in [part] if isinstance(part, str) else part:
                data = text.encode()
                digest.update(data)
                file.write(data)
            sizes.append(file.tell() - before)
        check(digest.hexdigest(), sizes[0])
    return digest.hexdigest(), sizes[0]


def text_chunks(file):
    """A file opened in binary mode -> its UTF-8 text in pieces of about a megabyte."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    while data := file.read(CHUNK):
        yield decoder.decode(data)
    yield decoder.decode(b"", final=True)
