"""`pygpt data`, and training on what it brings: several names, any tokenizer, folders of text."""

from pygpt.tokenizers import BPETokenizer


def one_line(err):
    return err.startswith("error: ") and err.count("\n") == 1


def test_missing_corpus_says_how_to_get_it(pygpt, tmp_path, monkeypatch):
    monkeypatch.setenv("PYGPT_CACHE", str(tmp_path))
    assert pygpt("data", "show") == (1, "", "error: corpus 'shakespeare' is not on this machine: "
                                            "run `pygpt data get shakespeare`\n")
    status, out, _ = pygpt("data", "list")
    assert status == 0 and "tinyshakespeare" in out and " yes " not in out


def test_data_get_takes_several_names_and_a_slip_costs_no_download(pygpt, monkeypatch, tmp_path):
    got = []
    monkeypatch.setattr("pygpt.data.corpora.get_corpus", lambda name, *rest: got.append(name) or tmp_path / name)
    monkeypatch.setattr("pygpt.data.vocabularies.get_gpt2_files", lambda *rest: [tmp_path / "gpt2" / "vocab.bpe"])
    status, out, _ = pygpt("data", "get", "tinyshakespeare", "gpt2")
    assert status == 0 and out.splitlines() == [f"{name} is ready: {tmp_path / name}" for name in
                                                ("tinyshakespeare", "gpt2")]
    status, _, err = pygpt("data", "get", "shakespeare", "gtp2")
    assert status == 1 and one_line(err) and got == ["tinyshakespeare"]


def test_data_encode_says_what_it_made(pygpt, tiny_run):
    status, out, _ = pygpt("data", "encode", "shakespeare")
    assert status == 0 and "train: 800 tokens of 800 bytes, 1 bytes each" in out
    assert len(list((tiny_run.parent / "cache" / "encoded").glob("*.bin"))) == 2


def test_data_show_tells_a_folder_of_text(pygpt, tmp_path):
    (tmp_path / "one.txt").write_text("first line\nsecond [line]\n" * 20)
    status, out, _ = pygpt("data", "show", tmp_path, "--lines", 1)
    assert status == 0 and "461 characters" in out and out.endswith("first line\n") and "sha256" in out
    assert pygpt("data", "show", "gpt2")[0] == 1


def test_train_and_generate_with_bpe_by_budget(pygpt, tiny_run, monkeypatch):
    monkeypatch.chdir(tiny_run.parent)
    BPETokenizer.train("to be or not to be, " * 50, 270).save("bpe.json")
    settings = ("tokenizer=bpe.json", "batching=budget", "max_tokens=64")
    assert pygpt("train", tiny_run, *settings)[0] == 0
    assert pygpt("train", tiny_run, *settings, "steps=6", "--resume")[0] == 0
    status, out, err = pygpt("generate", "--model", "run", "--prompt", "to be", "--max-new-tokens", 9, "--seed", 1)
    assert (status, err) == (0, "") and out.startswith("to be")
    status, _, err = pygpt("train", tiny_run, "tokenizer=bqe.json", "folder=other")
    assert status == 1 and one_line(err) and "allowed: char, gpt2, or the file of a saved tokenizer" in err
    status, _, err = pygpt("train", tiny_run, "batching=budget", "max_tokens=4")
    assert status == 1 and one_line(err) and "max_tokens=4 must hold one sequence of block_size=8" in err
