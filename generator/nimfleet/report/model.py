"""The result of a validation: findings, and what each stage did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from nimfleet.report.finding import Finding, Severity, Suppressed


class Status(StrEnum):
    """What became of a stage. ``not run`` means that it should have been; ``skipped`` that nobody asked for
    it."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. ``checked`` and ``unchecked`` count files or objects, as ``detail`` says in words.

    ``seconds`` is wall time; it is no part of any printed report, which is the same for the same input.
    """

    name: str
    status: Status
    detail: str
    checked: int = 0
    unchecked: int = 0
    seconds: float = field(default=0.0, compare=False)


_STAGE_OF = {
    "yaml/style": "style",
    "yaml": "parse",
    "intent": "drift",
    "secondopinion": "second-opinion",
    "secret": "secrets",
    "secret/not-decrypted": "cluster",
    **dict.fromkeys(("cost", "flux", "helm", "policy", "reference", "scheduling", "storage"), "cluster"),
}


def stage_of(rule: str) -> str:
    """Name of the stage that a rule belongs to: most families are named for theirs."""
    family = rule.partition("/")[0]
    return _STAGE_OF.get(rule) or _STAGE_OF.get(family, family)


@dataclass(frozen=True, slots=True)
class Report:
    """Findings in file order, and the stages in the order in which they are told; ``suppressed`` are findings
    that count for nothing."""

    findings: tuple[Finding, ...]
    stages: tuple[Stage, ...]
    root: Path
    strict: bool = False
    suppressed: tuple[Suppressed, ...] = ()

    @property
    def counts(self) -> Mapping[Severity, int]:
        """How many findings there are of each severity."""
        counted = Counter(finding.severity for finding in self.findings)
        return {severity: counted[severity] for severity in Severity}

    @property
    def ok(self) -> bool:
        """No error; where strict, also no warning and no stage that could not run."""
        counts = self.counts
        if counts[Severity.ERROR]:
            return False
        if not self.strict:
            return True
        return not counts[Severity.WARNING] and all(s.status is not Status.NOT_RUN for s in self.stages)

    @property
    def exit_code(self) -> int:
        """0 when ``ok``, else 1."""
        return 0 if self.ok else 1
