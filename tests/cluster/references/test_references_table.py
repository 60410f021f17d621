"""The table of references against the schemas of the kinds: every path that it names is a field."""

from __future__ import annotations

from typing import Any

import pytest

from nimfleet.cluster.references.model import TARGETS
from nimfleet.cluster.references.table import Pattern, patterns
from nimfleet.schema.core import core_schemas
from nimfleet.schema.model import Schema
from nimfleet.schema.store import Store

STORE, CORE = Store.open(), core_schemas("1.34")

# Projects whose schemas are not kept here.
WITHOUT_SCHEMA = {
    ("autoscaling.k8s.io", "VerticalPodAutoscaler"),
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"),
    ("jobset.x-k8s.io", "JobSet"),
    ("keda.sh", "ScaledJob"),
    *(("gateway.networking.k8s.io", kind) for kind in ("TLSRoute", "TCPRoute", "UDPRoute")),
}


def schemas_of(group: str, kind: str) -> list[Schema]:
    found = [schema for g, v, k in STORE.kinds() if (g, k) == (group, kind) and (schema := STORE.find(g, v, k))]
    core = [schema for g, v, k in CORE.kinds() if (g, k) == (group, kind) and (schema := CORE.find(g, v, k))]
    return found + core


def fields(node: Any, path: list[str], root: Any) -> list[Any]:
    """The nodes at ``path``; several where a schema has alternatives."""
    if not isinstance(node, dict):
        return []
    if "$ref" in node:
        return fields(root["$defs"][node["$ref"].rpartition("/")[2]], path, root)
    for part in ("anyOf", "oneOf", "allOf"):
        alternatives = [found for entry in node.get(part, ()) for found in fields(entry, path, root)]
        if alternatives:
            return alternatives
    if not path:
        return [node]
    first, rest = path[0], path[1:]
    if first == "[]":
        return fields(node.get("items"), rest, root)
    inner = node.get("properties", {}).get(first)
    inner = node.get("additionalProperties") if inner is None else inner
    return fields(inner, rest, root)


def steps(path: str) -> list[str]:
    return [step for part in path.split(".") for step in ([part[:-2], "[]"] if part.endswith("[]") else [part])]


def parent(path: list[str]) -> list[str]:
    """Of the mapping that holds a name."""
    while path[-1] == "[]":
        path = path[:-1]
    return path[:-1]


def text_patterns() -> dict[str, Pattern]:
    return {repr(pattern): pattern for own in patterns().values() for pattern in own}


def shared_patterns() -> dict[tuple[str, str], list[str]]:
    """Kinds by group and pattern: kinds of one group may share patterns of which each has only some."""
    found: dict[tuple[str, str], list[str]] = {}
    for (group, kind), own in patterns().items():
        for pattern in own:
            found.setdefault((group, repr(pattern)), []).append(kind)
    return found


@pytest.mark.parametrize("group", sorted({group for group, _ in patterns()}))
def test_every_path_is_a_field_of_the_kind(group: str) -> None:
    for (of, text), kinds in sorted(shared_patterns().items()):
        if of != group:
            continue
        pattern = text_patterns()[text]
        known = [kind for kind in kinds if (group, kind) not in WITHOUT_SCHEMA]
        roots = [schema.document for kind in known for schema in schemas_of(group, kind)]
        beside = [pattern.namespace, pattern.optional, pattern.unless, *pattern.keys]
        beside += ["kind"] if pattern.kinds else []
        wanted = [steps(pattern.path)] + [parent(steps(pattern.path)) + steps(one) for one in beside if one]
        for path in wanted if known else ():
            assert any(fields(root, path, root) for root in roots), f"none of {kinds} has {'.'.join(path)}"


def test_every_kind_has_a_schema() -> None:
    without = {key for key in patterns() if not schemas_of(*key)}
    assert without == WITHOUT_SCHEMA


def test_what_patterns_lead_to_are_known_targets() -> None:
    targets = {
        target for own in patterns().values() for one in own for target in (one.target, *one.kinds.values()) if target
    }
    assert targets <= set(TARGETS.values())
    assert all(one.target or one.kinds for own in patterns().values() for one in own)
    assert set(TARGETS.values()) - targets == set()
