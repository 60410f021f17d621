"""Reports: text for people, JSON for machines."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from nimfleet.report.finding import Finding, Location, Severity, Suppressed
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


@pytest.mark.parametrize(
    ("line", "column", "width"),
    [
        ("key: value", 6, 5),
        ("\tkey: value", 2, 1),
        ("a:\tvalue", 4, 3),
        ("日本: x", 5, 6),
        ("e\u0301: x", 4, 2),
        ("a\u202eb: x", 4, 3),
        ("end", 4, 3),
        ("end", 99, 3),
    ],
)
def test_the_caret_stands_below_the_character(line: str, column: int, width: int, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(line + "\n")
    shown, caret = render_text(report(tmp_path, finding(column=column))).splitlines()[3:5]
    assert caret.index("^") - caret.index("|") == 2 + width
    assert "\t" not in shown
    assert "\u202e" not in shown


def test_of_a_long_line_the_part_around_the_caret_is_shown(tmp_path: Path) -> None:
    line = "".join(f"{number:04} " for number in range(1000))
    (tmp_path / "a.yaml").write_text(line + "\n")
    for column, left, right in ((1, "", "…"), (2501, "…", "…"), (4996, "…", "")):
        shown, caret = render_text(report(tmp_path, finding(column=column))).splitlines()[3:5]
        source = shown.partition("| ")[2]
        assert source.startswith(left or "0000")
        assert source.endswith(right or "0999 ")
        assert len(source) <= 122
        assert shown[caret.index("^") :].startswith(f"{column // 5:04}")


def test_wide_characters_count_twice_in_a_long_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("本" * 300 + "x" + "本" * 300 + "\n")
    shown, caret = render_text(report(tmp_path, finding(column=301))).splitlines()[3:5]
    before = shown.partition("| ")[2].partition("x")[0]
    assert before == "…" + "本" * 30
    assert caret.index("^") - caret.index("|") == 2 + 1 + 60


def test_a_line_of_many_megabytes_costs_little(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("é" * 4_000_000 + "\n")
    assert len(render_text(report(tmp_path, finding(column=2_000_000)))) < 1000


def test_what_one_rule_found_very_often_is_listed(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("x\n" * 60)
    often = [finding(line=line, message=f"bad {line % 2}") for line in range(1, 51)]
    lines = render_text(report(tmp_path, *often, finding(line=60))).splitlines()
    assert sum(line.endswith("^") for line in lines) == 5
    listed = lines[lines.index("          and 46 more of some/rule:") + 1 :][:3]
    assert [line.split(": ")[1] for line in listed] == ["bad 0", "bad 1", "is wrong"]
    assert listed[0].startswith("          6:1, 8:1, ")
    assert "44:1 and 3 more places, which --format json lists: bad 0" in listed[0]
    assert listed[2] == "          60:1: is wrong"
    assert lines[-1] == "51 errors, 0 warnings"


def test_quiet_says_nothing_when_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert render_text(report(tmp_path), quiet=True) == ""
    text = render_text(report(tmp_path, finding()), quiet=True)
    assert "passed" not in text
    assert text.endswith("1 error, 0 warnings\n")
    not_run = render_text(report(tmp_path, strict=True, status=Status.NOT_RUN), quiet=True)
    assert not_run == "0 errors, 0 warnings; not run, which --strict counts as a failure: parse\n"


def test_the_suppressed_are_counted(tmp_path: Path) -> None:
    made = replace(report(tmp_path), suppressed=(Suppressed(finding(), "why", Location("a.yaml", 1, 1)),))
    assert render_text(made).splitlines()[-1] == "0 errors, 0 warnings, 1 suppressed"
    [entry] = json.loads(render_json(made))["suppressed"]
    assert (entry["reason"], entry["where"]["file"], entry["finding"]["rule"]) == ("why", "a.yaml", "some/rule")


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


@pytest.mark.parametrize(
    "text",
    [
        'apiVersion: v1\n"kind": "Secret"\nstringData: {KEY: hunter2}\n',
        '{"kind":"Secret",\n"data":{\n"KEY":"hunter2"}}\n',
        "secretGenerator:\n  - literals:\n      - KEY=hunter2\n",
        "- op: add\n  path: /stringData/KEY\n  value: hunter2\n",
        "kind: Secret\nstringData:\n  URL: |\n    hunter2\n",
    ],
)
def test_what_becomes_a_secret_is_not_shown_either(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text)
    told = render_text(report(tmp_path, *(finding(line=line) for line in range(1, text.count("\n") + 1))))
    assert "***" in told
    assert "hunter2" not in told


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
    made = replace(made, suppressed=(Suppressed(finding(), "why", Location("a.yaml", 1, 1)),))
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
