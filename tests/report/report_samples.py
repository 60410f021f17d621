"""Reports to print: one with everything that is hard to write down, and one with nothing."""

from __future__ import annotations

from pathlib import Path

from nimfleet.report.finding import Finding, Location, Severity, Suppressed
from nimfleet.report.model import Report, Stage, Status
from nimfleet.rules.docs import rule_infos

RULES = rule_infos()


def finding(
    file: str = "a.yaml",
    line: int = 1,
    column: int = 1,
    rule: str = "schema/type",
    severity: Severity = Severity.ERROR,
    message: str = "is wrong",
    intent: Location | None = None,
    object: str = "Pod/nim/a",
    pointer: str = "/spec",
) -> Finding:
    return Finding(file, line, column, rule, severity, object, pointer, message, intent)


def whole(strict: bool = False) -> Report:
    findings = (
        finding("a b%,:é.yaml", 3, 7, message='100% <wrong> & "odd",\nin two: lines\x1b[31m\x00'),
        finding(rule="yaml/style", severity=Severity.WARNING, object="", pointer=""),
        finding(line=2, rule="yaml/style", severity=Severity.WARNING, object="", pointer=""),
        finding("clusters/dev/x.yaml", 4, 2, intent=Location("clusters/dev/environment.yaml", 9, 3)),
        finding("clusters/dev/y.yaml", severity=Severity.INFO),
        finding("nimfleet.toml", rule="suppression/unused", severity=Severity.WARNING, object="", pointer=""),
    )
    stages = (
        Stage("style", Status.PASSED, "2 files", 2),
        Stage("parse", Status.PASSED, "2 files", 2),
        Stage("schema", Status.FAILED, "9 objects; 3 findings", 9),
        Stage("second-opinion", Status.NOT_RUN, "kubeconform is not on PATH"),
        Stage("transition", Status.SKIPPED, "no base"),
    )
    suppressed = (Suppressed(finding("z.yaml"), "a reason", Location("z.yaml", 1, 5)),)
    return Report(findings, stages, Path("/nonexistent"), strict, suppressed)


def clean() -> Report:
    return Report((), (Stage("parse", Status.PASSED, "1 file", 1),), Path("/nonexistent"))
