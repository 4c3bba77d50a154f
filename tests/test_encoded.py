"""Corpora as ids on the disk: the ids of the whole text, made once, in constant memory, and never half."""

import json
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygpt.data import Corpus, encoded, open_corpus, store
from pygpt.data.batches import Batches
from pygpt.data.encoded import documents, encode_corpus, encode_documents, open_tokenizer, smallest_dtype
from pygpt.errors import DataError
from pygpt.tokenizers import BPETokenizer, CharTokenizer, SentencePieceTokenizer

TEXT = "".join(f"NAÏVE {i}:\nthe cat sat on the mat, 猫 {i * i} times\n\n" for i in range(200))


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """A CorpusFile that is read seven bytes at a time, so that every piece ends in an awkward place."""
    monkeypatch.setattr(store, "CHUNK", 7)
    monkeypatch.setenv("PYGPT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    return open_corpus(str(tmp_path / "text.txt"))


def tokenizer_of(kind):
    if kind == "char":
        return CharTokenizer.train(TEXT)
    if kind == "bpe":
        return BPETokenizer.train(TEXT, 400, ["<EOS>"])
    pytest.importorskip("sentencepiece")
    return SentencePieceTokenizer.train(TEXT, 400, model_type="bpe")


@pytest.mark.parametrize(("kind", "dtype"), [("char", "uint8"), ("bpe", "uint16"), ("sentencepiece", "uint16")])
def test_ids_are_those_of_the_whole_text(corpus, kind, dtype):
    tokenizer = tokenizer_of(kind)
    ids, text = encode_corpus(corpus, tokenizer), corpus.read()
    for part in ("train", "val"):
        assert isinstance(ids[part], np.memmap) and ids[part].dtype == dtype
        assert ids[part].tolist() == tokenizer.encode(getattr(text, part))
    assert text.train + text.val == TEXT
    flat, ends = encode_documents(corpus, tokenizer)["val"]
    pieces = np.split(np.asarray(flat), ends[:-1])
    assert "".join(tokenizer.decode(piece) for piece in pieces).endswith(text.val.strip() + "\n\n")
    assert len(pieces) > 10 and all(tokenizer.decode(piece).endswith("times\n\n") for piece in pieces)


def test_made_once_and_again_for_another_text_or_tokenizer(corpus, tmp_path, monkeypatch):
    tokenizer = tokenizer_of("char")
    first = encode_corpus(corpus, tokenizer)["train"].tolist()
    with monkeypatch.context() as during:
        during.setattr(encoded, "_ids", None)   # encoding would fail
        assert encode_corpus(corpus, tokenizer)["train"].tolist() == first
    other = CharTokenizer(tokenizer.alphabet[::-1])
    assert encode_corpus(corpus, other)["train"].tolist() == other.encode(corpus.read().train)
    (tmp_path / "text.txt").write_text(TEXT.upper(), encoding="utf-8")
    changed = open_corpus(str(tmp_path / "text.txt"))
    assert encode_corpus(changed, CharTokenizer.train(TEXT.upper()))["train"].tolist() != first


@pytest.mark.parametrize("damage", ["truncated", "note", "no note"])
def test_what_is_not_whole_is_made_again(corpus, tmp_path, damage):
    tokenizer, folder = tokenizer_of("char"), tmp_path / "ids"
    expected = encode_corpus(corpus, tokenizer, folder)["train"].tolist()
    ids, note = (next(folder.glob(f"*train.{ending}")) for ending in ("bin", "json"))
    if damage == "truncated":
        ids.write_bytes(ids.read_bytes()[:-1])
    elif damage == "note":
        note.write_text(json.dumps(json.loads(note.read_text()) | {"corpus": "another"}))
    else:
        note.unlink()
    assert encode_corpus(corpus, tokenizer, folder)["train"].tolist() == expected
    assert sorted(path.suffix for path in folder.iterdir()) == [".bin", ".bin", ".json", ".json"]


def test_where_nothing_can_be_written_ids_stay_in_memory(corpus, tmp_path):
    (tmp_path / "file").write_text("in the way")
    tokenizer = tokenizer_of("char")
    ids = encode_corpus(corpus, tokenizer, tmp_path / "file")["train"]
    assert type(ids) is np.ndarray and ids.tolist() == tokenizer.encode(corpus.read().train)
    flat, ends = encode_documents(corpus, tokenizer, tmp_path / "file")["train"]
    assert ends[-1] == len(flat) and isinstance(ends, np.ndarray)


def test_an_interrupted_encoding_leaves_nothing(corpus, tmp_path):
    def stop(characters):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_corpus(corpus, tokenizer_of("char"), tmp_path / "ids", progress=stop)
    assert not list((tmp_path / "ids").iterdir())


def test_memory_does_not_grow_with_the_text(tmp_path):
    class Long(Corpus):
        def chunks(self, part):
            yield from ("the cat sat on the mat\n" * 500 for _ in range(200))

    corpus, tokenizer = Long("long", "", "", "", "", "x" * 64), BPETokenizer.train("the cat sat on the mat\n", 270)
    tracemalloc.start()
    ids = encode_corpus(corpus, tokenizer, tmp_path)["train"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(ids) == 700_000 and peak < 2_000_000, "ids as a list would take 8 bytes each, and more"


@given(st.lists(st.text("ab\n"), max_size=12))
def test_documents_lose_nothing_but_blank_ones(texts):
    text = "".join(texts)
    found = list(documents(texts, "\n\n"))
    assert found == list(documents([text], "\n\n"))
    assert "".join(found).rstrip("\n") == "".join(p + "\n\n" for p in text.split("\n\n") if p.strip()).rstrip("\n")
    assert all(document.strip() and "\n\n" not in document[:-2] for document in found)


def test_special_tokens_in_a_text_are_tokens(tmp_path):
    tokenizer = tokenizer_of("bpe")
    corpus = Corpus("marked", "the cat<EOS>the mat", "x<EOS>", "", "", "")
    ids = encode_corpus(corpus, tokenizer, tmp_path)
    assert tokenizer.special_tokens["<EOS>"] in ids["train"].tolist() and ids["val"].tolist()[-1] == 399


def test_batches_are_the_same_from_the_disk(corpus):
    tokenizer = tokenizer_of("char")
    mapped, plain = encode_corpus(corpus, tokenizer)["train"], np.array(tokenizer.encode(corpus.read().train))
    for _ in range(3):
        ours, theirs = (Batches(tokens, 4, 16, seed=3).next() for tokens in (mapped, plain))
        np.testing.assert_array_equal(ours, theirs)
        assert ours[0].dtype == ours[1].dtype == np.int64


def test_the_smallest_type_that_holds_the_ids():
    assert [smallest_dtype(n).name for n in (1, 256, 257, 65_536, 65_537)] == [
        "uint8", "uint8", "uint16", "uint16", "uint32"]


def test_a_tokenizer_is_chosen_by_name_or_file(corpus, tmp_path):
    assert open_tokenizer("char", corpus).alphabet == "".join(sorted(set(TEXT)))
    assert open_tokenizer("char", corpus.read()).alphabet == "".join(sorted(set(TEXT)))
    tokenizer_of("bpe").save(tmp_path / "bpe.json")
    assert open_tokenizer(str(tmp_path / "bpe.json"), corpus).vocab_size == 400
    with pytest.raises(DataError, match="tokenizer='gpt3'; allowed: char, gpt2, or the file of a saved tokenizer"):
        open_tokenizer("gpt3", corpus)
    assert replace(corpus, separator="\n").separator == "\n"
