"""Text to ids and back. `load_tokenizer` opens whatever kind a file holds."""

import importlib
import json
from pathlib import Path

from ..errors import DataError, unknown
from .char import CharTokenizer

__all__ = ["TOKENIZERS", "BPETokenizer", "CharTokenizer", "SentencePieceTokenizer", "load_as", "load_tokenizer"]

TOKENIZERS = {"char": "CharTokenizer", "bpe": "BPETokenizer", "sentencepiece": "SentencePieceTokenizer"}   # by "type"
LATER = {"BPETokenizer": "bpe", "SentencePieceTokenizer": "sentencepiece"}   # imported when asked for: they bring more


def __getattr__(name):
    if name in LATER:
        return getattr(importlib.import_module(f"{__name__}.{LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_tokenizer(path):
    """The tokenizer saved at `path`, of the class that its "type" names."""
    path = Path(path)
    try:
        saved = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"cannot read tokenizer {path}: {error.strerror}") from None
    except ValueError:   # broken JSON and broken UTF-8 alike
        raise DataError(f"{path} is no tokenizer: not JSON; make it again with the tokenizer's save()") from None
    if not isinstance(saved, dict) or "type" not in saved:
        raise DataError(f'{path} is no tokenizer: it has no "type"; make it again with the tokenizer\'s save()')
    if saved["type"] not in list(TOKENIZERS):   # a list: the file's type may be unhashable
        raise DataError(f"{path}: {unknown('tokenizer type', saved['type'], TOKENIZERS)}")
    kind = getattr(importlib.import_module(__name__), TOKENIZERS[saved["type"]])
    return kind.from_saved(saved, path)


def load_as(cls, path):
    """The tokenizer saved at `path`, which must be a `cls`; DataError where the file holds another kind."""
    tokenizer = load_tokenizer(path)
    if not isinstance(tokenizer, cls):
        raise DataError(f"{path} holds a {type(tokenizer).__name__}; open it with load_tokenizer")
    return tokenizer
