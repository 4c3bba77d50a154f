"""Special tokens: marks such as <BOS> with an id of their own, never the result of a merge."""

import regex

from ..errors import DataError

USUAL = ("<PAD>", "<BOS>", "<EOS>", "<UNK>")


class SpecialTokens:
    """{text: id}, and the places where their texts occur; of overlapping ones the longest counts."""

    def __init__(self, ids):
        for token in ids:
            if not token or any(character.isspace() for character in token):
                raise DataError(f"special token {token!r}: allowed are texts without white space, such as <BOS>")
        self.ids = dict(ids)
        self.texts = {i: token for token, i in self.ids.items()}
        longest_first = sorted(self.ids, key=len, reverse=True)
        self._find = regex.compile("|".join(map(regex.escape, longest_first)))

    def split(self, text, allowed):
        """text -> its parts in order: text between special tokens, and ids of special tokens.

        Not allowed, the first one raises DataError: text from outside must not forge, say, the end of a document.
        """
        parts, start = [], 0
        for found in self._find.finditer(text):
            if not allowed:
                raise DataError(f"the text holds the special token {found[0]!r} at position {found.start()}; pass "
                                'special="allow" to give it its id, or special="text" to read it as plain text')
            parts += [text[start:found.start()], self.ids[found[0]]]
            start = found.end()
        return [*parts, text[start:]]
