"""The report as workflow commands of GitHub Actions: annotations at the lines of a pull request."""

from __future__ import annotations

from nimfleet.report.finding import Finding, Severity
from nimfleet.report.model import Report
from nimfleet.report.words import printable, summary, told

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render_github(report: Report) -> str:
    """One workflow command a finding, then the counts as a plain line.

    GitHub shows ten annotations of a kind a step; the log has them all.
    """
    lines = [_command(finding) for finding in report.findings]
    lines.append(printable(summary(report)))
    return "\n".join(lines) + "\n"


def _command(finding: Finding) -> str:
    properties = {
        "file": finding.file,
        "line": str(finding.line),
        "col": str(finding.column),
        "title": finding.rule,
    }
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(told(finding))}"


def _data(text: str) -> str:
    """Text as GitHub's runner decodes it after the second ``::``."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Text as GitHub's runner decodes it in a property."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
