"""How text is cut into pre-tokens, the pieces inside which BPE merges: roughly words, each with the space before it.

Merges never cross from one piece to the next, so " dog", " dog." and " dog!" share the token " dog".
"""

import re

import regex

from ..errors import DataError, unknown

# Letters \p{L}, numbers \p{N} and white space \s stand in brackets, so that they can be exchanged for ASCII's alone.
PATTERNS = {
    # GPT-2 (Radford et al. 2019): contractions, letters, digits, signs, each with one space before it, and white space.
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?[\p{L}]+| ?[\p{N}]+| ?[^\s\p{L}\p{N}]+|[\s]+(?![^\s])|[\s]+",
    # In the manner of GPT-4's: contractions in capitals too, at most three digits, new lines end a piece.
    "gpt4": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+[\p{L}]++|[\p{N}]{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|[\s]++$"
            r"|[\s]*[\r\n]|[\s]+(?![^\s])|[\s]",
}
ASCII = {r"\p{L}": "A-Za-z", r"\p{N}": "0-9", r"\s": r" \t\n\r\f\v"}


def compiled(name):
    """The compiled pattern `name`; DataError with the allowed names for any other."""
    if name not in PATTERNS:
        raise DataError(unknown("pattern", name, PATTERNS))
    return regex.compile(PATTERNS[name])


def splitter(name):
    """A function: text -> its pieces by the pattern `name`.

    ASCII text goes through Python's own `re`, which knows no Unicode classes and is nearly twice as fast.
    """
    everything, pattern = compiled(name).findall, PATTERNS[name]
    for unicode_class, ascii_class in ASCII.items():
        pattern = pattern.replace(unicode_class, ascii_class)
    only_ascii = re.compile(pattern).findall
    return lambda text: (only_ascii if text.isascii() else everything)(text)


def last_safe_cut(text):
    """The last place where cutting `text` changes no piece of either pattern, 0 where there is none.

    That is before a space that follows something else: no piece holds a space after its first character unless it is
    all white space, and what follows the space cannot reach back over it.
    """
    place = text.rfind(" ")
    while place > 0 and text[place - 1].isspace():
        place = text.rfind(" ", 0, place)
    return max(place, 0)
