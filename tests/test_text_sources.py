"""Texts from elsewhere: published benchmarks over a network, files put there by hand, local folders, the hub."""

import hashlib
import http.server
import io
import sys
import tarfile
import threading
import types
import zipfile
from dataclasses import replace

import pytest

from pygpt.data import CORPORA, benchmarks, download, get_corpus, load_corpus, open_corpus
from pygpt.data.corpora import describe
from pygpt.errors import DataError

BODY = bytes(range(256)) * 4000


class Server(http.server.BaseHTTPRequestHandler):
    """Serves BODY; breaks off after `stop_after` bytes, and knows ranges unless told otherwise."""

    stop_after, ranges, asked = None, True, []

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.asked.append(wanted)
        start = int(wanted[6:-1]) if wanted and self.ranges else 0
        if self.path.endswith("missing"):
            return self.send_error(404)
        if start >= len(BODY):
            return self.send_error(416)
        self.send_response(206 if wanted and self.ranges else 200)
        self.send_header("Content-Length", str(len(BODY) - start))
        self.end_headers()
        self.wfile.write(BODY[start:self.stop_after])
        self.close_connection = True

    def log_message(self, *arguments):
        pass


@pytest.fixture
def source(monkeypatch):
    """A Download of BODY from this machine."""
    monkeypatch.setattr(Server, "asked", [])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield download.Download(f"http://127.0.0.1:{server.server_port}/body.bin",
                            f"sha256:{hashlib.sha256(BODY).hexdigest()}")
    server.shutdown()
    server.server_close()


