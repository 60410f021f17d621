"""What reports tell about a rule."""

from __future__ import annotations

from dataclasses import dataclass

from nimfleet.report.finding import Severity


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """One rule: ``summary`` is one line, ``what`` its first section, ``page`` its whole page in Markdown."""

    name: str
    severity: Severity
    summary: str
    what: str
    page: str
