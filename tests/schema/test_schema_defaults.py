"""Nulls, defaults and list types: examples, and laws that hold for any structural schema and document."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schema_helpers import crd, schema_of, spec_schema, widget

from nimfleet.schema.check import check, normalise
from nimfleet.schema.defaults import duplicates
from nimfleet.schema.metadata import metadata_problems
from nimfleet.schema.model import Schema

STRING = {"type": "string"}


def spec_after(schema: Schema, spec: Any) -> Any:
    return normalise(widget(spec), schema)["spec"]


def test_null_without_default_goes_and_nullable_stays() -> None:
    schema = spec_schema(
        a=STRING, b={"type": "string", "nullable": True}, m={"type": "object", "additionalProperties": STRING}
    )
    assert spec_after(schema, {"a": None, "b": None, "m": {"x": None, "y": "z"}}) == {
        "b": None,
        "m": {"y": "z"},
    }


def test_null_list_items_stay() -> None:
    schema = spec_schema(a={"type": "array", "items": STRING})
    assert spec_after(schema, {"a": ["x", None]}) == {"a": ["x", None]}


def test_null_with_a_default_is_defaulted_unless_nullable() -> None:
    schema = spec_schema(a={"type": "string", "default": "d"}, b={"type": "string", "default": "d", "nullable": True})
    assert spec_after(schema, {"a": None, "b": None}) == {"a": "d", "b": None}


def test_a_default_of_null_is_none() -> None:
    node = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "string", "nullable": True, "default": None}},
    }
    schema = schema_of(crd(node))
    assert spec_after(schema, {}) == {}
    assert [violation.keyword for violation in check(widget({}), schema)] == ["required"]
    assert check(widget({"a": None}), schema) == []


def test_defaults_inside_a_default_are_applied() -> None:
    inner = {"type": "object", "default": {}, "properties": {"port": {"type": "integer", "default": 8000}}}
    assert spec_after(spec_schema(service=inner), {}) == {"service": {"port": 8000}}
    assert spec_after(spec_schema(service=inner), {"service": {"port": 1}}) == {"service": {"port": 1}}


def test_no_default_where_the_parent_is_missing() -> None:
    inner = {"type": "object", "properties": {"port": {"type": "integer", "default": 8000}}}
    assert spec_after(spec_schema(service=inner), {}) == {}


def test_defaults_in_maps_and_lists() -> None:
    item = {"type": "object", "properties": {"p": {"type": "string", "default": "TCP"}}}
    schema = spec_schema(
        ports={"type": "array", "items": item},
        named={"type": "object", "additionalProperties": item},
        numbers={"type": "array", "items": {"type": "integer", "default": 7}},
        levels={"type": "object", "additionalProperties": {"type": "integer", "default": 3}},
    )
    spec = {"ports": [{}, {"p": "UDP"}], "named": {"x": {}}, "numbers": [1, None], "levels": {"a": None}}
    assert spec_after(schema, spec) == {
        "ports": [{"p": "TCP"}, {"p": "UDP"}],
        "named": {"x": {"p": "TCP"}},
        "numbers": [1, 7],
        "levels": {"a": 3},
    }


@pytest.mark.parametrize(
    ("items", "repeated"),
    [
        (["a", "b", "a"], [2]),
        (["a", "b"], []),
        ([1, True], []),
        ([1, 1.0], [1]),
        ([{"x": 1, "y": 2}, {"y": 2, "x": 1}], [1]),
    ],
)
def test_sets(items: list[Any], repeated: list[int]) -> None:
    schema = spec_schema(
        s={
            "type": "array",
            "x-kubernetes-list-type": "set",
            "items": {"x-kubernetes-preserve-unknown-fields": True},
        }
    )
    found = [pointer[-1] for pointer, _ in duplicates(widget({"s": items}), schema.list_tree)]
    assert found == repeated


def test_map_keys_are_compared_after_defaulting() -> None:
    port = {
        "type": "object",
        "properties": {"port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"}},
    }
    keys = ["port", "protocol"]
    ports = {
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": keys,
        "items": port,
    }
    schema = spec_schema(ports=ports)
    (violation,) = check(widget({"ports": [{"port": 1}, {"port": 1, "protocol": "TCP"}]}), schema)
    assert violation.pointer == ("spec", "ports", 1)
    assert violation.keyword == "list-type"
    assert violation.message == 'spec.ports[1] repeats port 1, protocol "TCP" of spec.ports[0]'
    assert check(widget({"ports": [{"port": 1}, {"port": 1, "protocol": "UDP"}]}), schema) == []


def test_lists_of_the_status_are_not_looked_at() -> None:
    status = {
        "type": "object",
        "properties": {"s": {"type": "array", "x-kubernetes-list-type": "set", "items": STRING}},
    }
    assert check(widget(status={"s": ["a", "a"]}), schema_of(crd(status=status))) == []
    assert check(widget(status={"s": ["a", "a"]}), schema_of(crd(status=status, subresource=False))) != []


NAMES = st.sampled_from(["a", "b", "c"])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["", "x", "y"]))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=12,
)


@st.composite
def structural(draw: st.DrawFn, depth: int = 3) -> dict[str, Any]:
    """A structural schema over the property names a, b and c, with defaults that its own type allows."""
    kinds = ["string", "integer", "boolean", "int-or-string", "any"] + (["object", "map", "array"] if depth else [])
    kind = draw(st.sampled_from(kinds))
    node: dict[str, Any]
    if kind == "object":
        properties = draw(st.dictionaries(NAMES, structural(depth=depth - 1), max_size=3))
        node = {"type": "object", "properties": properties}
        required = sorted(name for name in properties if draw(st.booleans()))
        if required:
            node["required"] = required
        default: Any = {}
    elif kind == "map":
        node, default = {"type": "object", "additionalProperties": draw(structural(depth=depth - 1))}, {}
    elif kind == "array":
        node, default = {"type": "array", "items": draw(structural(depth=depth - 1))}, []
        if draw(st.booleans()):
            node["x-kubernetes-list-type"] = "set"
    elif kind == "int-or-string":
        node, default = {"x-kubernetes-int-or-string": True}, 1
    elif kind == "any":
        node, default = {"x-kubernetes-preserve-unknown-fields": True}, {}
    else:
        node, default = {"type": kind}, {"string": "x", "integer": 2, "boolean": True}[kind]
    if draw(st.integers(0, 3)) == 0:
        node["nullable"] = True
    if draw(st.integers(0, 2)) == 0:
        node["default"] = default
    return node


@settings(max_examples=300, deadline=None)
@given(spec=structural(), value=VALUES)
def test_laws(spec: dict[str, Any], value: Any) -> None:
    schema = schema_of(crd(spec))
    document = widget(value)
    before = copy.deepcopy(document)

    after = normalise(document, schema)
    assert json.dumps(document) == json.dumps(before), "the input is not changed"
    assert json.dumps(normalise(after, schema)) == json.dumps(after), "doing it twice changes nothing more"

    expected = (
        schema.validator.is_valid(after)
        and not list(duplicates(after, schema.list_tree))
        and not list(metadata_problems(after, schema.group, schema.kind))
    )
    assert (check(document, schema) == []) is expected, "the fast path never differs from the whole procedure"
    assert json.dumps(document) == json.dumps(before)
