"""`pygpt runs`: what runs are there, how did one go, how do several compare."""

from pathlib import Path
from typing import Annotated

import typer

from .cli_pictures import ready_to_draw
from .cli_tables import show as show_table
from .cli_tables import table
from .errors import DataError, PyGPTError

app = typer.Typer(help="List, show and compare training runs.", add_completion=False, rich_markup_mode=None,
                  no_args_is_help=True)
Plot = Annotated[str | None, typer.Option(help="draw the curves into this file, for example curves.png")]


@app.command("list")
def list_runs(root: Annotated[str, typer.Argument(help="where to look")] = "runs"):
    """All runs below a folder."""
    from .runs import find_runs

    runs = find_runs(root)
    if not runs:
        raise DataError(f"no run below {root}; start one: pygpt train configs/shakespeare-numpy.yaml")
    rows = table("run", "backend", "state", "steps", "best validation loss", "at step", "time", "as expected")
    for run in runs:
        rows.add_row(str(run.folder), run.config.backend, run.state, f"{run.steps:,} of {run.config.steps:,}",
                     *best(run), duration(run.seconds), run.verdict()[0] or "-")
    show_table(rows)


@app.command()
def show(folder: Annotated[str, typer.Argument(metavar="RUN", help="the folder of a run")], plot: Plot = None):
    """One run: its settings, its curve, and whether it goes as such runs go."""
    from .runs import read_run, told_settings

    run = read_run(folder)
    if plot:
        draw(plot, {run.name: run.log}, run.config.expected)
    loss, step = best(run)
    rows = table("what", "found")
    rows.add_row("state", f"{run.state}, {run.steps:,} of {run.config.steps:,} steps in {duration(run.seconds)}")
    rows.add_row("best validation loss", f"{loss} at step {step}")
    for name, value in told_settings(run).items():
        rows.add_row(name, str(value).replace("[", r"\["))
    show_table(rows)
    curve = table("step", "train", "validation")
    for entry in thinned(run.history):
        curve.add_row(f"{entry['step']:,}", f"{entry['train_loss']:.4f}", f"{entry['val_loss']:.4f}")
    show_table(curve)
    if run.samples:
        typer.echo("written at step {:,}:\n{}\n".format(*run.samples[-1]))
    typer.echo(run.verdict()[1])


@app.command()
def compare(folders: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="folders of runs")],
            plot: Plot = None):
    """Several runs side by side: the settings in which they differ, and what came of it."""
    from .runs import differences, read_run

    if len(folders) < 2:
        raise PyGPTError(f"one run, {folders[0]}, cannot be compared; name two or more")
    runs = [read_run(folder) for folder in folders]
    names = labels(runs)
    if plot:
        draw(plot, {name: run.history for name, run in zip(names, runs, strict=True)})
    rows = table("", *names)
    for setting, values in differences(runs).items():
        rows.add_row(setting, *("-" if value is None else str(value) for value in values))
    rows.add_section()
    rows.add_row("state", *(run.state for run in runs))
    rows.add_row("steps", *(f"{run.steps:,}" for run in runs))
    rows.add_row("best validation loss", *(best(run)[0] for run in runs))
    rows.add_row("at step", *(best(run)[1] for run in runs))
    rows.add_row("time", *(duration(run.seconds) for run in runs))
    show_table(rows)


def labels(runs):
    """The names of runs, with as much of their paths as it takes to tell them apart."""
    names = [run.name for run in runs]
    return names if len(set(names)) == len(names) else [str(run.folder) for run in runs]


def best(run):
    return ("-", "-") if run.best is None else (f"{run.best['val_loss']:.4f}", f"{run.best['step']:,}")


def duration(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"


def thinned(history, most=12):
    """At most `most` evaluations, evenly spread, the last one among them."""
    every = -(-len(history) // most) or 1
    return history[::-1][::every][::-1]


def draw(path, histories, band=None):
    from .viz import learning_curve

    ready_to_draw(path)
    learning_curve(histories, band=band or None).figure.savefig(Path(path), dpi=150)
    typer.echo(f"the picture is {path}")
