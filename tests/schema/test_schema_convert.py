"""CRD → JSON Schema: every translation, with what it must and must not do."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema_rs
import pytest
from schema_helpers import crd

from nimfleet.schema.convert import ConversionError, convert


def spec_of(spec: dict[str, Any]) -> dict[str, Any]:
    (converted,) = convert(crd(spec))
    return converted.document["properties"]["spec"]


def field(node: dict[str, Any]) -> dict[str, Any]:
    return spec_of({"type": "object", "properties": {"f": node}})["properties"]["f"]


def test_root_names_the_kind_and_requires_what_identifies_it() -> None:
    (converted,) = convert(crd({"type": "object"}))
    document = converted.document
    assert document["properties"]["apiVersion"] == {"const": "example.com/v1"}
    assert document["properties"]["kind"] == {"const": "Widget"}
    assert document["required"] == ["apiVersion", "kind", "metadata"]
    assert document["x-kubernetes-group-version-kind"] == [{"group": "example.com", "kind": "Widget", "version": "v1"}]
    assert document["x-nimfleet"] == {
        "celRules": 0,
        "plural": "widgets",
        "scope": "Namespaced",
        "served": True,
        "statusSubresource": True,
        "storage": True,
    }
    assert converted.path == "example.com/widget_v1.json"
    jsonschema_rs.meta.validate(document)


def test_descriptions_go_and_kubernetes_extensions_stay() -> None:
    rule = {"rule": "self.size() > 0", "message": "m"}
    node = field({"type": "array", "description": "d", "x-kubernetes-list-type": "set", "items": {"type": "string"}})
    assert node == {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}
    assert field({"type": "string", "x-kubernetes-validations": [rule]})["x-kubernetes-validations"] == [rule]


def test_a_property_that_is_called_description_stays() -> None:
    node = spec_of({"type": "object", "properties": {"description": {"type": "string"}}})
    assert node["properties"] == {"description": {"type": "string"}}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"type": "object"}, False),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, False),
        ({"type": "object", "x-kubernetes-preserve-unknown-fields": True}, None),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"type": "string"}),
        ({"type": "object", "additionalProperties": True}, {"$ref": "#/$defs/unknown"}),
    ],
)
def test_unknown_fields(node: dict[str, Any], expected: Any) -> None:
    assert field(node).get("additionalProperties") == expected


def test_a_default_takes_a_property_out_of_required() -> None:
    properties = {"a": {"type": "string", "default": "x"}, "b": {"type": "string"}}
    node = spec_of({"type": "object", "required": ["b", "a"], "properties": properties})
    assert node["required"] == ["b"]
    assert node["properties"]["a"]["default"] == "x"


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"type": "integer", "format": "int32"}, {"minimum": -(2**31), "maximum": 2**31 - 1}),
        ({"type": "integer"}, {"minimum": -(2**63), "exclusiveMaximum": 2**63}),
        ({"type": "integer", "minimum": 0, "maximum": 2**63 - 1}, {"minimum": 0, "exclusiveMaximum": 2**63}),
        ({"type": "integer", "format": "int32", "minimum": 1}, {"minimum": 1, "maximum": 2**31 - 1}),
        (
            {"type": "integer", "minimum": 0, "exclusiveMinimum": True, "maximum": 9},
            {"exclusiveMinimum": 0, "maximum": 9},
        ),
        ({"type": "number", "maximum": 1, "exclusiveMaximum": True}, {"exclusiveMaximum": 1}),
        ({"type": "number", "maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}),
    ],
)
def test_numbers(node: dict[str, Any], expected: dict[str, Any]) -> None:
    converted = field(node)
    del converted["type"]
    assert converted == expected


def test_int_or_string_loses_its_redundant_any_of_and_keeps_other_branches() -> None:
    both = [{"type": "integer"}, {"type": "string"}]
    plain = field({"x-kubernetes-int-or-string": True, "anyOf": both, "pattern": "^a"})
    assert plain["type"] == ["integer", "string"]
    assert plain["pattern"] == "^a"
    assert "anyOf" not in plain
    nested = field({"x-kubernetes-int-or-string": True, "allOf": [{"anyOf": both}, {"pattern": "b$"}]})
    assert nested["allOf"] == [{"pattern": "b$"}]


def test_nullable_and_typeless_nodes() -> None:
    assert field({"type": "string", "nullable": True})["type"] == ["string", "null"]
    assert field({"x-kubernetes-preserve-unknown-fields": True, "nullable": True}).get("type") is None
    # Not nullable: the server has removed a null by the time it validates, so none may be left.
    assert "null" not in field({"x-kubernetes-preserve-unknown-fields": True})["type"]
    # List items keep their nulls.
    items = field({"type": "array", "items": {"x-kubernetes-preserve-unknown-fields": True}})["items"]
    assert "type" not in items


def test_only_enforced_formats_stay() -> None:
    assert field({"type": "string", "format": "date-time"})["format"] == "date-time"
    assert "format" not in field({"type": "string", "format": "semver"})


def test_status_values_are_free_but_its_fields_are_not() -> None:
    status = {
        "type": "object",
        "required": ["phase"],
        "properties": {"phase": {"type": "string", "enum": ["a"]}},
    }
    (with_subresource,) = convert(crd(status=status))
    node = with_subresource.document["properties"]["status"]
    assert "required" not in node
    assert node["properties"]["phase"] == {"$ref": "#/$defs/unknown"}
    (without,) = convert(crd(status=status, subresource=False))
    assert without.document["properties"]["status"]["properties"]["phase"] == {
        "type": "string",
        "enum": ["a"],
    }


def test_embedded_resources_allow_and_require_their_identity() -> None:
    node = field({"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"spec": {"type": "object"}}})
    assert set(node["properties"]) == {"apiVersion", "kind", "metadata", "spec"}
    assert node["required"] == ["apiVersion", "kind"]


def test_branches_are_not_made_strict() -> None:
    node = spec_of(
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"], "properties": {"b": {"minLength": 1}}}],
        }
    )
    assert node["oneOf"] == [{"required": ["a"]}, {"required": ["b"], "properties": {"b": {"minLength": 1}}}]


def test_rules_are_counted_outside_status() -> None:
    rule = [{"rule": "true"}]
    spec = {"type": "object", "properties": {"a": {"type": "string", "x-kubernetes-validations": rule}}}
    status = {"type": "object", "properties": {"a": {"type": "string", "x-kubernetes-validations": rule * 2}}}
    root = {"x-kubernetes-validations": rule}
    assert convert(crd(spec, status=status, root=root))[0].cel_rules == 2
    assert convert(crd(spec, status=status, root=root, subresource=False))[0].cel_rules == 4


def test_narrowed_name() -> None:
    root = {
        "properties": {
            "metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 3}}},
        }
    }
    (converted,) = convert(crd(root=root))
    assert converted.document["properties"]["metadata"] == {
        "$ref": "#/$defs/objectMeta",
        "properties": {"name": {"type": "string", "maxLength": 3}},
    }


def test_every_version_is_converted_and_says_whether_it_is_served() -> None:
    definition = crd({"type": "object"})
    old = copy.deepcopy(definition["spec"]["versions"][0]) | {
        "name": "v1beta1",
        "served": False,
        "deprecated": True,
    }
    definition["spec"]["versions"].append(old)
    new, deprecated = convert(definition)
    assert (new.version, new.served) == ("v1", True)
    assert (deprecated.version, deprecated.served) == ("v1beta1", False)
    assert deprecated.document["deprecated"] is True
    assert "deprecated" not in new.document


def test_input_is_not_changed_and_output_is_plain_json() -> None:
    definition = crd({"type": "object", "properties": {"a": {"type": "integer", "default": 1}}})
    before = copy.deepcopy(definition)
    (converted,) = convert(definition)
    assert definition == before
    assert json.loads(json.dumps(converted.document)) == converted.document


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "Namespace", "apiVersion": "v1"}, "but v1 Namespace"),
        ({"apiVersion": "apiextensions.k8s.io/v1beta1"}, "apiextensions.k8s.io/v1beta1"),
        ({"spec": "x"}, "spec must be a mapping, found str"),
        (
            {"spec": {"group": "g", "names": {"kind": "K", "plural": "ks"}, "versions": []}},
            "at least one version",
        ),
        (
            {"spec": {"group": "", "names": {"kind": "K", "plural": "ks"}}},
            "spec.group must be a non-empty string",
        ),
    ],
)
def test_what_is_not_a_crd(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ConversionError, match=words):
        convert(crd({"type": "object"}) | change)


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ({"type": "object", "patternProperties": {}}, r"properties\.f: keyword `patternProperties`"),
        ({"type": "array", "uniqueItems": True}, "x-kubernetes-list-type: set"),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": 1}, "exclusiveMinimum must be a boolean"),
        ({"type": "array", "items": "x"}, r"properties\.f\.items must be a mapping"),
    ],
)
def test_schemas_that_are_not_structural(node: dict[str, Any], words: str) -> None:
    with pytest.raises(ConversionError, match=words):
        field(node)
