"""Tables for the command line. Rich is imported when there is one to print."""

import sys


def table(*columns):
    """An empty Rich table with these headings."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def show(rich_table):
    """Print a Rich table, as wide as it needs to be where the output is no terminal."""
    from rich.console import Console

    console = Console() if sys.stdout.isatty() else Console(width=160)
    console.print(rich_table)
