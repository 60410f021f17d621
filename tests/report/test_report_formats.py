"""All formats alike: every finding, the same each time, no value of a Secret, and always text that can be written."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_samples import RULES, finding, whole

from nimfleet import validate
from nimfleet.report.formats import Format, render
from nimfleet.report.model import Report

SECRETS = {
    "wrong.yaml": """\
apiVersion: v1
kind: Secret
metadata: {name: wrong}
data:
  KEY: hunter2!
  OTHER: [hunter2]
  NUMBER: 4711
  DATE: 2001-02-03
stringData:
  MAP: {hunter2: hunter2}
  TWICE: 4711
  TWICE: hunter2
---
apiVersion: v1
kind: Secret
metadata: {name: text}
data: hunter2
---
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Secret, metadata: {name: inside}, data: {KEY: "hunter2!"}}
""",
    "open.yaml": 'kind: Secret\ndata:\n  KEY: "hunter2\n',
    "alias.yaml": "kind: Secret\ndata:\n  KEY: *hunter2\n",
    "tag.yaml": "kind: Secret\ndata:\n  KEY: !!int hunter2\n",
}


@pytest.mark.parametrize("format", list(Format))
def test_no_value_of_a_secret_is_told(format: Format, tmp_path: Path) -> None:
    for name, text in SECRETS.items():
        (tmp_path / name).write_text(text)
    report = validate(tmp_path)
    assert {found.file for found in report.findings} == set(SECRETS)
    told = render(format, report, RULES)
    assert [word for word in ("hunter2", "4711", "2001-02-03") if word in told] == []


@pytest.mark.parametrize("format", list(Format))
def test_every_finding_is_told_and_the_same_each_time(format: Format) -> None:
    text = render(format, whole(), RULES)
    assert text == render(format, whole(), RULES)
    assert text.endswith("\n")
    for found in whole().findings[1:]:
        assert found.file in text
        assert found.rule in text


@pytest.mark.parametrize("format", list(Format))
def test_names_of_files_that_are_not_utf_8_can_be_told(format: Format) -> None:
    made = whole()
    report = Report((finding("caf\udce9.yaml"),), made.stages, made.root)
    assert render(format, report, RULES).encode("utf-8")
