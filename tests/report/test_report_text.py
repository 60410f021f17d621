"""Reports: text for people, JSON for machines."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from nimfleet.report.finding import Finding, Location, Severity
from nimfleet.report.json_report import render_json
from nimfleet.report.model import Report, Stage, Status
from nimfleet.report.text import render_text

SCHEMA = Path(__file__).resolve().parents[2] / "schemas" / "nimfleet" / "report-v1.json"


def finding(
    file: str = "a.yaml",
    line: int = 1,
    column: int = 1,
    severity: Severity = Severity.ERROR,
    message: str = "is wrong",
    intent: Location | None = None,
) -> Finding:
    return Finding(file, line, column, "some/rule", severity, "Pod/a", "/spec", message, intent)


def report(root: Path, *findings: Finding, strict: bool = False, status: Status = Status.PASSED) -> Report:
    return Report(tuple(sorted(findings)), (Stage("parse", status, "1 file", 1, 0, 1.5),), root, strict)


def test_text_shows_the_line_and_a_caret(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Pod\n  spec: x\n")
    text = render_text(report(tmp_path, finding(line=2, column=3, intent=Location("e.yaml", 4, 5))))
    assert text == (
        "a.yaml\n"
        "      2:3 error some/rule Pod/a\n"
        "          is wrong\n"
        "          2 |   spec: x\n"
        "            |   ^\n"
        "          caused by e.yaml:4:5\n"
        "\n"
        "parse  passed   1 file\n"
        "1 error, 0 warnings\n"
    )


def test_findings_are_grouped_by_file(tmp_path: Path) -> None:
    text = render_text(report(tmp_path, finding("b.yaml"), finding("a.yaml"), finding("b.yaml", 9)))
    assert [line for line in text.splitlines() if line.endswith(".yaml")] == ["a.yaml", "b.yaml"]


def test_colour_changes_nothing_but_colour(tmp_path: Path) -> None:
    made = report(tmp_path, finding())
    coloured = render_text(made, colour=True)
    assert "\x1b[1;31m" in coloured
    import re

    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render_text(made)


def test_wide_characters_and_long_lines_keep_the_caret_below(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("日本: x\n" + "y" * 500 + "\n")
    lines = render_text(report(tmp_path, finding(column=4), finding(line=2, column=401))).splitlines()
    assert lines[4].index("^") - lines[4].index("|") == 2 + 5
    assert all(len(line) < 200 for line in lines)
    assert lines[8].endswith("^")


def test_control_characters_never_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: \x1b[2J\x07\n")
    text = render_text(report(tmp_path, finding(message="found \x1b[31m")))
    assert "\x1b" not in text
    assert "\x07" not in text


def test_the_values_of_a_secret_are_never_shown(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Secret\ndata:\n  KEY: hunter2\n  hunter2\n")
    text = render_text(report(tmp_path, finding(line=3), finding(line=4)))
    assert "hunter2" not in text
    assert "KEY: ***" in text


@pytest.mark.parametrize("name", ["missing.yaml", "binary.yaml", "link.yaml", "folder"])
def test_what_cannot_be_shown_is_not(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (root / "binary.yaml").write_bytes(b"secret\x00")
    (tmp_path / "outside.yaml").write_text("secret\n")
    (root / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    text = render_text(report(root.resolve(), finding(name)))
    assert "secret" not in text
    assert "is wrong" in text


def test_strict_counts_warnings_and_stages_that_could_not_run(tmp_path: Path) -> None:
    warning = finding(severity=Severity.WARNING)
    assert report(tmp_path, warning).exit_code == 0
    assert report(tmp_path, warning, strict=True).exit_code == 1
    assert report(tmp_path, status=Status.NOT_RUN).exit_code == 0
    assert report(tmp_path, strict=True, status=Status.NOT_RUN).exit_code == 1
    assert report(tmp_path, strict=True, status=Status.SKIPPED).exit_code == 0
    assert report(tmp_path, finding(severity=Severity.INFO), strict=True).exit_code == 0
    assert report(tmp_path, finding()).exit_code == 1
    assert "parse" in render_text(report(tmp_path, strict=True, status=Status.NOT_RUN)).splitlines()[-1]


def test_json_fits_its_published_schema(tmp_path: Path) -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    made = report(tmp_path, finding(intent=Location("e.yaml", 4, 5)), finding("b.yaml", severity=Severity.WARNING))
    value = json.loads(render_json(made))
    jsonschema.validate(value, schema, jsonschema.Draft202012Validator)
    assert value["counts"] == {"error": 1, "warning": 1, "info": 0}
    assert value["findings"][0]["intent"] == {"file": "e.yaml", "line": 4, "column": 5}
    assert value["findings"][1]["intent"] is None


def test_the_published_schema_refuses_what_is_not_a_report() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    assert not validator.is_valid({"version": 2})
    assert not validator.is_valid({})


def test_json_holds_no_times(tmp_path: Path) -> None:
    assert "1.5" not in render_json(report(tmp_path))
