"""The report as GitLab's Code Quality JSON: shown in merge requests."""

from __future__ import annotations

import json

from nimfleet.report.finding import Severity
from nimfleet.report.fingerprint import fingerprints
from nimfleet.report.model import Report
from nimfleet.report.words import told

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def render_gitlab(report: Report) -> str:
    """A list with one issue a finding, as ``artifacts:reports:codequality`` wants it."""
    issues = [
        {
            "description": told(finding).replace("\n", "; "),
            "check_name": finding.rule,
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[finding.severity],
            "location": {"path": finding.file, "lines": {"begin": finding.line}},
        }
        for finding, fingerprint in zip(report.findings, fingerprints(report.findings), strict=True)
    ]
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"
