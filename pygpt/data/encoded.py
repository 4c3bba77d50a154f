"""A corpus as token ids on the disk, made once and memory-mapped: text larger than memory trains.

Two files in the cache's folder `encoded`: the ids in the smallest unsigned type that holds them, and a small JSON that
says of which text and which tokenizer they are. Making them takes constant memory.

N tokens
"""

import hashlib
import json
import re
import tempfile
from itertools import islice
from pathlib import Path

import numpy as np

from ..errors import DataError
from ..files import write_atomically, writing_atomically
from ..tokenizers import BPETokenizer, CharTokenizer, load_tokenizer
from .store import PARTS, cache_folder
from .vocabularies import gpt2_files

BLOCK = 2**16   # ids written at once
ENDS = "int64"


def encode_corpus(corpus, tokenizer, folder=None, progress=None):
    """{"train": ids (N,), "val": ids (N,)} of a Corpus or CorpusFile, as numpy.memmap.

    They are read from `folder` (the cache, unless given) where they are there; otherwise they are made, and
    progress(characters) hears of each piece. Where nothing can be written they stay in memory. A special token in the
    text is one token, as in text whose documents end with <EOS>.
    """
    sums = {"corpus": _corpus_sum(corpus), "tokenizer": tokenizer_sum(tokenizer)}
    return {part: _kept(corpus, tokenizer, folder, part, sums | {"separator": None}, progress)[0] for part in PARTS}


def encode_documents(corpus, tokenizer, folder=None, progress=None):
    """{"train": (ids (N,), ends), "val": ...}: each document encoded by itself, and where each ends in the ids.

    A document is what corpus.separator ends: a speech, a verse, a conversation.
    """
    facts = {"corpus": _corpus_sum(corpus), "tokenizer": tokenizer_sum(tokenizer), "separator": corpus.separator}
    return {part: _kept(corpus, tokenizer, folder, part, facts, progress) for part in PARTS}


def open_tokenizer(name, corpus):
    """The tokenizer a run asks for: "char" has the characters of `corpus`, "gpt2" is GPT-2's, else a saved file."""
    if name == "char":
        return CharTokenizer("".join(sorted(alphabet(corpus))))
    if name == "gpt2":
        return BPETokenizer.from_gpt2(*gpt2_files())
    if not Path(name).exists():
        raise DataError(f"tokenizer={name!r}; allowed: char, gpt2, or the file of a saved tokenizer, which "
                        "`pygpt tokenizer train` makes; there is no such file")
    return load_tokenizer(name)


def alphabet(corpus):
    """All characters of both parts, a set: validation may not meet an unknown one."""
    found = set()
    for part in PARTS:
        for text in corpus.chunks(part):
            found.update(text)
    return found


def tokenizer_sum(tokenizer):
    """SHA-256 of what `save` writes: equal for tokenizers that encode alike."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        tokenizer.save(path)
        return hashlib.sha256(path.read_bytes()).hexdigest()


def smallest_dtype(vocab_size):
    """The smallest unsigned type for ids below vocab_size: uint8, uint16 or uint32."""
    return np.min_scalar_type(vocab_size - 1)


def documents(texts, separator):
    """Pieces of a text -> its documents, each with the separator that ends it; memory holds the longest of them."""
    waiting = ""
    for text in texts:
        *whole, waiting = (waiting + text).split(separator)
        yield from (document + separator for document in whole if document.strip())
    if waiting.strip():
        yield waiting


def _ids(tokenizer, texts):
    """The ids of a text that comes in pieces, one at a time."""
    if hasattr(tokenizer, "encode_iterable"):
        yield from tokenizer.encode_iterable(texts, special="allow")
        return
    waiting = ""
    for text in texts:   # no token of the other kinds reaches over the end of a line
        head, newline, waiting = (waiting + text).rpartition("\n")
        yield from tokenizer.encode(head + newline)
    yield from tokenizer.encode(waiting)


def _document_ids(tokenizer, texts, separator, ends):
    """The same, document by document; `ends` is filled on the way."""
    special = {"special": "allow"} if hasattr(tokenizer, "encode_iterable") else {}
    end = 0
    for document in documents(texts, separator):
        ids = tokenizer.encode(document, **special)
        end += len(ids)
        ends.append(end)
        yield from ids


def _kept(corpus, tokenizer, folder, part, facts, progress):
    """(ids, ends or None) of one part: opened where they are kept, or made and kept, or made in memory."""
    facts = facts | {"part": part, "dtype": smallest_dtype(tokenizer.vocab_size).name}
    names = [re.sub(r"[^\w.-]+", "-", corpus.name), facts["corpus"][:8], facts["tokenizer"][:8], part]
    stem = "-".join(names if facts["separator"] is None else [*names, "documents"])
    path = Path(folder or cache_folder() / "encoded") / stem
    if (found := _opened(path, facts)) is not None:
        return found
    try:
        _write(path, facts, *_stream(corpus, tokenizer, part, facts, progress))
        return _opened(path, facts)
    except OSError:   # a full disk, or a cache that belongs to others: no reason not to train
        ids, ends = _stream(corpus, tokenizer, part, facts, progress)
        return np.fromiter(ids, facts["dtype"]), (None if facts["separator"] is None else np.array(ends, ENDS))


def _stream(corpus, tokenizer, part, facts, progress):
    """(ids one at a time, the list that fills with the ends of documents on the way)."""
    texts, ends = _heard(corpus.chunks(part), progress), []
    if facts["separator"] is None:
        return _ids(tokenizer, texts), ends
    return _document_ids(tokenizer, texts, facts["separator"], ends), ends


def _write(path, facts, ids, ends):
    with writing_atomically(path.with_name(path.name + ".bin")) as file:
        while len(block := np.fromiter(islice(ids, BLOCK), facts["dtype"])):
            file.write(block.tobytes())
        n_tokens = file.tell() // block.itemsize
    if facts["separator"] is not None:
        write_atomically(path.with_name(path.name + ".ends"), np.array(ends, ENDS).tobytes())
    # Last, so that it speaks of files that are whole.
    write_atomically(path.with_name(path.name + ".json"), json.dumps(facts | {"tokens": n_tokens, "ends": len(ends)}))


def _opened(path, facts):
    """(ids, ends or None) if the files at `path` are these, else None."""
    try:
        noted = json.loads(path.with_name(path.name + ".json").read_bytes())
        if {key: noted.get(key) for key in facts} != facts:
            return None
        ids = _mapped(path.with_name(path.name + ".bin"), facts["dtype"], noted["tokens"])
        if facts["separator"] is None:
            return ids, None
        return ids, _mapped(path.with_name(path.name + ".ends"), ENDS, noted["ends"])
    except (OSError, ValueError, KeyError, AttributeError):   # not there, truncated, or something else
        return None


def _mapped(path, dtype, count):
    if path.stat().st_size != count * np.dtype(dtype).itemsize:
        raise ValueError("truncated")
    return np.memmap(path, dtype, mode="r", shape=(count,)) if count else np.empty(0, dtype)


def _corpus_sum(corpus):
    if corpus.sha256:
        return corpus.sha256
    total = hashlib.sha256()
    for part in PARTS:
        for text in corpus.chunks(part):
            total.update(text.encode())
    return total.hexdigest()


def _heard(texts, progress):
    for text in texts:
        yield text
        if progress:
            progress(len(text))
