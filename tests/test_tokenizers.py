"""Tokenizers: nothing is lost on the way to ids and back, and what cannot be read is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygpt.errors import DataError
from pygpt.tokenizers import CharTokenizer, load_tokenizer

TEXT = st.text(st.characters(exclude_categories=["Cs"]))   # any Unicode but lone surrogates, which no file can hold


@given(TEXT)
def test_round_trip_of_any_text(text):
    tokenizer = CharTokenizer.train(text)
    ids = tokenizer.encode(text)
    assert len(ids) == len(text)
    assert tokenizer.decode(ids) == text
    assert set(ids) == set(range(tokenizer.vocab_size))   # each id is used, since the alphabet is this text's own
    assert b"".join(tokenizer.vocab[i] for i in ids).decode() == text


@given(TEXT.filter(bool))
def test_saved_and_loaded_it_is_the_same(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    original = CharTokenizer.train(text)
    original.save(path)
    assert load_tokenizer(path).encode(text) == CharTokenizer.load(path).encode(text) == original.encode(text)


def test_ids_follow_the_alphabet():
    tokenizer = CharTokenizer("cab")
    assert tokenizer.encode("abc") == [1, 2, 0]
    assert tokenizer.vocab == {0: b"c", 1: b"a", 2: b"b"}
    assert CharTokenizer.train("banana").alphabet == "abn"


def test_an_unknown_character_is_named_with_its_position():
    with pytest.raises(DataError, match=r"'é' at position 3 .* 4 characters"):
        CharTokenizer("acfx").encode("café")


@pytest.mark.parametrize("wrong", [-1, 3, 10**12])
def test_an_id_out_of_range_is_refused(wrong):
    with pytest.raises(DataError, match=rf"id {wrong} at position 1 .* 0 to 2"):
        CharTokenizer("abc").decode([0, wrong])


def test_an_alphabet_has_each_character_once():
    with pytest.raises(DataError, match="'a' more than once"):
        CharTokenizer("abca")


@pytest.mark.parametrize(("content", "message"), [
    (b'{"type": "char", "alphabet": "ab', "not JSON"),
    (b"\xff\xfe\x00", "not JSON"),
    (b'["char"]', 'no "type"'),
    (b'{"alphabet": "abc"}', 'no "type"'),
    (b'{"type": "chart", "alphabet": "abc"}', "unknown tokenizer type 'chart'; nearest allowed: char"),
    (b'{"type": ["char"], "alphabet": "abc"}', "unknown tokenizer type"),
    (b'{"type": "char", "alphabet": 7}', "damaged"),
    (b'{"type": "char"}', "damaged"),
    (b'{"type": "char", "alphabet": "aa"}', "more than once"),
])
def test_a_broken_or_foreign_file_is_one_clear_line(tmp_path, content, message):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    for load in (load_tokenizer, CharTokenizer.load):
        with pytest.raises(DataError, match=message) as caught:
            load(path)
        assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_clear_line(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        CharTokenizer.load(tmp_path / "none.json")


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "tokenizer.json"
    CharTokenizer("ab").save(path)
    monkeypatch.setattr("os.replace", lambda *a: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        CharTokenizer("xyz").save(path)
    assert json.loads(path.read_text())["alphabet"] == "ab"
    assert list(tmp_path.iterdir()) == [path]
