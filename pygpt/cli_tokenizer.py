"""`pygpt tokenizer`: train one, encode, decode, and look at a text coloured by token."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .errors import DataError

app = typer.Typer(help="Train tokenizers and look at what they do.", add_completion=False, rich_markup_mode=None,
                  no_args_is_help=True)
COLOURS = ("on dark_blue", "on dark_green", "on purple4", "on dark_red")

Which = Annotated[str, typer.Option("--tokenizer", "-t", help="a saved tokenizer's file, or gpt2")]
Words = Annotated[str, typer.Argument(metavar="TEXT", help="the text, or - for standard input")]


class Kind(StrEnum):
    bpe = "bpe"
    char = "char"
    sentencepiece_bpe = "sentencepiece-bpe"
    sentencepiece_unigram = "sentencepiece-unigram"


class Special(StrEnum):
    refuse = "refuse"
    allow = "allow"
    text = "text"


@app.command()
def train(output: Annotated[str, typer.Argument(help="where to write it, for example bpe.json")],
          files: Annotated[list[str] | None, typer.Argument(help="text files; none means the corpus")] = None,
          corpus: Annotated[str, typer.Option(help="see `pygpt data list`")] = "shakespeare",
          vocab_size: Annotated[int, typer.Option(min=1, help="tokens in all")] = 1000,
          kind: Annotated[Kind, typer.Option(help="what to train")] = Kind.bpe,
          pattern: Annotated[str, typer.Option(help="how BPE cuts text into pieces: gpt2 or gpt4")] = "gpt2",
          special: Annotated[list[str] | None, typer.Option(help="a special token; may be given again")] = None):
    """Learn a tokenizer from the training part of a corpus, or from files."""
    from tqdm import tqdm

    from . import tokenizers

    texts = [read(path) for path in files] if files else [corpus_text(corpus)]
    if kind is Kind.char:
        made = tokenizers.CharTokenizer.train("".join(texts))
    elif kind is Kind.bpe:
        with tqdm(total=vocab_size, initial=256, unit="token", disable=not sys.stderr.isatty()) as bar:
            made = tokenizers.BPETokenizer.train(texts, vocab_size, special or (), pattern, lambda *_: bar.update())
    else:
        model_type = kind.value.removeprefix("sentencepiece-")
        made = tokenizers.SentencePieceTokenizer.train(texts, vocab_size, model_type, special_tokens=special or ())
    try:
        made.save(output)
    except OSError as error:
        raise DataError(f"cannot write {output}: {error.strerror}; choose another place") from None
    sample = texts[0][:100_000]
    bytes_a_token = len(sample.encode()) / max(1, len(made.encode(sample)))
    typer.echo(f"{made!r} is in {output}; {bytes_a_token:.2f} bytes a token on the text it saw")


@app.command()
def encode(text: Words, tokenizer: Which = "gpt2",
           special: Annotated[Special, typer.Option(help="what a special token in the text means")] = Special.refuse):
    """Print the ids of a text."""
    made = opened(tokenizer)
    more = {"special": special.value} if hasattr(made, "special_tokens") else {}
    typer.echo(" ".join(map(str, made.encode(words(text), **more))))


@app.command()
def decode(ids: Annotated[list[int], typer.Argument(help="token ids")], tokenizer: Which = "gpt2"):
    """Print the text of ids."""
    typer.echo(opened(tokenizer).decode(ids))


@app.command()
def show(text: Words, tokenizer: Which = "gpt2"):
    """Print a text with each token in a colour of its own, or between bars where there are no colours."""
    from rich.console import Console
    from rich.text import Text

    made, said = opened(tokenizer), words(text)
    more = {"special": "text"} if hasattr(made, "special_tokens") else {}
    ids = made.encode(said, **more)
    tokens = [made.vocab[i].decode("utf-8", errors="replace") for i in ids]
    if sys.stdout.isatty():
        parts = [(token, f"white {COLOURS[i % len(COLOURS)]}") for i, token in enumerate(tokens)]
        Console().print(Text.assemble(*parts))
    else:
        typer.echo("|".join(tokens))
    typer.echo(f"{len(ids)} tokens, {len(said.encode()) / max(1, len(ids)):.2f} bytes a token")
    typer.echo(" ".join(map(str, ids)))


def opened(tokenizer):
    """The tokenizer that --tokenizer means."""
    from .data.vocabularies import gpt2_files
    from .tokenizers import BPETokenizer, load_tokenizer

    return BPETokenizer.from_gpt2(*gpt2_files()) if tokenizer == "gpt2" else load_tokenizer(tokenizer)


def corpus_text(name):
    from .data import load_corpus

    return load_corpus(name).train


def words(text):
    return sys.stdin.read() if text == "-" else text


def read(path):
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}; give text files in UTF-8") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text: byte {error.start} cannot be read; save it as UTF-8") from None
