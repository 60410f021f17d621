"""The report as JUnit XML: a suite a stage, a case a rule, and a case a file where the rule found something."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as ET

from nimfleet.report.finding import Finding, Severity
from nimfleet.report.model import Report, Stage, Status, stage_of
from nimfleet.report.rule_info import RuleInfo
from nimfleet.report.words import told

# What XML 1.0 has no way to write.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(report: Report, rules: Mapping[str, RuleInfo]) -> str:
    """The report as JUnit XML; ``rules`` are all rules by name.

    A case fails when the run does because of it: at errors, and where strict at warnings and at stages that
    could not run. Other findings are told as the output of a case that passed. There are no times in it: the
    same input gives the same report.
    """
    by_stage: dict[str, dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in report.findings:
        by_stage[stage_of(finding.rule)][finding.rule].append(finding)
    checked: dict[str, list[str]] = defaultdict(list)
    for name in rules:
        checked[stage_of(name)].append(name)
    root = ET.Element("testsuites", {"name": "nimfleet"})
    for stage in report.stages:
        _suite(root, stage.name, stage, checked[stage.name], by_stage.pop(stage.name, {}), strict=report.strict)
    for name in sorted(by_stage):
        # Findings about the run itself: crashes, suppressions.
        _suite(root, name, None, checked[name], by_stage[name], strict=report.strict)
    for attribute in ("tests", "failures", "errors"):
        root.set(attribute, str(sum(int(suite.get(attribute, "0")) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(
    root: ET.Element,
    name: str,
    stage: Stage | None,
    rules: Iterable[str],
    found: Mapping[str, list[Finding]],
    *,
    strict: bool,
) -> None:
    suite = ET.SubElement(root, "testsuite", {"name": _text(name)})
    stopped = stage is not None and stage.status in (Status.NOT_RUN, Status.SKIPPED)
    if stage is not None and stopped and not found:
        case = ET.SubElement(suite, "testcase", {"classname": "nimfleet", "name": _text(name)})
        outcome = "failure" if strict and stage.status is Status.NOT_RUN else "skipped"
        ET.SubElement(case, outcome, {"message": _text(f"{stage.status}: {stage.detail}")})
    for rule in sorted({*([] if stopped else rules), *found}):
        if rule not in found:
            ET.SubElement(suite, "testcase", {"classname": _text(rule), "name": _text(rule)})
        files: dict[str, list[Finding]] = defaultdict(list)
        for finding in found.get(rule, ()):
            files[finding.file].append(finding)
        for file, findings in files.items():
            _case(suite, rule, file, findings, strict=strict)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))


def _case(suite: ET.Element, rule: str, file: str, findings: list[Finding], *, strict: bool) -> None:
    place = {"file": _text(file), "line": str(findings[0].line)}
    case = ET.SubElement(suite, "testcase", {"classname": _text(rule), "name": _text(file), **place})
    text = "\n".join(f"{finding.location}: {finding.severity}: {told(finding)}" for finding in findings)
    fatal = [
        finding
        for finding in findings
        if finding.severity is Severity.ERROR or (strict and finding.severity is Severity.WARNING)
    ]
    if fatal:
        attributes = {"type": _text(str(fatal[0].severity)), "message": _text(fatal[0].message)}
        ET.SubElement(case, "failure", attributes).text = _text(text)
    else:
        ET.SubElement(case, "system-out").text = _text(text)


def _text(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
