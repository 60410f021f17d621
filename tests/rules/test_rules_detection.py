"""The table of what is found: made from the cases and what is recorded, with or without kubeconform."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).resolve().parents[2]
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: nim\n"


@pytest.fixture
def detection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """tools/detection.py with two cases of its own."""
    spec = importlib.util.spec_from_file_location("detection_under_test", PROJECT / "tools" / "detection.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    rule = tmp_path / "cases" / "schema" / "unknown-field"
    rule.mkdir(parents=True)
    (rule / "extra.yaml").write_text("# expect: schema/unknown-field 6:1\n" + NAMESPACE + "extra: 1\n")
    folder = rule / "ok-folder"
    folder.mkdir()
    (folder / "kustomization.yaml").write_text("resources: [a.yaml]\n")
    (folder / "a.yaml").write_text("# expect: nothing\n" + NAMESPACE)
    monkeypatch.setattr(module, "CASES", tmp_path / "cases")
    monkeypatch.setattr(module, "RECORD", tmp_path / "cases" / "kubeconform.json")
    return module


def remember(detection: ModuleType, **status: str) -> None:
    entries = {
        case.name: {"digest": case.digest, "status": status[case.path.stem.replace("-", "_")], "message": "a|b <c>"}
        for case in detection.cases()
    }
    detection.RECORD.write_text(json.dumps({"version": detection.version(), "cases": entries}))


def test_the_page_tells_what_the_cases_demand_and_what_is_recorded(detection: ModuleType) -> None:
    remember(detection, extra="valid", ok_folder="invalid")
    page = detection.page()
    assert "- Cases with a fault: 1. Of these, kubeconform says nothing of 1." in page
    assert "finds nothing: 1. Of these, kubeconform refuses 1." in page
    assert "[schema/unknown-field](rules/schema/unknown-field.md) 6:1 | valid: a\\|b &lt;c> |" in page
    assert "| nothing | invalid: a\\|b &lt;c> |" in page


def test_a_case_that_has_changed_is_not_recorded(detection: ModuleType) -> None:
    remember(detection, extra="invalid", ok_folder="valid")
    (detection.CASES / "schema" / "unknown-field" / "extra.yaml").write_text("# expect: nothing\n" + NAMESPACE)
    assert list(detection.recorded()) == ["schema/unknown-field/ok-folder"]
    assert "| nothing | not recorded |" in detection.page()


def test_verdicts_of_another_version_do_not_count(detection: ModuleType) -> None:
    remember(detection, extra="invalid", ok_folder="valid")
    record = json.loads(detection.RECORD.read_text())
    detection.RECORD.write_text(json.dumps({**record, "version": "v0.0.1"}))
    assert detection.recorded() == {}


def test_without_kubeconform_nothing_is_asked_and_nothing_changes(
    detection: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection, "find_tool", lambda *_: None)
    assert detection.record() is False
    assert not detection.RECORD.exists()
    assert detection.page().count("not recorded") == 2


def test_kubeconform_is_asked_once(detection: ModuleType) -> None:
    if detection.find_tool("kubeconform", PROJECT) is None:
        pytest.skip("kubeconform is not installed")
    assert detection.record() is True
    assert detection.record() is False
    verdicts = detection.recorded()
    assert {name: entry["status"] for name, entry in verdicts.items()} == {
        "schema/unknown-field/extra.yaml": "invalid",
        "schema/unknown-field/ok-folder": "valid",
    }
