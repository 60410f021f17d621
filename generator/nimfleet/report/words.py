"""Words and characters that several reports share."""

from __future__ import annotations

import unicodedata

from nimfleet.report.finding import Finding, Severity
from nimfleet.report.model import Report, Status


def printable(text: str) -> str:
    """``text`` on one line, with every character that could drive a terminal replaced by one visible one."""
    return "".join(
        char if char.isprintable() else " " if char in "\t\n" else "\N{REPLACEMENT CHARACTER}" for char in text
    )


def width(text: str) -> int:
    """Columns that printable ``text`` takes on a terminal: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(char) in ("Mn", "Me") else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def count(number: int, word: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{number} {word}{'s' if number != 1 else ''}"


def summary(report: Report) -> str:
    """One line: how many findings of each severity, what is suppressed, what could not run."""
    counts = report.counts
    parts = [count(counts[severity], str(severity)) for severity in (Severity.ERROR, Severity.WARNING)]
    if counts[Severity.INFO]:
        parts.append(f"{counts[Severity.INFO]} info")
    if report.suppressed:
        parts.append(f"{len(report.suppressed)} suppressed")
    words = ", ".join(parts)
    missing = [stage.name for stage in report.stages if stage.status is Status.NOT_RUN]
    if report.strict and missing:
        words += f"; not run, which --strict counts as a failure: {', '.join(missing)}"
    return words


def told(finding: Finding) -> str:
    """The message, then the object, and the place in environment.yaml that is the cause: one line each."""
    lines = [printable(finding.message)]
    if finding.object:
        lines.append(printable(f"object: {finding.object}"))
    if finding.intent is not None:
        lines.append(printable(f"caused by {finding.intent}"))
    return "\n".join(lines)