def fetch(source, folder, progress=None):
    return download.download(source, folder, "pygpt data get x", lambda line: None, progress)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_goes_on_where_it_broke_off(source, tmp_path, monkeypatch, ranges):
    monkeypatch.setattr(Server, "stop_after", 600_000)
    with pytest.raises(DataError, match=r"cannot reach http://127.* \(the connection broke off\); run `pygpt data get"):
        fetch(source, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["body.bin.part"]
    monkeypatch.setattr(Server, "stop_after", None)
    monkeypatch.setattr(Server, "ranges", ranges)
    heard = []
    path = fetch(source, tmp_path, lambda done, total: heard.append((done, total)))
    assert path.read_bytes() == BODY and heard[-1] == (len(BODY), len(BODY))
    assert Server.asked == [None, "bytes=600000-"] and [path.name for path in tmp_path.iterdir()] == ["body.bin"]
    assert fetch(source, tmp_path) == path and len(Server.asked) == 2


def test_a_whole_part_is_only_checked_and_a_wrong_one_thrown_away(source, tmp_path):
    (tmp_path / "body.bin.part").write_bytes(BODY)
    assert fetch(source, tmp_path).read_bytes() == BODY
    with pytest.raises(DataError, match="other.bin has sha256 .*, not 0000.*thrown away; run `pygpt data get x` again"):
        fetch(replace(source, url=source.url.replace("body", "other"), checksum="sha256:0000"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["body.bin"]


def test_no_answer_is_one_line_that_says_where_to_put_the_file(source, tmp_path):
    for url, reason in [(source.url + "/missing", "the server answers 404 Not Found"),
                        ("http://127.0.0.1:9/x.zip", "refused"), ("http://no.such.host.invalid/x.zip", "")]:
        with pytest.raises(DataError) as error:
            fetch(replace(source, url=url), tmp_path)
        name = url.rpartition("/")[2]
        assert f"cannot reach {url} (" in str(error.value) and reason in str(error.value)
        assert f"or put the file at {tmp_path / name} by hand" in str(error.value) and "\n" not in str(error.value)


# ---- files of the published form, made here ----------------------------------------------------------------------

WIKI = " \n = A Lobster = \n \n The <unk> lobster is — a \n "


def put(cache, name, contents):
    """Make `contents` what the network would bring: {member: text} as an archive, or a text; -> its path."""
    path = cache / "downloads" / CORPORA[name].sources[0].filename
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for member, text in contents.items():
                archive.writestr(member, text)
    else:
        with tarfile.open(path, "w:gz") as archive:
            for member, text in contents.items():
                info = tarfile.TarInfo(member)
                info.size = len(text.encode())
                archive.addfile(info, io.BytesIO(text.encode()))
    return path


@pytest.mark.parametrize("name", ["wikitext-2", "wikitext-103"])
def test_wikitext_put_there_by_hand(cache, name):
    put(cache, name, {f"{name}/wiki.{part}.tokens": WIKI + part for part in ("train", "valid", "test")})
    get_corpus(name)
    corpus = load_corpus(name)
    assert (corpus.train, corpus.val) == (WIKI + "train", WIKI + "valid")
    assert open_corpus(name).size("val") == len((WIKI + "valid").encode())


def test_one_billion_words_in_the_order_of_its_archive(cache):
    base, train = "1-billion-word-language-modeling-benchmark-r13output/", "training-monolingual.tokenized.shuffled/"
    held = "heldout-monolingual.tokenized.shuffled/news.en.heldout-"
    path = put(cache, "one-billion-words", {
        base + "README": "no", base + train + "news.en-00002-of-00100": "two\n", base + held + "00001-of-00050": "no\n",
        base + held + "00000-of-00050": "val\n", base + train + "news.en-00001-of-00100": "one\n"})
    get_corpus("one-billion-words")
    corpus = load_corpus("one-billion-words")
    assert (corpus.train, corpus.val) == ("two\none\n", "val\n")
    (cache / "corpora" / "one-billion-words.txt").unlink()
    put(cache, "one-billion-words", {base + "README": "no"})
    with pytest.raises(DataError, match="an archive without news"):
        get_corpus("one-billion-words")
    assert path.exists() and not (cache / "corpora" / "one-billion-words.txt").exists()


def test_penn_treebank_is_told_from_other_text(cache):
    folder = cache / "downloads"
    folder.mkdir(parents=True)
    (folder / "ptb.train.txt").write_text(" no it was n't black monday \n <unk> N years \n")
    (folder / "ptb.valid.txt").write_text(" consumers may want to <unk> \n")
    get_corpus("penn-treebank")
    assert load_corpus("penn-treebank").val == " consumers may want to <unk> \n"
    (folder / "ptb.valid.txt").write_text("Consumers may.\n")
    with pytest.raises(DataError, match="ptb.valid.txt is text in another form .*; delete it and run"):
        benchmarks.build_penn_treebank(folder / "ptb.train.txt", folder / "ptb.valid.txt")


@pytest.mark.parametrize(("name", "contents", "message"), [
    ("wikitext-2", {"wiki.train.tokens": "x"}, "without one file wiki.valid.tokens"),
    ("wikitext-2", b"<html>", "is no zip archive: not the published file; delete it"),
    ("one-billion-words", {"else.txt": "x"}, "an archive of something else"),
    ("one-billion-words", b"<html>", "is no tar.gz archive"),
])
def test_a_file_of_another_form_is_one_line(cache, name, contents, message):
    if isinstance(contents, bytes):
        put(cache, name, {}).write_bytes(contents)
    else:
        put(cache, name, contents)
    with pytest.raises(DataError, match=message) as error:
        get_corpus(name)
    assert "\n" not in str(error.value) and not (cache / "corpora").exists()


# ---- local text and the hub --------------------------------------------------------------------------------

def test_a_file_is_cut_at_a_line_near_its_end(tmp_path):
    text = "".join(f"line {i} é\n" for i in range(1000))
    (tmp_path / "book.txt").write_text(text, encoding="utf-8")
    corpus = load_corpus(str(tmp_path / "book.txt"))
    assert corpus.train + corpus.val == text and corpus.val.startswith("line ") and 90 < corpus.val.count("\n") < 110
    assert corpus.name == "book.txt" and corpus.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert load_corpus(str(tmp_path)).val == corpus.val, "a folder with one file is that file"


def test_a_folder_is_shared_out_by_file_and_by_name_alone(tmp_path):
    for i in range(30):
        (tmp_path / f"{i}.txt").write_text(f"text {i}\n")
    (tmp_path / "picture.png").write_bytes(b"\x89")
    before = open_corpus(str(tmp_path)).pieces
    assert 1 <= len(before["val"]) < len(before["train"]) and len(before["val"]) + len(before["train"]) == 30
    (tmp_path / "new.md").write_text("new\n")
    after = open_corpus(str(tmp_path)).pieces
    assert all(set(before[part]) <= set(after[part]) for part in before), "a new file moves no other"
    (tmp_path / "val-7.txt").write_text("mine\n")
    assert load_corpus(str(tmp_path)).val == "mine\n" and describe(str(tmp_path))[0] == "text on this machine"


@pytest.mark.parametrize(("files", "message"), [
    ({}, "holds no text; allowed are files that end in .txt or .md"),
    ({"a.txt": b"one line"}, "leaves no text for the val part"),
    ({"a.txt": b"caf\xe9\n" * 40}, "is not UTF-8 text; convert it"),
])
def test_a_folder_that_cannot_be_read_is_one_line(tmp_path, files, message):
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=message):
        load_corpus(str(tmp_path))
    with pytest.raises(DataError, match="there is no file or folder 'no/such'"):
        load_corpus("no/such")
    with pytest.raises(DataError, match="is a place on this machine, so there is nothing to get"):
        get_corpus(str(tmp_path))


def hub(monkeypatch, **splits):
    """A `datasets` library that knows one dataset."""
    fake = types.ModuleType("datasets")
    fake.load_dataset = lambda path, config, streaming: {name: iter(rows) if name == "once" else rows
                                                         for name, rows in splits.items()}
    monkeypatch.setitem(sys.modules, "datasets", fake)


def test_a_dataset_of_the_hub(cache, monkeypatch):
    hub(monkeypatch, train=[{"id": 1, "text": " One.\n"}, {"id": 2, "text": ""}],
        validation=[{"id": 3, "text": "Two."}])
    path = get_corpus("hf:someone/stories:small")
    assert path.name == "hf--someone--stories--small.txt"
    corpus = load_corpus("hf:someone/stories:small")
    assert (corpus.train, corpus.val) == ("One.\n\n", "Two.\n\n")


def test_without_a_validation_split_documents_are_held_out_by_their_text(cache, monkeypatch):
    rows = [{"story": f"story {i % 50}"} for i in range(100)]   # each of them twice
    hub(monkeypatch, train=rows)
    get_corpus("hf:stories")
    train, val = (set(part.split("\n\n")) - {""} for part in (load_corpus("hf:stories").train,
                                                             load_corpus("hf:stories").val))
    assert train and val and not train & val and len(train | val) == 50


@pytest.mark.parametrize(("name", "rows", "message"), [
    ("hf:a/b/c", None, "write hf:owner/dataset or hf:owner/dataset:config"),
    ("hf:a/b", None, "hf:a/b needs the `datasets` library; run: pip install datasets"),
    ("hf:a/b", {"other": []}, "has no split called train, only other"),
    ("hf:a/b", {"train": [{"x": "1", "y": "2"}]}, "has the columns x, y, none called text"),
])
def test_a_dataset_that_cannot_be_used_is_one_line(cache, monkeypatch, name, rows, message):
    monkeypatch.setitem(sys.modules, "datasets", None)
    if rows:
        hub(monkeypatch, **rows)
    with pytest.raises(DataError, match=message):
        get_corpus(name)
    assert not list(cache.rglob("*.txt"))
