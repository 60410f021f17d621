"""What ``nimfleet.toml`` says, as data."""

from __future__ import annotations

from dataclasses import dataclass

CONFIG_FILE = "nimfleet.toml"
"""Name of the file, at the root of the repository."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """One ``[[ignore]]``: findings that are not to be told.

    ``rule`` is ``family/rule`` or ``family/*``; ``path`` and ``object`` are globs, ``object`` ``""`` for any;
    ``reason`` may be empty here, which is a finding later; ``line`` counts from 1.
    """

    rule: str
    path: str
    object: str
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Severity:
    """One line of ``[severity]``: ``rule`` (``family/rule`` or ``family/*``) and error, warning or info."""

    rule: str
    severity: str
    line: int


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file; without one, the defaults."""

    ignores: tuple[Ignore, ...] = ()
    severities: tuple[Severity, ...] = ()
    exclude: tuple[str, ...] = ()
    kubernetes_version: str | None = None
