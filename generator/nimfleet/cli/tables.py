"""Tables and JSON for the verbs that show the catalog."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import typer

UNLIMITED = 10_000
"""Width when nobody looks: a pipe must get whole lines, never cut cells."""


class Format(StrEnum):
    """How a verb prints."""

    TEXT = "text"
    JSON = "json"


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document, keys in the order given."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[str] = ()) -> None:
    """Print rows under a header; the columns named in ``right`` are aligned to the right.

    On a terminal long cells fold; elsewhere the table is as wide as its longest cells.
    """
    import io
    import sys

    from rich.console import Console
    from rich.table import Table

    numbers = set(right)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in header:
        justify: Any = "right" if name in numbers else "left"
        table.add_column(name, justify=justify, overflow="fold", no_wrap=name in numbers)
    for row in rows:
        table.add_row(*row)
    if sys.stdout.isatty():
        Console(highlight=False, markup=False).print(table)
        return
    text = io.StringIO()
    console = Console(file=text, width=UNLIMITED, highlight=False, markup=False, color_system=None)
    console.print(table)
    for line in text.getvalue().splitlines():
        typer.echo(line.rstrip())


def dollars(price: float | None) -> str:
    """A price an hour with two decimals, three below a dollar; ``unknown`` without one."""
    if price is None:
        return "unknown"
    return f"{price:.3f}" if price < 1 else f"{price:.2f}"


def sources_of(ids: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """The sources with these ids, sorted by id."""
    return {name: known[name] for name in sorted(set(ids))}
