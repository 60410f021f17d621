"""Every fixture in tests/cases: exactly the findings that it announces, at exactly these places."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from nimfleet.engine import validate
from nimfleet.rules.registry import all_rules

CASES = Path(__file__).resolve().parent.parent / "cases"
BIN = Path(__file__).resolve().parent.parent.parent / ".bin"
EXPECT = re.compile(r"^# expect: (?:(?P<rule>\S+/\S+) (?P<line>\d+):(?P<column>\d+)|nothing)$", re.MULTILINE)

# These need more than files that lie there: see test_rules_admission.py, test_rules_cost.py, test_rules_drift.py,
# test_engine_base.py, test_engine_runner.py and test_engine_files.py; rules about transitions have two states a case: see
# tests/transition/.
ELSEWHERE = {
    "admission/dra-kubernetes-version",
    "cost/budget-exceeded",
    "cost/price-unknown",
    "drift/edited",
    "drift/missing",
    "drift/orphan",
    "drift/stale",
    "intent/invalid",
    "internal/rule-crashed",
    "secondopinion/kubeconform",
    "yaml/unreadable",
}


def _cases() -> list[Path]:
    return sorted(case for rule in CASES.glob("*/*") for case in rule.iterdir())


def _expected(case: Path) -> tuple[set[tuple[str, str, int, int]], int]:
    found, marks = set(), 0
    for path in [case] if case.is_file() else sorted(case.rglob("*.y*ml")):
        for match in EXPECT.finditer(path.read_text()):
            marks += 1
            if match["rule"]:
                name = path.relative_to(case if case.is_dir() else case.parent).as_posix()
                found.add((match["rule"], name, int(match["line"]), int(match["column"])))
    return found, marks


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case.relative_to(CASES).as_posix())
def test_case_has_exactly_the_findings_that_it_announces(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(BIN), prepend=":")
    if case.is_dir() and not shutil.which("kustomize"):
        pytest.skip("kustomize is not installed")
    expected, marks = _expected(case)
    assert marks, f"{case} says nothing of what to expect"
    report = validate(case, root=case if case.is_dir() else case.parent)
    found = {(f.rule, f.file, f.line, f.column) for f in report.findings}
    assert found == expected, [str(f) for f in report.findings]


def test_every_rule_has_a_case_that_it_catches_and_a_near_miss() -> None:
    transitions = {name for name in all_rules() if name.startswith("transition/")}
    for name in all_rules().keys() - ELSEWHERE - transitions:
        cases = list((CASES / name).iterdir()) if (CASES / name).is_dir() else []
        caught = {rule for case in cases for rule, *_ in _expected(case)[0]}
        assert name in caught, f"no case in tests/cases/{name} is caught by it"
        assert any(not _expected(case)[0] for case in cases), f"no near miss in tests/cases/{name}"


def test_cases_lie_under_the_name_of_a_rule() -> None:
    names = {rule.relative_to(CASES).as_posix() for rule in CASES.glob("*/*")}
    assert names <= set(all_rules())
