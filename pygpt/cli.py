"""The `pygpt` command. Each command imports what it needs when it runs, so that `pygpt --help` answers at once."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from . import cli_data, cli_runs, cli_tokenizer, cli_train, cli_tune
from .cli_tables import show, table
from .errors import DataError, PyGPTError

# Plain help and no pretty tracebacks: both would load Rich before the first word is on the screen.
PLAIN = {"add_completion": False, "rich_markup_mode": None, "no_args_is_help": True}
app = typer.Typer(help="Understand GPT by building it.", pretty_exceptions_enable=False, **PLAIN)
exercises_app = typer.Typer(help="List the exercises; make them from the solutions.", **PLAIN)
notebooks_app = typer.Typer(help="Run the course's notebooks.", **PLAIN)
app.add_typer(cli_data.app, name="data")
app.add_typer(cli_tokenizer.app, name="tokenizer")
app.add_typer(cli_runs.app, name="runs")
app.add_typer(exercises_app, name="exercises")
app.add_typer(notebooks_app, name="notebooks")


class Interrupted(Exception):
    """Ctrl-C, with something better to say than "interrupted"."""


class Backend(StrEnum):
    numpy = "numpy"
    torch = "torch"


def main(arguments=None):
    """Run the command line. Leaves with 0 on success, 1 and one line on failure, 2 on bad usage, 130 on Ctrl-C."""
    try:
        app(arguments, prog_name="pygpt")
    except SystemExit as stop:
        if stop.code == 130:
            print("interrupted", file=sys.stderr)
        raise
    except (Interrupted, KeyboardInterrupt) as stop:   # the second: before or after the command itself
        print(stop.args[0] if stop.args else "interrupted", file=sys.stderr)
        sys.exit(130)
    except PyGPTError as error:
        sys.exit(fail(str(error)))
    except Exception as error:
        if os.environ.get("PYGPT_DEBUG"):
            raise
        text = " ".join(f"{type(error).__name__}: {error}".split())
        sys.exit(fail(f"unexpected {text[:300]} (run again with PYGPT_DEBUG=1 to see where)"))


def fail(text):
    """Say it as one line on stderr; the exit status to leave with."""
    print(f"error: {' '.join(text.split())}", file=sys.stderr)
    return 1


# ---- generate --------------------------------------------------------------------------------------------------------

@app.command()
def generate(
    model: Annotated[str | None, typer.Option(help="folder of a run or a model; default: the shipped one")] = None,
    prompt: Annotated[str, typer.Option(help=r"text to go on from; \n is a line break")] = r"\n",
    max_new_tokens: Annotated[int, typer.Option(min=1, help="how many tokens to write")] = 500,
    temperature: Annotated[float, typer.Option(min=0, help="0 takes the likeliest token; higher is wilder")] = 0.8,
    top_k: Annotated[int | None, typer.Option(min=1, help="draw from the k likeliest tokens only")] = None,
    top_p: Annotated[float | None, typer.Option(help="draw from the fewest tokens of this probability")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="the same seed writes the same text")] = None,
    backend: Annotated[Backend, typer.Option(help="what computes")] = Backend.numpy,
):
    """Write text with a trained model, token by token."""
    from .engine import load_model
    from .generate import TextStream
    from .generate import generate as run

    if model and (Path(model) / "model").is_dir():   # the folder of a run, as `folder:` in its config names it
        model = str(Path(model) / "model")
    loaded, tokenizer = load_model(model, backend=backend.value)
    text = prompt.replace(r"\n", "\n")
    ids = tokenizer.encode(text)

    def write(words):
        sys.stdout.write(words)
        sys.stdout.flush()

    stream = TextStream(tokenizer, write)
    sys.stdout.write(text.lstrip("\n"))
    run(loaded, ids, max_new_tokens, temperature=temperature, top_k=top_k, top_p=top_p, seed=seed, on_token=stream.put)
    stream.finish()
    sys.stdout.write("\n")


app.command()(cli_train.train)
app.command()(cli_tune.tune)


# ---- exercises and notebooks ----------------------------------------------------------------------------------------

@app.command()
def check(file: Annotated[str, typer.Argument(help="a .py file or .ipynb notebook with your functions")],
          exercise: Annotated[list[str] | None, typer.Option(help="only this exercise, for example 05.2")] = None,
          seconds: Annotated[float, typer.Option(min=1, help="stop everything after this long")] = 120):
    """Check the exercises solved in a file.

    Succeeds only if each one found passes.
    """
    from .learner_file import check_file

    outcome = check_file(Path(file), exercise or (), seconds, report=typer.echo)
    solved, found = sum(outcome.values()), len(outcome)
    typer.echo(f"{solved} of {found} exercises solved")
    raise typer.Exit(0 if solved == found else 1)


@exercises_app.command("list")
def exercises_list():
    """All exercises, in the order of the course."""
    from .grading import exercises

    rows = table("id", "function", "title", "difficulty", "minutes", "notebook")
    for item in exercises():
        rows.add_row(item.id, item.function, item.title, item.difficulty, str(item.minutes), item.notebook)
    show(rows)


@exercises_app.command("build")
def exercises_build(check: Annotated[bool, typer.Option("--check", help="only say what would change")] = False,
                    root: Annotated[str, typer.Option(help="the course's folder")] = "."):
    """Make exercises/ from solutions/: the same notebooks with the answers taken out."""
    course_folder(root, "solutions")
    from .grading.release import build

    changed = [str(path) for path in build(Path(root), check=check) or ()]
    if check and changed:
        raise DataError(f"out of step with solutions/: {', '.join(changed)}; run `pygpt exercises build`")
    typer.echo("exercises/ is in step with solutions/" if check or not changed else f"written: {', '.join(changed)}")


@notebooks_app.command("run")
def notebooks_run(names: Annotated[list[str] | None, typer.Argument(help="files, or how names begin: 05")] = None):
    """Run notebooks from top to bottom and keep their outputs in them; none named means all of the course."""
    from .notebooks import run_notebooks

    if not names:
        course_folder(".", "notebooks")
    run_notebooks(names=names or (), report=typer.echo)


def course_folder(root, needed):
    if not (Path(root) / needed).is_dir():
        raise DataError(f"there is no folder {needed}/ in {Path(root).resolve()}: run this in the course's folder")


# ---- doctor ---------------------------------------------------------------------------------------------------------

@app.command()
def doctor(run: Annotated[str | None, typer.Argument(help="the folder of a run, to ask whether it is normal")] = None,
           as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False):
    """Can the course run on this machine? With the folder of a run: does it learn as such runs do?"""
    import json

    found = run_report(run) if run else machine_report()
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        rows = table("what", "found")
        for label, value in found["facts"].items():
            rows.add_row(label, str(value).replace("[", r"\["))
        show(rows)
        typer.echo(found["verdict"])
    raise typer.Exit(0 if found["ready"] else 1)


def machine_report():
    from .doctor import report, verdict

    found = report()
    return found | {"verdict": verdict(found)}


def run_report(folder):
    from .runs import read_run

    run = read_run(folder)
    word, sentence = run.verdict()
    facts = {"run": str(run.folder), "state": run.state, "steps": f"{run.steps:,} of {run.config.steps:,}"}
    return {"ready": word in (None, "inside"), "facts": facts, "verdict": sentence}
