"""The report as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from nimfleet.report.finding import Finding, Location, Severity
from nimfleet.report.fingerprint import fingerprints
from nimfleet.report.model import Report, Status
from nimfleet.report.rule_info import RuleInfo
from nimfleet.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "nimfleet/v1"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_BASE = "%SRCROOT%"
_CRASHED = "internal/"


def render_sarif(report: Report, rules: Mapping[str, RuleInfo]) -> str:
    """The report as one SARIF log; ``rules`` are all rules by name.

    Suppressed findings are left out: code scanning shows a result as open, whatever its suppressions say.
    Lines of files are not in it, so that no value of a Secret is.
    """
    index = {name: number for number, name in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "nimfleet",
                "semanticVersion": __version__,
                "version": __version__,
                "rules": [_rule(rule) for rule in rules.values()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_BASE: {"description": {"text": "The root of the repository."}}},
        "invocations": [_invocation(report)],
        "results": [
            _result(finding, fingerprint, index)
            for finding, fingerprint in zip(report.findings, fingerprints(report.findings), strict=True)
        ],
        "properties": {"strict": report.strict, "suppressed": len(report.suppressed)},
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: RuleInfo) -> dict[str, Any]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.what},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [rule.name.partition("/")[0]]},
    }


def _invocation(report: Report) -> dict[str, Any]:
    """How the run went; a stage that could not run is a notification, as it has no place in a file."""
    level = "error" if report.strict else "warning"
    return {
        "executionSuccessful": not any(finding.rule.startswith(_CRASHED) for finding in report.findings),
        "exitCode": report.exit_code,
        "toolExecutionNotifications": [
            {"level": level, "message": {"text": f"stage {stage.name} was not run: {stage.detail}"}}
            for stage in report.stages
            if stage.status is Status.NOT_RUN
        ],
    }


def _result(finding: Finding, fingerprint: str, index: Mapping[str, int]) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": _place(finding.location)}
    if finding.object:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.object, "kind": "resource"}]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index.get(finding.rule, -1),
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: fingerprint},
    }
    if finding.intent is not None:
        cause = {"text": "the part of environment.yaml that this file is rendered from"}
        result["relatedLocations"] = [{"id": 0, "message": cause, "physicalLocation": _place(finding.intent)}]
    if finding.pointer:
        result["properties"] = {"pointer": finding.pointer}
    return result


def _place(location: Location) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": quote(location.file, errors="replace"), "uriBaseId": _BASE},
        "region": {"startLine": location.line, "startColumn": location.column},
    }
