"""A stored schema, as a CRD and back, is the same schema."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from schema_helpers import crd

from nimfleet.schema.convert import convert
from nimfleet.schema.rebuild import RebuildError, crd_from_schemas
from nimfleet.schema.store import Store


def _stored() -> dict[tuple[str, str], list[dict[str, Any]]]:
    store = Store.open()
    out: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for group, version, kind in store.kinds():
        schema = store.find(group, version, kind)
        assert schema is not None
        out[group, kind].append(schema.document)
    return out


_STORED = _stored()


@pytest.mark.parametrize("documents", _STORED.values(), ids=[f"{kind}.{group}" for group, kind in _STORED])
def test_stored_schemas_survive(documents: list[dict[str, Any]]) -> None:
    rebuilt = crd_from_schemas(documents)
    again = [converted.document for converted in convert(rebuilt)]
    if not any(document["x-nimfleet"]["storage"] for document in documents):
        again[-1]["x-nimfleet"] |= {"storage": False}
    assert again == [_without_rules_of_status(document) for document in documents]


def _without_rules_of_status(document: dict[str, Any]) -> dict[str, Any]:
    def stripped(node: Any) -> Any:
        if isinstance(node, list):
            return [stripped(child) for child in node]
        if isinstance(node, dict):
            return {key: stripped(child) for key, child in node.items() if key != "x-kubernetes-validations"}
        return node

    properties = document["properties"]
    if "status" not in properties or not document["x-nimfleet"]["statusSubresource"]:
        return document
    return document | {"properties": properties | {"status": stripped(properties["status"])}}


@pytest.mark.parametrize(
    "source",
    [
        {"type": "integer", "format": "int32", "minimum": 0},
        {"type": "integer", "minimum": 3, "exclusiveMinimum": True, "format": "int32"},
        {"type": "integer", "format": "uint32"},
        {"type": "integer", "maximum": 7, "nullable": True},
        {"type": "number", "minimum": 0.5, "maximum": 2147483647},
        {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}], "pattern": "^a$"},
        {"x-kubernetes-preserve-unknown-fields": True, "nullable": True},
        {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True},
        {
            "type": "object",
            "x-kubernetes-embedded-resource": True,
            "properties": {"spec": {"type": "object"}},
            "required": ["spec"],
        },
        {"type": "object", "additionalProperties": True},
        {"type": "object", "additionalProperties": {"type": "string", "default": "x"}},
        {"type": "array", "items": {"x-kubernetes-preserve-unknown-fields": True}},
        {"type": "object", "oneOf": [{"required": ["a"]}], "not": {"properties": {"a": {"enum": ["x"]}}}},
    ],
)
def test_forms_survive(source: dict[str, Any]) -> None:
    for where in ({"spec": source}, {"spec": {"type": "object", "properties": {"part": source}, "required": ["part"]}}):
        (first,) = convert(crd(**where))
        (second,) = convert(crd_from_schemas([first.document]))
        assert second == first


def test_status_needs_keys_that_are_required() -> None:
    conditions = {
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        "items": {"type": "object", "properties": {"type": {"type": "string"}, "n": {"type": "integer"}}},
    }
    (first,) = convert(crd(status={"type": "object", "properties": {"conditions": conditions}}))
    rebuilt = crd_from_schemas([first.document])
    root = rebuilt["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert root["properties"]["status"]["properties"]["conditions"]["items"]["required"] == ["type"]
    assert [converted.document for converted in convert(rebuilt)] == [first.document]


def test_groups_of_kubernetes_carry_the_approval_that_the_server_asks_for() -> None:
    (converted,) = convert(crd(group="gateway.networking.k8s.io"))
    rebuilt = crd_from_schemas([converted.document])
    assert rebuilt["metadata"]["annotations"]["api-approved.kubernetes.io"].startswith("unapproved")


def test_kinds_do_not_mix() -> None:
    (one,), (other,) = convert(crd()), convert(crd(kind="Gadget"))
    with pytest.raises(RebuildError, match="Widget"):
        crd_from_schemas([one.document, other.document])
    with pytest.raises(RebuildError, match="at least one"):
        crd_from_schemas([])
