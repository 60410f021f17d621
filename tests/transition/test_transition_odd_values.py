"""Whatever stands where a value should be: no rule about transitions crashes."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_transition_rules import CAUGHT
from transition_support import commit, write

from nimfleet import validate

ODD: list[Any] = [None, [], {}, [[{}]], {"a": [1]}, 1, True, "x"]


def documents() -> dict[str, Any]:
    """Every kind of object that a rule's case has, by kind."""
    found: dict[str, Any] = {}
    for case in CAUGHT:
        for name, text in case.base.items():
            for value in yaml.safe_load_all(text) if not name.endswith("kustomization.yaml") else ():
                if isinstance(value, dict) and "kind" in value:
                    found.setdefault(f"{value['kind']} {case.rule}", value)
    return found


def variants(value: Any) -> Iterator[Any]:
    """The object with each of its parts replaced by something odd."""

    def walk(node: Any, where: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        for part, child in (
            node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        ):
            path = (*where, part)
            if path not in (("apiVersion",), ("kind",), ("metadata",), ("metadata", "name")):
                yield path
            yield from walk(child, path)

    for number, path in enumerate(walk(value, ())):
        changed = copy.deepcopy(value)
        parent = changed
        for part in path[:-1]:
            parent = parent[part]
        parent[path[-1]] = ODD[number % len(ODD)]
        yield changed


@pytest.mark.parametrize("gone", [False, True], ids=["changed", "gone"])
@pytest.mark.parametrize("turn", range(0, len(ODD), 2))
def test_no_rule_crashes(tmp_path: Path, turn: int, gone: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("test_transition_odd_values.ODD", ODD[turn:] + ODD[:turn])
    base, now, number = [], [], 0
    for value in documents().values():
        for odd in variants(value):
            number += 1
            plain = copy.deepcopy(value)
            for item in (plain, odd):
                if isinstance(item.get("metadata"), dict):
                    item["metadata"]["name"] = f"{plain['metadata']['name']}-{number}"
            base.append(odd if gone else plain)
            if not gone:
                now.append(odd)
    dumped = [yaml.dump_all(items, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper)) for items in (base, now)]
    write(tmp_path, {"a.yaml": dumped[0], "b.yaml": yaml.safe_dump(documents()["NIMService renamed"])})
    commit(tmp_path)
    write(tmp_path, {"a.yaml": dumped[1] or None})
    report = validate(tmp_path, "HEAD", only=["build", "transition"])
    assert {finding.message for finding in report.findings if finding.rule.startswith("internal/")} == set()
    assert len(report.findings) > 50
