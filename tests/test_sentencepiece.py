"""The sentencepiece wrapper: nothing is lost with byte fallback, what is lost without it is counted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygpt.errors import DataError
from pygpt.tokenizers import CharTokenizer, SentencePieceTokenizer, load_tokenizer

pytest.importorskip("sentencepiece")
TEXT = "the cat sat on the mat; the dog ate the hat.\n  Two blanks, and a café.\n" * 40
UNSEEN = "A zebra?\n 😀  "


@pytest.fixture(scope="module", params=["bpe", "unigram"])
def trained(request):
    return SentencePieceTokenizer.train(TEXT, 280, request.param, special_tokens=["<BOS>"])


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00▁"), max_size=50))
@settings(max_examples=100, deadline=None)
def test_round_trip_of_any_text(trained, text):
    assert trained.decode(trained.encode(text)) == text


def test_the_vocabulary_is_bytes_and_a_special_token_is_one_id(trained):
    ids = trained.encode("<BOS>the cat")
    assert b"".join(trained.vocab[i] for i in ids) == b"<BOS>the cat" and trained.vocab[ids[0]] == b"<BOS>"
    assert trained.vocab_size == 280 == len(trained.vocab)
    assert trained.encode_batch(["the", ""]) == [trained.encode("the"), []]


def test_without_byte_fallback_strange_characters_are_lost_and_counted(trained):
    lossy = SentencePieceTokenizer.train(iter([TEXT]), 60, "bpe", byte_fallback=False)
    assert lossy.decode(lossy.encode(UNSEEN)) != UNSEEN and "\ufffd" in lossy.decode(lossy.encode(UNSEEN))
    assert 0 < lossy.unknown_rate(UNSEEN) < 1 and lossy.unknown_rate("the cat") == 0 == trained.unknown_rate(UNSEEN)


def test_saved_and_loaded_it_is_the_same(trained, tmp_path):
    trained.save(tmp_path / "sp.json")
    for again in (load_tokenizer(tmp_path / "sp.json"), SentencePieceTokenizer.load(tmp_path / "sp.json")):
        assert again.encode(TEXT) == trained.encode(TEXT) and again.vocab == trained.vocab


@pytest.mark.parametrize(("make", "message"), [
    (lambda: SentencePieceTokenizer.train(TEXT, 10), "cannot learn vocab_size=10 from this text: Vocabulary size is"),
    (lambda: SentencePieceTokenizer.train(TEXT, 10**6), "cannot learn vocab_size=1000000 .* Vocabulary size too high"),
    (lambda: SentencePieceTokenizer.train(TEXT, 300, "words"), "model_type='words'; allowed: unigram, bpe"),
    (lambda: SentencePieceTokenizer(b"nothing"), "no sentencepiece model"),
])
def test_wrong_use_is_one_clear_line(make, message):
    with pytest.raises(DataError, match=message) as raised:
        make()
    assert "\n" not in str(raised.value)


def test_wrong_ids_and_files_are_one_clear_line(trained, tmp_path):
    with pytest.raises(DataError, match="id 280 at position 1 is no token; allowed: 0 to 279"):
        trained.decode([5, 280])
    (tmp_path / "damaged.json").write_text('{"type": "sentencepiece", "model": "AAAA"}')
    with pytest.raises(DataError, match="damaged sentencepiece tokenizer"):
        load_tokenizer(tmp_path / "damaged.json")
    CharTokenizer("ab").save(tmp_path / "char.json")
    with pytest.raises(DataError, match="holds a CharTokenizer; open it with load_tokenizer"):
        SentencePieceTokenizer.load(tmp_path / "char.json")
