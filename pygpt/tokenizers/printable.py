"""Every byte as one visible character, the way in which GPT-2's vocabulary files write bytes down.

Visible characters of Latin-1 stand for themselves; the other 68 bytes, space and new line among them, get those
from number 256 on. So " the" is written "Ġthe".
"""

VISIBLE = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
HIDDEN = [byte for byte in range(256) if byte not in VISIBLE]
BYTE_ORDER = VISIBLE + HIDDEN   # GPT-2's ids 0 to 255
TO_CHARACTER = {byte: chr(byte) for byte in VISIBLE} | {byte: chr(256 + i) for i, byte in enumerate(HIDDEN)}
TO_BYTE = {character: byte for byte, character in TO_CHARACTER.items()}


def to_printable(token):
    """bytes -> a text without white space and control characters, one character a byte."""
    return "".join(map(TO_CHARACTER.__getitem__, token))


def from_printable(text):
    """The way back. Raises KeyError for a character that stands for no byte."""
    return bytes(map(TO_BYTE.__getitem__, text))
