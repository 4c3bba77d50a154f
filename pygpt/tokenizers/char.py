"""The simplest tokenizer: one id for each character of an alphabet."""

import json

from ..errors import DataError
from ..files import write_atomically


class CharTokenizer:
    """Each character of `alphabet` is a token; its id is its place there."""

    def __init__(self, alphabet):
        if len(set(alphabet)) != len(alphabet):
            twice = next(c for c in alphabet if alphabet.count(c) > 1)
            raise DataError(f"the alphabet holds {twice!r} more than once; give each character one place")
        self.alphabet = "".join(alphabet)
        self._id_of = {character: i for i, character in enumerate(self.alphabet)}

    @classmethod
    def train(cls, text):
        """The tokenizer whose alphabet is the characters of `text`, sorted."""
        return cls("".join(sorted(set(text))))

    @property
    def vocab_size(self):
        return len(self.alphabet)

    @property
    def vocab(self):
        """id -> the UTF-8 bytes of its character, as every tokenizer here offers it."""
        return {i: character.encode() for i, character in enumerate(self.alphabet)}

    def encode(self, text):
        """Text of N characters -> list of N ids."""
        try:
            return [self._id_of[character] for character in text]
        except KeyError:
            position, stranger = next((i, c) for i, c in enumerate(text) if c not in self._id_of)
            raise DataError(f"character {stranger!r} at position {position} is not among this tokenizer's "
                            f"{self.vocab_size} characters; leave it out or replace it") from None

    def decode(self, ids):
        """ids (any iterable of ints) -> text."""
        ids = [int(i) for i in ids]
        for position, i in enumerate(ids):
            if not 0 <= i < self.vocab_size:   # a negative id would silently count from the end
                raise DataError(f"id {i} at position {position} is no token; allowed: 0 to {self.vocab_size - 1}")
        return "".join(self.alphabet[i] for i in ids)

    def save(self, path):
        """Write the alphabet as JSON; `load` or `load_tokenizer` reads it back."""
        write_atomically(path, json.dumps({"type": "char", "alphabet": self.alphabet}))

    @classmethod
    def load(cls, path):
        """The CharTokenizer saved at `path`; DataError where the file holds something else."""
        from . import load_as

        return load_as(cls, path)

    @classmethod
    def from_saved(cls, saved, path):
        """Build from the JSON object read from `path`."""
        alphabet = saved.get("alphabet")
        if not isinstance(alphabet, str) or not alphabet:
            raise DataError(f'{path} is a damaged char tokenizer: "alphabet" must be a text of at least one character')
        return cls(alphabet)

    def __repr__(self):
        return f"CharTokenizer({self.vocab_size} characters)"
