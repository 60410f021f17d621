"""Every rule of the stored schemas, on values made from its own schema, judged by cel-cpp."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import pytest
from cel_oracle import ERROR, Maker, Words, for_judge, judge, ours, same

from nimfleet.schema.cel.codegen import compile_expression
from nimfleet.schema.cel.types import BOOL, Type, type_of
from nimfleet.schema.store import Store

INSTANCES = 48
MOST = 3000
"""Rules that need a rare coincidence get more instances, up to this many."""

BY_HAND = ("<= 128", "size() < 253)")
"""Only values too large to make at random break these; the last test does."""


def _places(schema: Mapping[str, Any], *, root: bool = False) -> Iterator[tuple[Mapping[str, Any], Type, str]]:
    for rule in schema.get("x-kubernetes-validations", ()):
        kind = type_of(schema, root=root)
        assert kind is not None
        yield schema, kind, rule["rule"]
    for name, child in schema.get("properties", {}).items():
        if not (root and name == "status"):
            yield from _places(child)
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from _places(schema[keyword])


def _kinds() -> list[tuple[str, str, str]]:
    store = Store.open()
    found = [(gvk, store.find(*gvk)) for gvk in store.kinds()]
    return [gvk for gvk, schema in found if schema is not None and schema.cel_rules]


@lru_cache(maxsize=1)
def _store() -> Store:
    return Store.open()


@pytest.mark.parametrize("gvk", _kinds(), ids=lambda gvk: f"{gvk[2]}-{gvk[1]}")
def test_rules_judge_as_cel_cpp(gvk: tuple[str, str, str]) -> None:
    schema = _store().find(*gvk)
    assert schema is not None
    places = list(_places(schema.document, root=True))
    assert len(places) == schema.cel_rules
    for number, (node, kind, expression) in enumerate(places):
        program = compile_expression(expression, kind, BOOL)
        maker = Maker(f"{gvk} {number}", Words.of(expression), nulls="oldSelf" not in expression)
        seen: Counter[Any] = Counter()
        while seen.total() < INSTANCES or (seen.total() < MOST and not _moves(seen)):
            value = maker.value(node, kind)
            old = value if maker.coin() else maker.value(node, kind)
            want = judge(expression, for_judge(value, kind), for_judge(old, kind))
            got = ours(program, value, old)
            assert same(got, want), (expression, value, old)
            assert same(ours(program, value, old, absorbing=True), want), (expression, value, old)
            seen[want] += 1
            if seen.total() == INSTANCES and expression.endswith(BY_HAND):
                break
        else:
            # Values that never move the verdict would prove nothing.
            assert _moves(seen), (expression, seen)


def _moves(seen: Counter[Any]) -> bool:
    return bool(seen[True] and seen[False] + seen[ERROR])


@pytest.mark.parametrize(
    ("kind", "where", "good", "bad"),
    [
        ("GRPCRoute", ("rules",), [{"matches": [{}] * 64}] * 2, [{"matches": [{}] * 64}] * 3),
        ("Gateway", ("infrastructure", "annotations"), {"a" * 252: ""}, {"a" * 253: ""}),
    ],
)
def test_rules_about_large_values(kind: str, where: tuple[str, ...], good: Any, bad: Any) -> None:
    schema = _store().find("gateway.networking.k8s.io", "v1", kind)
    assert schema is not None
    found = [
        (expression, type_)
        for path, expression, type_ in _with_paths(schema.document["properties"]["spec"], ())
        if path == where and expression.endswith(BY_HAND)
    ]
    assert found
    for expression, type_ in found:
        program = compile_expression(expression, type_, BOOL)
        for value, verdict in ((good, True), (bad, False)):
            assert ours(program, value) is verdict
            assert judge(expression, for_judge(value, type_)) is verdict


def _with_paths(schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, Type]]:
    for rule in schema.get("x-kubernetes-validations", ()):
        kind = type_of(schema)
        assert kind is not None
        yield path, rule["rule"], kind
    for name, child in schema.get("properties", {}).items():
        yield from _with_paths(child, (*path, name))


def test_all_rules_are_checked() -> None:
    for gvk in _kinds():
        schema = _store().find(*gvk)
        assert schema is not None
        assert schema.unchecked_rules == ()
