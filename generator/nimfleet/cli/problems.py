"""Problems of files that people edit, shown with the line that is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import typer

from nimfleet.errors import Problem


def show(problems: Iterable[Problem]) -> None:
    """Print each problem to stderr with its source line and a caret, then how many there are."""
    from nimfleet.report.snippet import window
    from nimfleet.report.words import printable
    from nimfleet.secrets.mask import MaskedLines, masked

    lines: dict[str, MaskedLines] = {}
    count = 0
    for problem in problems:
        count += 1
        if problem.file not in lines:
            try:
                text = Path(problem.file).read_text(encoding="utf-8", errors="replace")
            except OSError:
                text = ""
            lines[problem.file] = MaskedLines(text)
        place = f"{problem.file}:{problem.line}:{problem.column}"
        typer.echo(printable(masked(f"{place}: error: {problem.message}")), err=True)
        source = lines[problem.file].show(problem.line, problem.column - 1)
        if source is not None:
            shown, offset = window(*source)
            typer.echo(f"    {shown}\n    {' ' * offset}^", err=True)
    typer.echo(f"nimfleet: {count} problem{'s' if count != 1 else ''}; nothing was written", err=True)
