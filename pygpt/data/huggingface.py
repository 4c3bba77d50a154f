"""Any text of the Hugging Face hub as a corpus, through its `datasets` library, which is not part of the course.

The name: "hf:owner/dataset", or "hf:owner/dataset:config" where it has more than one.
"""

import hashlib
import re

from ..errors import DataError

VALIDATION = ("validation", "valid", "val", "dev", "test")   # the first of these that a dataset has


def is_hub_name(name):
    return name.startswith("hf:")


def build_from_hub(name):
    """(train, val), each an iterable of documents with a blank line after each; read as a stream.

    Without a split for validation every tenth document is held out, chosen by its text, so that a document that
    comes twice falls on one side.
    """
    if not re.fullmatch(r"hf:[\w.-]+(/[\w.-]+)?(:[\w.-]+)?", name):
        raise DataError(f"{name!r} is no name on the hub; write hf:owner/dataset or hf:owner/dataset:config")
    try:
        import datasets
    except ImportError:
        raise DataError(f"{name} needs the `datasets` library; run: pip install datasets") from None
    path, _, config = name.removeprefix("hf:").partition(":")
    try:
        found = datasets.load_dataset(path, config or None, streaming=True)
        splits = dict(found)
    except Exception as error:   # the library raises dozens of kinds, many with a page of text
        raise DataError(f"cannot get {name} ({' '.join(str(error).split())[:150]}); check the name and the network, "
                        f"then run `pygpt data get {name}` again") from None
    val = next((split for split in VALIDATION if split in splits), None)
    if "train" not in splits:
        raise DataError(f"{name} has no split called train, only {', '.join(sorted(splits))}; choose another dataset")
    if val:
        return _documents(splits["train"], name), _documents(splits[val], name)
    return (document for document in _documents(splits["train"], name) if not _held_out(document)), \
           (document for document in _documents(splits["train"], name) if _held_out(document))


def _documents(rows, name):
    column = None
    for row in rows:
        if column is None:
            column = _text_column(row, name)
        if text := row[column].strip():
            yield f"{text}\n\n"


def _text_column(row, name):
    """ "text" where there is such a column, or else the only one that holds text."""
    texts = [column for column, value in row.items() if isinstance(value, str)]
    if "text" in texts:
        return "text"
    if len(texts) != 1:
        raise DataError(f"{name} has the columns {', '.join(row)}, none called text; choose a dataset that has one")
    return texts[0]


def _held_out(document):
    return hashlib.sha256(document.encode()).digest()[0] % 10 == 0
