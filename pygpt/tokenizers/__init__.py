"""Text to ids and back. `load_tokenizer` opens whatever kind a file holds."""

import json
from pathlib import Path

from ..errors import DataError, unknown
from .char import CharTokenizer

TOKENIZERS = {"char": CharTokenizer}

__all__ = ["TOKENIZERS", "CharTokenizer", "load_tokenizer"]


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
    return TOKENIZERS[saved["type"]].from_saved(saved, path)
