"""A finding: one thing that is wrong, and exactly where."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is. Only errors (and, where strict, warnings) end the command with exit code 1."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file of the repository; ``line`` and ``column`` count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong.

    ``file`` is relative to the repository root (POSIX); ``line`` and ``column`` count from 1; ``object`` is
    the text of an ``ObjectId`` or ``""``; ``pointer`` is an RFC 6901 JSON Pointer; ``intent`` is the place
    in environment.yaml that caused a generated file, when there is one.
    """

    file: str
    line: int
    column: int
    rule: str
    severity: Severity
    object: str
    pointer: str
    message: str
    intent: Location | None = field(default=None, compare=False)

    @property
    def location(self) -> Location:
        """Where the finding is."""
        return Location(self.file, self.line, self.column)


@dataclass(frozen=True, slots=True, order=True)
class Suppressed:
    """A finding that somebody has suppressed, with the reason given, and where that is written."""

    finding: Finding
    reason: str
    where: Location
