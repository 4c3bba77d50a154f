"""A file or a folder of text on this machine as a corpus."""

import hashlib
from pathlib import Path

from ..errors import DataError
from .store import CHUNK, CorpusFile

ENDINGS = (".txt", ".md")
VAL_SHARE = 10   # one tenth
SPLIT = ("validation: the files whose names begin with val, or else every tenth file by its name, or of a single file "
         "the last tenth; training: the rest")


def is_local(name):
    """Whether `name` means a place on this machine: it is written as a path, or it is there."""
    return not name.startswith("hf:") and ("/" in name or "\\" in name or Path(name).exists())


def open_local(name):
    """The CorpusFile of a text file, or of the .txt and .md files in a folder and the folders inside it."""
    path = Path(name).expanduser()
    if path.is_file():
        pieces = _cut(path)
    elif path.is_dir():
        pieces = _share_out(path)
    else:
        raise DataError(f"there is no file or folder {name!r}; give the path of a text file or of a folder of them")
    corpus = CorpusFile(path.resolve().name, pieces, "whatever its owner says", str(path))
    for part in ("train", "val"):
        if not corpus.size(part):
            raise DataError(f"{name} leaves no text for the {part} part; give it more text, or a second file whose "
                            "name begins with val")
    return corpus


def _share_out(folder):
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    if not files:
        raise DataError(f"{folder} holds no text; allowed are files that end in {' or '.join(ENDINGS)}")
    if len(files) == 1:
        return _cut(files[0])
    held_out = {path for path in files if path.name.lower().startswith("val")}
    if not held_out:   # by the names, so that a new file does not move the others across
        score = {path: hashlib.sha256(path.relative_to(folder).as_posix().encode()).digest() for path in files}
        held_out = {path for path in files if score[path][0] % VAL_SHARE == 0} - {max(files, key=score.get)}
        held_out = held_out or {min(files, key=score.get)}
    whole = [(path, 0, path.stat().st_size) for path in files]
    return {"train": [piece for piece in whole if piece[0] not in held_out],
            "val": [piece for piece in whole if piece[0] in held_out]}


def _cut(path):
    """A single file, cut at the first end of a line after nine tenths."""
    size = path.stat().st_size
    cut = size * (VAL_SHARE - 1) // VAL_SHARE
    with open(path, "rb") as file:
        file.seek(cut)
        while cut < size and (data := file.read(CHUNK)):
            found = data.find(b"\n")
            cut += found + 1 if found >= 0 else len(data)
            if found >= 0:
                break
    return {"train": [(path, 0, cut)], "val": [(path, cut, size)]}
