"""No value, however odd, stops a rule: schemas report it, and nothing else may."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import yaml
from references_support import cluster_of

from nimfleet.cluster.model import Cluster, World
from nimfleet.manifest.identity import ObjectId
from nimfleet.rules.registry import rules_about

CASES = Path(__file__).resolve().parents[2] / "cases" / "reference"
ODD = (None, [], {}, 1, [{}], [[1]], {"a": []}, "", True, [None], {"name": {}}, -3)
FAMILIES = sorted({path.parent.name for path in CASES.glob("*/*.yaml")})


def nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key below ``value``, but for what tells objects apart."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in list(entries):
        yield value, key
        yield from nodes(part)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_rule_stumbles(family: str) -> None:
    rules = [rule for rule in rules_about(Cluster) if rule.family == "reference"]
    odd = cycle(ODD)
    looked_at = 0
    for path in sorted((CASES / family).glob("*.yaml")):
        documents = [document for document in yaml.safe_load_all(path.read_text()) if document]
        for number, document in enumerate(documents):
            for position in range(len(list(nodes(document)))):
                changed = copy.deepcopy(documents)
                container, key = list(nodes(changed[number]))[position]
                container[key] = next(odd)
                known = [value for value in changed if ObjectId.of(value) and isinstance(value.get("metadata"), dict)]
                world = (World.COMPLETE, World.PART)[position % 2]
                cluster = cluster_of(
                    [value for value in known if isinstance(value["metadata"].get("namespace", ""), str)], world
                )
                for rule in rules:
                    for hit in rule.check(cluster):
                        assert hit.message
                looked_at += 1
    assert looked_at > 20
