"""`pygpt tune`: search for better settings, show what was found, and how to train with it."""

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .cli_pictures import ready_to_draw
from .cli_tables import show, table
from .errors import PyGPTError

ROWS = 10   # of the result; the plot shows all


class Search(StrEnum):
    bayes = "bayes"
    random = "random"
    grid = "grid"


def tune(config: Annotated[str, typer.Argument(help="a YAML file, for example configs/shakespeare-numpy.yaml")],
         settings: Annotated[list[str], typer.Argument(metavar="KEY=VALUES...", help="what to search, and overrides")],
         trials: Annotated[int | None, typer.Option(min=1, help="in all; default 20, or the whole grid")] = None,
         search: Annotated[Search, typer.Option(help="how to choose the next trial")] = Search.bayes,
         study: Annotated[str | None, typer.Option(help="folder that keeps it; default runs/tune/CONFIG")] = None,
         jobs: Annotated[int, typer.Option(min=1, help="processes at the same time")] = 1,
         prune: Annotated[bool, typer.Option(help="stop runs that are worse than the median so far")] = True,
         seed: Annotated[int, typer.Option(min=0, help="the same seed tries the same settings")] = 0,
         plot: Annotated[str | None, typer.Option(help="a picture of the result, for example tune.png")] = None):
    """Search for the settings with the lowest validation loss.

    lr=log:1e-4..1e-1 searches a range, model.n_layer=2,4 a list, lr=log:1e-4..1e-1/4 four values of a range; steps=200
    is the same for every trial. The same command again goes on where it stopped.
    """
    from .config import load_config
    from .tune.space import make_space, split_overrides

    fixed, given = split_overrides(settings)   # a slip shows before anything heavy is imported
    space, base = make_space(given), load_config(config, fixed)
    folder = Path(study or f"runs/tune/{Path(config).stem}")
    draw = picture(plot) if plot else None
    from .tune import tune as run

    try:
        result = run(base, space, trials, search.value, folder, jobs, prune, seed, report=typer.echo)
    except KeyboardInterrupt:
        from .cli import Interrupted

        raise Interrupted(f"interrupted; what is done is kept in {folder}, and the same command goes on") from None
    show_result(result, config, fixed)
    if draw:
        draw(result)
        typer.echo(f"the picture is {plot}")


def show_result(result, config, fixed):
    from .tune.space import to_text

    ended = [trial for trial in result.trials if trial["state"] in ("finished", "pruned", "failed")]
    ranks = ("finished", "pruned", "failed")
    ended.sort(key=lambda trial: (ranks.index(trial["state"]), trial["loss"] or 0))
    rows = table("trial", "validation loss", *result.space, "seconds", "")
    for trial in ended[:ROWS]:
        rows.add_row(str(trial["number"]), "-" if trial["loss"] is None else f"{trial['loss']:.4f}",
                     *(to_text(trial["settings"][name]) for name in result.space), f"{trial['seconds']:.1f}",
                     remark(trial).replace("[", r"\["))
    show(rows)
    typer.echo(f"{tally(ended)}{f'; the best {ROWS} are shown' if len(ended) > ROWS else ''}")
    best = result.best
    if best is None:
        raise PyGPTError("no run came to its end; search lower rates, or look at what the notes say")
    folder = [] if any(item.startswith("folder=") for item in fixed) else [f"folder={result.folder / 'best'}"]
    chosen = [f"{name}={to_text(value)}" for name, value in best["settings"].items()]
    typer.echo("to train with the best settings: " + shlex.join(["pygpt", "train", config, *fixed, *chosen, *folder]))


def remark(trial):
    return f"stopped at step {trial['step']}" if trial["state"] == "pruned" else trial["note"]


def tally(ended):
    """How many trials ended in which way, in words."""
    counts = {word: sum(trial["state"] == state for trial in ended) for state, word in (
        ("finished", "ran to the end"), ("pruned", "stopped early"), ("failed", "came to nothing"))}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def picture(path):
    """A function that draws a result into `path`; what stands in its way shows now, before hours of search."""
    from .viz.search import search_chart

    ready_to_draw(path)

    def draw(result):
        log = [name for name, values in result.space.items() if values.log]
        search_chart(result.trials, log=log)[0].figure.savefig(path, dpi=150)
    return draw
