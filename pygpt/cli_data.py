"""`pygpt data`: which texts there are, fetch them, look at them."""

from typing import Annotated

import typer

from .cli_tables import show as show_table
from .cli_tables import table
from .errors import DataError

app = typer.Typer(help="Fetch and look at the texts to learn from.", add_completion=False, rich_markup_mode=None,
                  no_args_is_help=True)


@app.command("list")
def list_():
    """The corpora and vocabularies by name, and whether they are on this machine."""
    from .data import vocabularies
    from .data.corpora import CORPORA, corpus_path

    rows = table("name", "here", "licence", "what it is")
    for name, spec in CORPORA.items():
        rows.add_row(name, "yes" if corpus_path(name).exists() else "no", spec.licence, spec.title)
    rows.add_row("gpt2", "yes" if vocabularies.is_here() else "no", vocabularies.LICENCE, vocabularies.TITLE)
    show_table(rows)


@app.command("get")
def get(names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="see `pygpt data list`; or "
                                                               "hf:owner/dataset; default: shakespeare")] = None):
    """Fetch, check and clean corpora; done once, they stay on this machine."""
    from .data.corpora import corpus_spec, get_corpus
    from .data.vocabularies import get_gpt2_files

    names = names or ["shakespeare"]
    for name in names:
        if name != "gpt2":
            corpus_spec(name)   # a slip in the last name shows before the first is downloaded
    for name in names:
        with ByteBar(name) as bar:
            if name == "gpt2":
                path = get_gpt2_files(bar.say, bar)[0].parent
            else:
                path = get_corpus(name, bar.say, bar)
        typer.echo(f"{name} is ready: {path}")


@app.command()
def encode(name: Annotated[str, typer.Argument(help="see `pygpt data list`; or a file or folder of text")]
           = "shakespeare",
           tokenizer: Annotated[str, typer.Option("--tokenizer", "-t", help="char, gpt2 or a saved tokenizer's file")]
           = "char"):
    """Turn a corpus into token ids on the disk, once; `pygpt train` then maps them into memory."""
    from tqdm import tqdm

    from .data import open_corpus
    from .data.encoded import encode_corpus, open_tokenizer
    from .data.store import cache_folder

    corpus = open_corpus(name)
    chosen = open_tokenizer(tokenizer, corpus)
    with tqdm(total=corpus.size("train") + corpus.size("val"), unit=" characters", unit_scale=True, leave=False,
              disable=None) as bar:
        encoded = encode_corpus(corpus, chosen, progress=bar.update)
    for part, ids in encoded.items():
        typer.echo(f"{part}: {len(ids):,} tokens of {corpus.size(part):,} bytes, {ids.dtype.itemsize} bytes each")
    typer.echo(f"kept in {cache_folder() / 'encoded'}")


class ByteBar:
    """A bar for a download of known size, on a terminal only: in a log it would be noise."""

    def __init__(self, name):
        self.name, self.bar = name, None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.bar:
            self.bar.close()
        self.bar = None

    def say(self, line):
        self.__exit__()
        typer.echo(line)

    def __call__(self, done, total):
        from tqdm import tqdm

        if not self.bar or self.bar.total != total:
            self.__exit__()
            self.bar = tqdm(total=total or None, unit="B", unit_scale=True, desc=self.name, leave=False, disable=None)
        self.bar.update(min(done, total or done) - self.bar.n)


@app.command("show")
def show(name: Annotated[str, typer.Argument(help="see `pygpt data list`; or a file or folder of text")]
              = "shakespeare",
              lines: Annotated[int, typer.Option(min=0, help="how many lines of the text to print")] = 12):
    """Facts about a corpus: sizes, alphabet, what is held out, where it comes from; and its first lines."""
    from .data.corpora import describe, open_corpus
    from .data.encoded import alphabet

    if name == "gpt2":
        raise DataError("gpt2 is a vocabulary, not a text; see what it does to one: `pygpt tokenizer show 'some text'`")
    corpus = open_corpus(name)
    title, split = describe(name)
    characters = {part: sum(map(len, corpus.chunks(part))) for part in ("train", "val")}
    signs = "".join(sorted(alphabet(corpus)))
    rows = table("corpus", name)
    for label, value in [
        ("what", title), ("split", split),
        *((label, f"{characters[part]:,} characters, {corpus.size(part):,} bytes")
          for label, part in (("train", "train"), ("validation", "val"))),
        ("alphabet", f"{len(signs)} characters: {signs[:200]!r}{' ...' if len(signs) > 200 else ''}"),
        ("licence", corpus.licence), ("source", corpus.source), ("sha256", corpus.sha256),
    ]:
        rows.add_row(label, value.replace("[", r"\["))
    show_table(rows)
    typer.echo("\n".join(next(corpus.chunks("train")).split("\n")[:lines]))
