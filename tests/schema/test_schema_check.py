# ruff: noqa: E501 - one line a case reads as a table
"""The structural verdict and its words: for each fault a document that has it and a near miss."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from schema_helpers import crd, schema_of, spec_schema, widget

from nimfleet.schema.check import Violation, check
from nimfleet.schema.model import Schema
from nimfleet.schema.store import Store

STRING = {"type": "string"}


def one(document: dict[str, Any], schema: Schema) -> Violation:
    (violation,) = check(document, schema)
    return violation


@pytest.mark.parametrize(
    ("node", "good", "bad", "keyword", "words"),
    [
        ({"type": "integer"}, 2, "2", "type", 'spec.f must be an integer, found the string "2"'),
        ({"type": "integer"}, 2.0, 2.5, "type", "spec.f must be an integer, found the number 2.5"),
        ({"type": "integer"}, 1, True, "type", "spec.f must be an integer, found the boolean true"),
        ({"type": "boolean"}, True, "yes", "type", 'spec.f must be a boolean, found the string "yes"'),
        ({"type": "array", "items": STRING}, ["a"], {"a": 1}, "type", 'spec.f must be a list, found the mapping {"a": 1}'),
        ({"x-kubernetes-int-or-string": True}, "50%", [], "type", "spec.f must be an integer or a string, found the list []"),
        ({"x-kubernetes-int-or-string": True}, 50, 1.5, "type", "must be an integer or a string, found the number 1.5"),
        ({"type": "integer", "format": "int32"}, 2**31 - 1, 2**31, "maximum", "must be at most 2147483647"),
        ({"type": "integer"}, 2**63 - 1, 2**63, "exclusiveMaximum", "spec.f must be less than 9223372036854775808"),
        ({"type": "integer"}, 2.0**62, 2.0**63, "exclusiveMaximum", "spec.f must be less than 9223372036854775808"),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, 0.1, 0, "exclusiveMinimum", "must be greater than 0, found 0"),
        ({"type": "string", "enum": ["Always", "Never"]}, "Always", "always", "enum",
         'spec.f must be one of `Always`, `Never`, found "always"; did you mean `Always`?'),
        ({"type": "string", "pattern": "^[a-z]+$"}, "ab", "ab1", "pattern", 'must match the pattern `^[a-z]+$`, found "ab1"'),
        ({"type": "string", "pattern": "^[a-z]+$"}, "ab", "ab\n", "pattern", "must match the pattern"),
        ({"type": "string", "maxLength": 2}, "éé", "ééé", "maxLength", "spec.f must have at most 2 characters, found 3"),
        ({"type": "array", "minItems": 1, "items": STRING}, ["a"], [], "minItems", "must have at least 1 item, found 0"),
        ({"type": "string", "format": "date-time"}, "2026-08-05T10:00:00Z", "2026-08-05", "format", "must have the format date-time"),
        ({"type": "string", "format": "semver"}, "anything", 1, "type", "must be a string"),
    ],
)  # fmt: skip
def test_values(node: dict[str, Any], good: Any, bad: Any, keyword: str, words: str) -> None:
    schema = spec_schema(f=node)
    assert check(widget({"f": good}), schema) == []
    violation = one(widget({"f": bad}), schema)
    assert violation.pointer == ("spec", "f")
    assert violation.keyword == keyword
    assert words in violation.message


def test_unknown_field_with_a_close_name() -> None:
    schema = spec_schema(tensorParallelism=STRING, replicas={"type": "integer"})
    violation = one(widget({"tensorParalelism": "2"}), schema)
    assert violation.pointer == ("spec", "tensorParalelism")
    assert violation.keyword == "unknown-field"
    assert violation.message == "unknown field spec.tensorParalelism; did you mean `tensorParallelism`?"


def test_unknown_field_that_belongs_elsewhere() -> None:
    schema = spec_schema(image={"type": "object", "properties": {"repository": STRING}})
    violation = one(widget({"repository": "x"}), schema)
    assert violation.message == ("unknown field spec.repository; a field of this name belongs at spec.image.repository")


def test_unknown_field_without_any_relation_lists_what_is_known() -> None:
    violation = one(widget({"zzz": "x"}), spec_schema(a=STRING, b=STRING))
    assert violation.message == "unknown field spec.zzz; known here: `a`, `b`"


def test_unknown_fields_are_kept_where_the_schema_preserves_them() -> None:
    open_node = {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
        "properties": {"known": {"type": "object", "properties": {"a": STRING}}},
    }
    schema = spec_schema(f=open_node)
    assert check(widget({"f": {"anything": {"goes": 1}, "known": {"a": "x"}}}), schema) == []
    assert one(widget({"f": {"known": {"b": "x"}}}), schema).pointer == ("spec", "f", "known", "b")


def test_fields_below_additional_properties_true_are_unknown() -> None:
    schema = spec_schema(f={"type": "object", "additionalProperties": True})
    assert check(widget({"f": {"x": 1, "y": "z"}}), schema) == []
    assert one(widget({"f": {"x": {"deep": 1}}}), schema).pointer == ("spec", "f", "x", "deep")


def test_required_is_checked_after_defaults_and_after_nulls() -> None:
    node = {
        "type": "object",
        "required": ["a", "b"],
        "properties": {"a": {"type": "string", "default": "x"}, "b": STRING},
    }
    schema = schema_of(crd(node))
    assert check(widget({"b": "y"}), schema) == []
    assert check(widget({"a": None, "b": "y"}), schema) == []
    for spec in ({"a": "x"}, {"a": "x", "b": None}):
        violation = one(widget(spec), schema)
        assert violation == Violation(("spec",), "required", "spec.b is required, but missing")


def test_required_of_a_typeless_field_that_is_null() -> None:
    node = {
        "type": "object",
        "required": ["values"],
        "properties": {"values": {"x-kubernetes-preserve-unknown-fields": True}},
    }
    assert check(widget({"values": {}}), schema_of(crd(node))) == []
    assert one(widget({"values": None}), schema_of(crd(node))).keyword == "required"


def test_nulls_that_the_server_removes_do_no_harm() -> None:
    assert check(widget({"f": None}), spec_schema(f=STRING)) == []
    violation = one(widget({"f": [None]}), spec_schema(f={"type": "array", "items": STRING}))
    assert violation.message == "spec.f[0] must be a string, found the value null"


def test_one_of_required() -> None:
    node = {
        "type": "object",
        "properties": {"a": STRING, "b": STRING},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
    }
    schema = schema_of(crd(node))
    assert check(widget({"a": "x"}), schema) == []
    assert one(widget({}), schema).message == "spec must have exactly one of `a`, `b`, found none"
    assert one(widget({"a": "x", "b": "y"}), schema).message == (
        "spec must have exactly one of `a`, `b`, found `a` and `b`"
    )


def test_any_of_explains_every_form() -> None:
    node = {"type": "string", "anyOf": [{"pattern": "^a"}, {"minLength": 5}]}
    assert check(widget({"f": "abc"}), spec_schema(f=node)) == []
    message = one(widget({"f": "bc"}), spec_schema(f=node)).message
    assert message.startswith("spec.f fits none of its 2 allowed forms: ")
    assert '"^a"' in message and "5" in message


def test_not() -> None:
    node = {"type": "string", "not": {"pattern": "^kube-"}}
    assert check(widget({"f": "my-kube"}), spec_schema(f=node)) == []
    assert one(widget({"f": "kube-x"}), spec_schema(f=node)).message == (
        'spec.f must not match {"pattern": "^kube-"}, but it does'
    )


def test_all_faults_are_reported_at_once_in_order() -> None:
    schema = spec_schema(a={"type": "integer"}, b=STRING)
    found = check(widget({"a": "x", "b": 1, "c": 2}), schema)
    assert [violation.pointer for violation in found] == [("spec", "a"), ("spec", "b"), ("spec", "c")]


def test_status() -> None:
    status = {"type": "object", "required": ["p"], "properties": {"p": {"type": "integer"}}}
    schema = schema_of(crd(status=status))
    assert check(widget(status={}), schema) == []
    assert check(widget(status={"p": "not a number"}), schema) == []
    assert one(widget(status={"q": 1}), schema).pointer == ("status", "q")
    assert one(widget(status={"p": {"deep": 1}}), schema).pointer == ("status", "p", "deep")
    strict = schema_of(crd(status=status, subresource=False))
    assert one(widget(status={"p": "x"}), strict).keyword == "type"


def test_a_version_that_is_not_served() -> None:
    violation = one(widget(), schema_of(crd(served=False)))
    assert violation == Violation(
        ("apiVersion",), "served", "example.com/v1 of Widget is not served by test@1; use another version"
    )


def test_metadata_is_closed() -> None:
    schema = spec_schema()
    document = widget(metadata={"name": "one", "lables": {"a": "b"}})
    assert one(document, schema).message == "unknown field metadata.lables; did you mean `labels`?"
    assert check(widget(metadata={"name": "one", "creationTimestamp": None}), schema) == []
    assert one(widget(metadata={"name": "one", "labels": {"a": 1}}), schema).pointer == (
        "metadata",
        "labels",
        "a",
    )


def test_what_json_cannot_hold_is_said_and_does_not_crash() -> None:
    violation = one(widget({1: 2}), spec_schema())  # type: ignore[dict-item]
    assert violation.keyword == "type"


NIM_SERVICE: dict[str, Any] = {
    "apiVersion": "apps.nvidia.com/v1alpha1",
    "kind": "NIMService",
    "metadata": {"name": "llama-3-1-8b-instruct", "namespace": "nim"},
    "spec": {
        "authSecret": "ngc-api-secret",
        "image": {
            "repository": "nvcr.io/nim/meta/llama-3.1-8b-instruct",
            "tag": "1.3.3",
            "pullSecrets": ["ngc-secret"],
        },
        "storage": {"nimCache": {"name": "llama-3-1-8b-instruct"}},
        "resources": {"limits": {"nvidia.com/gpu": 2}},
        "expose": {"service": {"type": "ClusterIP", "port": 8000}},
    },
}


def nim_schema() -> Schema:
    schema = Store.open().find("apps.nvidia.com", "v1alpha1", "NIMService")
    assert schema is not None
    return schema


def test_a_real_nim_service() -> None:
    schema = nim_schema()
    assert schema.cel_rules > 0
    assert check(NIM_SERVICE, schema) == []


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("spec", "replica"), 1, "unknown field spec.replica; did you mean `replicas`?"),
        (("spec", "authSecret"), None, "spec.authSecret is required, but missing"),
        (("spec", "image", "tag"), 1.3, "spec.image.tag must be a string, found the number 1.3"),
        (
            ("spec", "tolerations"),
            [{"key": "nvidia.com/gpu", "operater": "Exists"}],
            "unknown field spec.tolerations[0].operater; did you mean `operator`?",
        ),
    ],
)
def test_a_real_nim_service_with_a_fault(path: tuple[str, ...], value: Any, message: str) -> None:
    document = copy.deepcopy(NIM_SERVICE)
    node = document
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    assert one(document, nim_schema()).message == message
