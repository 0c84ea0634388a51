"""How `ldt messages` prints: tables as wide as their content where no terminal shows them, and JSON for programs.

Not for what is in them. Text from senders is printed without characters that could drive a terminal.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from adapter.advice.wording import printable

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]

Sections = Iterator[tuple[str, str]]
"""Titles with texts of one or more lines."""

_WIDEST: Final = 1_000_000
"""Columns of what is no terminal: a line that programs search is never wrapped or cut."""


def plain_console() -> Console:
    """Standard output: as wide as the terminal, and without limit where there is none."""
    return Console() if sys.stdout.isatty() else Console(width=_WIDEST)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], summary: str) -> None:
    """A table, and a line below it."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console = plain_console()
    console.print(table)
    console.print(summary, highlight=False)


def print_sections(sections: Sections) -> None:
    """Titles, each with its lines below it."""
    console = plain_console()
    for title, text in sections:
        console.print(Text(title, style="bold"))
        lines = [printable(line) for line in text.split("\n")]
        if console.width == _WIDEST:  # blocks would be filled up with blanks to their longest line
            console.print(Text("\n".join(f"  {line}" for line in lines)))
        else:
            console.print(Padding(Text("\n".join(lines)), (0, 0, 0, 2), expand=False))


def print_json(value: Json) -> None:
    """JSON in ASCII, so that nothing in it can drive a terminal."""
    typer.echo(json.dumps(value, indent=2))
