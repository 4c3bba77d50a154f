"""Byte-level BPE: three ways to learn the same merges, GPT-2's ids to the letter, and nothing lost on any bytes."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygpt.data import get_corpus, load_corpus
from pygpt.data.vocabularies import gpt2_files
from pygpt.errors import DataError
from pygpt.tokenizers import BPETokenizer, load_tokenizer, merging
from pygpt.tokenizers.patterns import PATTERNS, compiled, last_safe_cut, splitter

SENTENCE = "the cat sat on the mat; the cat's hat is 1234 times that of 12345 other cats' hats.\n\n  Mmmmmm aaaaaaa!\n"
TEXT = SENTENCE * 3 + "naïve café, 猫が好き, 😀👩‍👩‍👧 " + " " * 7 + "\t\r\n\r\nend"
SPECIAL = ("<PAD>", "<BOS>", "<EOS>", "<UNK>", "<EOS><EOS>")
ANYTHING = st.text(st.characters(), max_size=60)     # lone surrogates too
SPACY = st.text(st.sampled_from("a bé1'\n\t\r  .!ll's猫😀"), max_size=60)


@pytest.fixture(scope="module", params=sorted(PATTERNS))
def trained(request):
    return BPETokenizer.train(TEXT, 400, SPECIAL, pattern=request.param)


@pytest.fixture(scope="module")
def gpt2():
    return BPETokenizer.from_gpt2(*gpt2_files())


@pytest.fixture(scope="module")
def openai(gpt2):
    """The same vocabulary in OpenAI's own tokenizer."""
    tiktoken = pytest.importorskip("tiktoken")
    ranks = {token: i for i, token in gpt2.vocab.items() if i != 50256}
    return tiktoken.Encoding("gpt2", pat_str=PATTERNS["gpt2"], mergeable_ranks=ranks,
                             special_tokens={"<|endoftext|>": 50256})


ASCII = st.text(st.characters(codec="ascii"), max_size=40) | st.text(st.sampled_from("aB1'\n\r\t\v\x1c  .ls"))


@given(text=ASCII)
@settings(max_examples=500, deadline=None)
def test_ascii_text_has_the_same_pieces_the_fast_way(text):
    for name in PATTERNS:
        assert splitter(name)(text) == compiled(name).findall(text)


# Learning -------------------------------------------------------------------------------------------------------------

@given(st.lists(st.binary(max_size=8), max_size=12), st.integers(0, 30))
@settings(max_examples=150, deadline=None)
def test_the_three_ways_to_learn_agree(pieces, n_merges):
    naive = merging.train_naive(pieces, n_merges)
    assert naive == merging.train_counted(Counter(pieces), n_merges) == merging.train_merges(Counter(pieces), n_merges)


@given(st.lists(st.sampled_from([b"aaaa", b"aaa", b"abab", b"aab", b"baa", b"bbbbb"]), max_size=9))
@settings(max_examples=100, deadline=None)
def test_they_agree_where_merges_overlap(pieces):
    assert merging.train_naive(pieces, 9) == merging.train_merges(Counter(pieces), 9)


def test_the_rule_by_hand():
    assert merging.merge([1, 1, 1], (1, 1), 9) == [9, 1] and merging.merge([1, 2, 3, 1, 2], (1, 2), 9) == [9, 3, 9]
    a, b, c = b"abc"
    # "ab" and "bc" occur twice each: the pair with the smaller ids comes first
    assert merging.train_merges({b"abc": 2}, 5) == [(a, b), (256, c)]
    heard = []
    merging.train_merges({b"abc": 2, b"b": 7}, 1, lambda pair, count: heard.append((pair, count)))
    assert heard == [((a, b), 2)]


def test_training_is_told_by_its_text_alone():
    documents = TEXT.split(" ")
    first = BPETokenizer.train(iter(documents), 320, SPECIAL)
    random.Random(1).shuffle(documents)
    assert BPETokenizer.train(documents, 320, SPECIAL).merges == first.merges
    assert first.vocab_size == 320 == len(first.vocab) and first.special_tokens["<EOS><EOS>"] == 319
    assert BPETokenizer.train("ab", 1000).vocab_size == 257, "a text with one pair makes one merge"


def test_no_two_tokens_have_the_same_bytes(trained):
    assert len(set(trained.vocab.values())) == trained.vocab_size


# There and back -------------------------------------------------------------------------------------------------------

@given(text=ANYTHING | SPACY)
@settings(max_examples=200, deadline=None)
def test_round_trip_of_any_text(trained, text):
    ids = trained.encode(text, special="text")
    readable = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert trained.decode(ids) == readable and len(ids) <= len(readable.encode())


@given(data=st.binary(max_size=40))
def test_any_bytes_come_back_and_bad_ones_become_a_sign(trained, data):
    byte_ids = {token: i for i, token in trained.vocab.items()}
    ids = [byte_ids[bytes([byte])] for byte in data]
    assert trained.decode_bytes(ids) == data and trained.decode(ids) == data.decode("utf-8", errors="replace")


