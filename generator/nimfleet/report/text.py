"""The report for people: findings by file with the line and a caret, then what each stage did."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from nimfleet.report.finding import Finding, Severity
from nimfleet.report.model import Report, Stage, Status
from nimfleet.repository.files import MAX_BYTES

_STYLES = {"error": "1;31", "warning": "1;33", "info": "36", "file": "1", "dim": "2", "passed": "32", "caret": "1;31"}
_WIDEST_LINE = 160
_LOOK_AT = 8192
_SECRET = re.compile(r"""\bkind["']?\s*:\s*["']?Secret\b""")


def render_text(report: Report, *, colour: bool = False) -> str:
    """The report as text; ``colour`` adds ANSI escapes and changes nothing else."""
    paint = _Painter(colour)
    lines: list[str] = []
    sources = _Sources(report.root)
    for file, findings in groupby(report.findings, key=lambda finding: finding.file):
        lines.append(paint(file, "file"))
        for finding in findings:
            lines.extend(_finding(finding, sources, paint))
        lines.append("")
    width = max((len(stage.name) for stage in report.stages), default=0)
    lines.extend(_stage(stage, width, paint) for stage in report.stages)
    lines.append(_summary(report, paint))
    return "\n".join(lines) + "\n"


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
        self._lines: list[str] = []
        self._secret = False

    def line(self, file: str, number: int) -> str | None:
        """The line, without its value in a file that holds a Secret: no report prints one. None when not
        text."""
        if file != self._file:
            self._file = file
            text = self._text(file)
            self._lines = text.splitlines()
            self._secret = bool(_SECRET.search(text))
        if number > len(self._lines):
            return None
        line = self._lines[number - 1]
        return _masked(line) if self._secret else line

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


def _finding(finding: Finding, sources: _Sources, paint: _Painter) -> Iterator[str]:
    place = f"{finding.line}:{finding.column}"
    subject = f" {finding.object}" if finding.object else ""
    severity = paint(str(finding.severity), str(finding.severity))
    yield f"  {place:>7} {severity} {finding.rule}{paint(subject, 'dim')}"
    yield f"          {_printable(finding.message)}"
    source = sources.line(finding.file, finding.line)
    if source is not None and source.strip():
        text, offset = _window(source, finding.column - 1)
        number = str(finding.line)
        yield f"          {paint(number + ' |', 'dim')} {text}"
        yield f"          {' ' * len(number)} {paint('|', 'dim')} {' ' * offset}{paint('^', 'caret')}"
    if finding.intent is not None:
        yield f"          caused by {finding.intent}"


def _window(line: str, column: int) -> tuple[str, int]:
    """The part of a line around ``column`` (from 0) as it can be printed, and how far right the caret must
    go."""
    start = 0 if len(line) <= _WIDEST_LINE or column < _WIDEST_LINE // 2 else column - _WIDEST_LINE // 2
    part = line[start : start + _WIDEST_LINE]
    before = _printable(part[: max(column - start, 0)])
    width = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in before)
    return _printable(part), width


def _printable(text: str) -> str:
    """Control characters (which could drive a terminal) replaced by one visible character each."""
    return "".join(
        char if char.isprintable() else " " if char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text
    )


def _masked(line: str) -> str:
    """A line of a Secret's file without its value."""
    key, colon, value = line.partition(":")
    if colon and value.strip():
        return f"{key}: ***"
    return line if colon else "***"


def _stage(stage: Stage, width: int, paint: _Painter) -> str:
    style = {Status.PASSED: "passed", Status.FAILED: "error", Status.NOT_RUN: "warning", Status.SKIPPED: "dim"}
    status = paint(f"{stage.status:<7}", style[stage.status])
    return f"{stage.name:<{width}}  {status}  {stage.detail}"


def _summary(report: Report, paint: _Painter) -> str:
    counts = report.counts
    parts = [
        f"{counts[severity]} {severity}{'s' if counts[severity] != 1 else ''}"
        for severity in (Severity.ERROR, Severity.WARNING)
    ]
    if counts[Severity.INFO]:
        parts.append(f"{counts[Severity.INFO]} info")
    words = ", ".join(parts)
    missing = [stage.name for stage in report.stages if stage.status is Status.NOT_RUN]
    if report.strict and missing:
        words += f"; not run, which --strict counts as a failure: {', '.join(missing)}"
    return paint(words, "passed" if report.ok else "error")
