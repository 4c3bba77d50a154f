"""A text coloured by token and merged step by step, in notebooks and on the command line."""

import re

import pytest

from pygpt import viz
from pygpt.tokenizers import BPETokenizer, CharTokenizer
from pygpt.viz.segments import TokenText

TEXT = "the cat sat on the mat; the dog ate the hat. é\n" * 9


@pytest.fixture(scope="module")
def tokenizer():
    return BPETokenizer.train(TEXT, 300, ["<BOS>"])


def boxes(html):
    return re.findall(r">([^<]*)</span>", html)


def test_every_token_has_a_box_and_blanks_are_visible(tokenizer):
    picture = viz.token_text(tokenizer, "the <cat> é\n")
    assert "".join(boxes(picture._repr_html_())) == "the␣&lt;cat&gt;␣é↵"
    assert boxes(picture._repr_html_())[0] == "the" and picture._repr_html_().count("<br>") == 1
    assert repr(picture).startswith(f"{len(tokenizer.encode('the <cat> é' + chr(10)))} tokens for 13 bytes: the|␣")
    assert boxes(viz.token_text(CharTokenizer("ab"), "aba")._repr_html_()) == ["a", "b", "a"]


def test_half_a_character_is_shown_as_its_bytes(tokenizer):
    assert boxes(viz.token_text(tokenizer, "€")._repr_html_()) == ["⟨e2⟩", "⟨82⟩", "⟨ac⟩"]
    assert boxes(TokenText([b" \xe7", "é".encode() + b"\x8c"])._repr_html_()) == ["␣⟨e7⟩", "é⟨8c⟩"]


def test_merges_end_where_encode_does(tokenizer):
    steps = tokenizer.merge_steps(TEXT)
    assert steps[0] == ([bytes([byte]) for byte in TEXT.encode()], None)
    assert steps[-1][0] == [tokenizer.vocab[i] for i in tokenizer.encode(TEXT)]
    for (before, _), (after, merged) in zip(steps, steps[1:], strict=False):
        assert b"".join(after) == TEXT.encode() and after.count(b"".join(merged)) > before.count(b"".join(merged))


def test_the_slider_goes_through_the_merges(tokenizer):
    pytest.importorskip("ipywidgets")
    widget = viz.merge_widget(tokenizer, "the the")
    slider, page = widget.children
    assert slider.max == len(tokenizer.merge_steps("the the")) - 1 and "single bytes" in page.value
    slider.value = slider.max
    assert boxes(page.value) == ["the", "␣the"] and "became one" in page.value
    assert repr(widget) == f"[the {slider.max} merges of a text: run this cell, then move the slider]"


def test_the_commands_train_show_encode_and_decode(pygpt, tmp_path):
    text, made = tmp_path / "text.txt", tmp_path / "bpe.json"
    text.write_text(TEXT)
    status, out, err = pygpt("tokenizer", "train", made, text, "--vocab-size", 300, "--special", "<BOS>")
    assert status == 0 and "BPETokenizer(" in out and "bytes a token" in out, err
    status, out, _ = pygpt("tokenizer", "show", "-t", made, "the cat")
    assert status == 0 and out.startswith("the| cat\n2 tokens, 3.50 bytes a token\n")
    ids = out.split("\n")[2].split()
    assert pygpt("tokenizer", "encode", "-t", made, "the cat")[1].split() == ids
    assert pygpt("tokenizer", "decode", "-t", made, *ids)[1] == "the cat\n"
    assert pygpt("tokenizer", "encode", "hello world")[1] == "31373 995\n"
    for kind in ("char", "sentencepiece-bpe", "sentencepiece-unigram"):
        status, out, err = pygpt("tokenizer", "train", made, text, "--vocab-size", 274, "--kind", kind)
        assert status == 0 and "is in" in out, err
        assert pygpt("tokenizer", "show", "-t", made, "the cat")[0] == 0


@pytest.mark.parametrize(("arguments", "message"), [
    (("train", "x.json", "none.txt"), "error: cannot read none.txt: No such file"),
    (("train", "x.json", "bad.txt"), "error: bad.txt is not UTF-8 text: byte 0 cannot be read"),
    (("train", "no/such/\0", "good.txt"), "error: "),
    (("encode", "a<BOS>", "-t", "bpe.json"), "error: the text holds the special token '<BOS>' at position 1"),
    (("decode", "999", "-t", "bpe.json"), "error: id 999 at position 0 is no token"),
    (("show", "text", "-t", "none.json"), "error: cannot read tokenizer none.json"),
])
def test_wrong_use_is_one_clear_line(pygpt, tokenizer, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe")
    (tmp_path / "good.txt").write_text(TEXT)
    tokenizer.save("bpe.json")
    status, _, err = pygpt("tokenizer", *arguments)
    assert status == 1 and err.startswith(message) and err.count("\n") == 1