@given(text=SPACY, sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_a_stream_has_the_ids_of_the_whole_text(trained, text, sizes):
    chunks, rest, i = [], text, 0
    while rest:
        size = sizes[i % len(sizes)]
        chunks.append(rest[:size])
        rest, i = rest[size:], i + 1
    assert list(trained.encode_iterable(chunks)) == trained.encode(text)


@given(text=SPACY)
@settings(max_examples=300, deadline=None)
def test_a_safe_cut_changes_no_piece(text):
    cut = last_safe_cut(text)
    for split in (compiled(name).findall for name in PATTERNS):
        assert split(text[:cut]) + split(text[cut:]) == split(text)


def test_saved_and_loaded_it_is_the_same(trained, tmp_path):
    trained.save(tmp_path / "bpe.json")
    for again in (load_tokenizer(tmp_path / "bpe.json"), BPETokenizer.load(tmp_path / "bpe.json")):
        assert (again.vocab, again.merges, again.special_tokens, again.pattern) == (
            trained.vocab, trained.merges, trained.special_tokens, trained.pattern)
        assert again.encode_batch([TEXT, ""]) == [trained.encode(TEXT), []]


def test_the_memory_of_known_pieces_is_bounded(trained, monkeypatch):
    monkeypatch.setattr("pygpt.tokenizers.bpe.KNOWN_PIECES", 10)
    expected = BPETokenizer(trained._ordinary(), trained.merges, pattern=trained.pattern)
    assert expected.encode(TEXT) == trained.encode(TEXT) and len(expected._known) <= 10


# Special tokens -------------------------------------------------------------------------------------------------------

def test_special_tokens_are_refused_allowed_or_text(trained):
    text, ids = "one<EOS><EOS>two<PAD>", trained.special_tokens
    with pytest.raises(DataError, match=r"holds the special token '<EOS><EOS>' at position 3; pass special=\"allow\""):
        trained.encode(text)
    allowed = trained.encode(text, special="allow")
    assert allowed == [*trained.encode("one"), ids["<EOS><EOS>"], *trained.encode("two"), ids["<PAD>"]]
    assert trained.decode(allowed) == text == trained.decode(plain := trained.encode(text, special="text"))
    assert not set(plain) & set(ids.values())
    assert list(trained.encode_iterable(text, special="allow"))[-1] == ids["<PAD>"]


@pytest.mark.parametrize(("make", "message"), [
    (lambda: BPETokenizer.train("text", 100), "vocab_size=100 is too small; allowed: 256 or more"),
    (lambda: BPETokenizer.train("text", 257, SPECIAL), "allowed: 261 or more"),
    (lambda: BPETokenizer.train("text", 300, ["<A B>"]), "special token '<A B>': allowed are texts without white"),
    (lambda: BPETokenizer.train("text", 300, pattern="gpt3"), "unknown pattern 'gpt3'; nearest allowed: gpt4, gpt2"),
    (lambda: BPETokenizer({0: b"a"}, []), "lacks the token"),
    (lambda: BPETokenizer.train("text", 300).decode([5, 999]), "id 999 at position 1 is no token; allowed: 0 to"),
    (lambda: BPETokenizer.from_gpt2("none.json", "none.bpe"), "cannot read GPT-2's vocabulary at none.json"),
    (lambda: BPETokenizer.from_gpt2(*[gpt2_files()[1]] * 2), "are not GPT-2's encoder.json and vocab.bpe"),
])
def test_wrong_use_is_one_clear_line(make, message):
    with pytest.raises(DataError, match=message) as raised:
        make()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("damage", [lambda s: s.replace('"merges": ["', '"merges": ["? '),
                                    lambda s: s.replace('"pattern": "gpt2"', '"pattern": 7'),
                                    lambda s: s.replace('"vocab": {', '"vocab": {"\\n": 3, ')])
def test_a_damaged_file_is_one_clear_line(tmp_path, damage):
    path = tmp_path / "bpe.json"
    BPETokenizer.train(TEXT, 300).save(path)
    path.write_text(damage(path.read_text()))
    with pytest.raises(DataError):
        load_tokenizer(path)


# GPT-2, to the letter -------------------------------------------------------------------------------------------------

def test_gpt2s_vocabulary(gpt2):
    assert gpt2.encode("Hello world") == [15496, 995] and gpt2.vocab_size == 50257 and len(gpt2.merges) == 50000
    assert gpt2.special_tokens == {"<|endoftext|>": 50256} and gpt2.vocab[50256] == b"<|endoftext|>"


ODD = ["", " ", "   ", "a" * 3000, "a  b   c\n\n\n d\t\te  ", "I'll you've 'tis DON'T 12 123456",
       "😀👩‍👩‍👧🏳️‍🌈 e\u0301 ﷽ \u200b\u2028x", "naïve Ünïcödé 日本語のテキスト", "\ud83d \ud83d\ude00",
       "<|endoftext|> <|endoftext|>", "\x00\x01\x7f\xa0"]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_gpt2s_ids_on_odd_texts(gpt2, openai, text):
    assert gpt2.encode(text, special="text") == openai.encode_ordinary(text)
    assert gpt2.encode(text, special="allow") == openai.encode(text, allowed_special="all")


def test_gpt2s_ids_on_shakespeare(gpt2, openai):
    get_corpus("tinyshakespeare")   # from the same package as the default corpus: no network where that one is
    corpus = load_corpus("tinyshakespeare")
    text = corpus.train + corpus.val
    ids = gpt2.encode(text)
    assert ids == openai.encode_ordinary(text) and gpt2.decode(ids) == text


@given(text=ANYTHING | SPACY)
@settings(max_examples=2000, deadline=None)
def test_gpt2s_ids_on_generated_texts(gpt2, openai, text):
    assert gpt2.encode(text, special="text") == openai.encode_ordinary(text)


def test_the_tokenizers_library_gets_the_same_tokenizer(gpt2, trained):
    pytest.importorskip("tokenizers")
    for ours in (gpt2, trained):
        theirs = ours.to_tokenizers()
        text = TEXT + "".join(ours.special_tokens)
        assert theirs.encode(text).ids == ours.encode(text, special="allow")
        assert theirs.decode(ours.encode(TEXT)) == TEXT
