"""What tests of several files stand on: the command line in this process, a cache of their own, a run of a moment."""

import hashlib
from dataclasses import replace

import pytest

from pygpt import cli
from pygpt.data.corpora import CORPORA, corpus_path


@pytest.fixture
def pygpt(capsys):
    """Run a command in this process -> (exit status, stdout, stderr)."""
    def run(*arguments):
        with pytest.raises(SystemExit) as stop:
            cli.main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return stop.value.code or 0, out, err
    return run


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder for this test alone."""
    monkeypatch.setenv("PYGPT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def tiny_run(tmp_path, monkeypatch):
    """A config that trains for a moment on a made-up corpus, put where a fetched one would be."""
    text = b"to be or not to be, " * 50
    monkeypatch.setenv("PYGPT_CACHE", str(tmp_path / "cache"))
    spec = replace(CORPORA["shakespeare"], sha256=hashlib.sha256(text).hexdigest(), n_train=800)
    monkeypatch.setitem(CORPORA, "shakespeare", spec)
    path = corpus_path("shakespeare")
    path.parent.mkdir(parents=True)
    path.write_bytes(text)
    config = tmp_path / "tiny.yaml"
    config.write_text(f"folder: {tmp_path / 'run'}\nsteps: 4\nbatch_size: 2\neval_batches: 1\nsave_every: 2\nmodel:\n"
                      "  {block_size: 8, n_layer: 1, n_head: 1, n_embd: 4}\n")
    return config
