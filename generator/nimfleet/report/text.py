"""The report for people: findings by file with the line and a caret, then what each stage did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from nimfleet.report.finding import Finding
from nimfleet.report.model import Report, Stage, Status
from nimfleet.report.snippet import window
from nimfleet.report.words import printable, summary
from nimfleet.repository.files import MAX_BYTES
from nimfleet.secrets.mask import MaskedLines

_STYLES = {"error": "1;31", "warning": "1;33", "info": "36", "file": "1", "dim": "2", "passed": "32", "caret": "1;31"}
_INDENT = " " * 10
_IN_FULL = 5
"""Findings of one rule in one file that are shown with their line; the others are listed below."""
_PLACES = 20
_LOOK_AT = 8192


def render_text(report: Report, *, colour: bool = False, quiet: bool = False) -> str:
    """The report as text; ``colour`` adds ANSI escapes and changes nothing else. ``quiet`` leaves out the
    stages, and says nothing at all when there is nothing to say."""
    paint = _Painter(colour)
    lines: list[str] = []
    sources = _Sources(report.root)
    for file, findings in groupby(report.findings, key=lambda finding: finding.file):
        lines.append(paint(printable(file), "file"))
        lines.extend(_file(findings, sources, paint))
        lines.append("")
    if not quiet:
        longest = max((len(stage.name) for stage in report.stages), default=0)
        lines.extend(_stage(stage, longest, paint) for stage in report.stages)
    if lines or not report.ok:
        lines.append(paint(printable(summary(report)), "passed" if report.ok else "error"))
    return "".join(f"{line}\n" for line in lines)


class _Painter:
    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._colour else text


class _Sources:
    """Lines of the repository's files, read once, in the order of findings."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file = ""
        self._lines = MaskedLines("")

    def line(self, file: str, number: int, column: int) -> tuple[str, int] | None:
        """The line without any secret, and where ``column`` (from 0) is in it; None when not text."""
        if file != self._file:
            self._file = file
            self._lines = MaskedLines(self._text(file))
        return self._lines.show(number, column)

    def _text(self, file: str) -> str:
        path = self._root / file
        try:
            inside = path.resolve(strict=True).is_relative_to(self._root)
            if not inside or not path.is_file() or path.stat().st_size > MAX_BYTES:
                return ""
            text = path.read_text("utf-8", "replace")
        except (OSError, RuntimeError):
            return ""
        return "" if "\0" in text[:_LOOK_AT] else text


def _file(findings: Iterable[Finding], sources: _Sources, paint: _Painter) -> Iterator[str]:
    """The findings of one file. A rule that found very much is shown a few times, then listed."""
    told: Counter[str] = Counter()
    rest: dict[str, dict[str, list[str]]] = {}
    for finding in findings:
        told[finding.rule] += 1
        if told[finding.rule] <= _IN_FULL:
            yield from _finding(finding, sources, paint)
        else:
            places = rest.setdefault(finding.rule, {}).setdefault(finding.message, [])
            places.append(f"{finding.line}:{finding.column}")
    for rule, messages in rest.items():
        yield f"{'':>7}   and {told[rule] - _IN_FULL} more of {rule}:"
        for message, places in messages.items():
            hidden = len(places) - _PLACES
            more = f" and {hidden} more places, which --format json lists" if hidden > 0 else ""
            yield f"{_INDENT}{', '.join(places[:_PLACES])}{more}: {printable(message)}"


def _finding(finding: Finding, sources: _Sources, paint: _Painter) -> Iterator[str]:
    place = f"{finding.line}:{finding.column}"
    subject = f" {printable(finding.object)}" if finding.object else ""
    severity = paint(str(finding.severity), str(finding.severity))
    yield f"  {place:>7} {severity} {finding.rule}{paint(subject, 'dim')}"
    yield f"{_INDENT}{printable(finding.message)}"
    source = sources.line(finding.file, finding.line, finding.column - 1)
    if source is not None and source[0].strip():
        text, offset = window(*source)
        number = str(finding.line)
        yield f"{_INDENT}{paint(number + ' |', 'dim')} {text}"
        yield f"{_INDENT}{' ' * len(number)} {paint('|', 'dim')} {' ' * offset}{paint('^', 'caret')}"
    if finding.intent is not None:
        yield f"{_INDENT}caused by {printable(str(finding.intent))}"


def _stage(stage: Stage, longest: int, paint: _Painter) -> str:
    style = {Status.PASSED: "passed", Status.FAILED: "error", Status.NOT_RUN: "warning", Status.SKIPPED: "dim"}
    status = paint(f"{stage.status:<7}", style[stage.status])
    return f"{stage.name:<{longest}}  {status}  {printable(stage.detail)}"
