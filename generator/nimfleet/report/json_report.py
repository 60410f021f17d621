"""The report as versioned JSON; its schema is ``schemas/nimfleet/report-v1.json``."""

from __future__ import annotations

import json
from typing import Any

from nimfleet.report.finding import Finding, Location
from nimfleet.report.model import Report

VERSION = 1


def render_json(report: Report) -> str:
    """The report as one JSON document, the same for the same input."""
    value = {
        "version": VERSION,
        "ok": report.ok,
        "strict": report.strict,
        "exitCode": report.exit_code,
        "counts": {str(severity): count for severity, count in report.counts.items()},
        "stages": [
            {
                "name": stage.name,
                "status": str(stage.status),
                "detail": stage.detail,
                "checked": stage.checked,
                "unchecked": stage.unchecked,
            }
            for stage in report.stages
        ],
        "findings": [_finding(finding) for finding in report.findings],
        "suppressed": [
            {"finding": _finding(entry.finding), "reason": entry.reason, "where": _location(entry.where)}
            for entry in report.suppressed
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "object": finding.object,
        "pointer": finding.pointer,
        "message": finding.message,
        "intent": finding.intent and _location(finding.intent),
    }


def _location(location: Location) -> dict[str, Any]:
    return {"file": location.file, "line": location.line, "column": location.column}
