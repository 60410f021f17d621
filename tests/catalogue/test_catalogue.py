"""Faults put into our own environments: each is found, where it is, and nothing else is; near misses stay clean."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from faults import FAMILIES, FAULTS, NEAR_MISSES
from injection import ENVIRONMENTS, PROJECT, Fault, judge

from nimfleet.engine import validate

BIN = PROJECT / ".bin"


def _params(items: tuple[Fault, ...]) -> list[object]:
    return [pytest.param(item, id=item.name) for item in items]


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(BIN), prepend=":")


def _check(item: Fault, root: Path) -> None:
    report, expected = judge(item, root)
    found = Counter((finding.rule, finding.file, finding.line) for finding in report.findings)
    assert found == Counter(expected), [str(finding) for finding in report.findings]


@pytest.mark.parametrize("item", _params(FAULTS))
def test_fault_is_found_where_it_is_and_nothing_else(item: Fault, tmp_path: Path) -> None:
    _check(item, tmp_path)


@pytest.mark.parametrize("item", _params(NEAR_MISSES))
def test_near_miss_is_no_fault(item: Fault, tmp_path: Path) -> None:
    _check(item, tmp_path)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_untouched_environment_is_clean(name: str) -> None:
    report = validate(PROJECT / "clusters" / name, root=PROJECT, policy="production")
    assert not report.findings, [str(finding) for finding in report.findings]
    assert report.ok


def test_catalogue_is_large_and_wide() -> None:
    assert len(FAULTS) >= 150
    assert len(NEAR_MISSES) >= 40
    found = {expected.rule.partition("/")[0] for item in FAULTS for expected in item.expect}
    assert found >= {"scheduling", "reference", "storage", "flux", "helm", "secret", "cost", "policy"}


def test_each_fault_has_a_name_of_its_own_and_expects_something() -> None:
    names = Counter(item.name for item in (*FAULTS, *NEAR_MISSES))
    assert [name for name, count in names.items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)
    assert all(item.expect for item in FAULTS)
    assert not any(item.expect for item in NEAR_MISSES)
    assert set(FAMILIES) == {path.stem for path in (Path(__file__).parent / "faults").glob("*.py")} - {"__init__"}
