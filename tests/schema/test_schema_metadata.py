"""Names, labels and annotations: each rule with a fault and a near miss."""

from __future__ import annotations

from typing import Any

import pytest
from schema_helpers import spec_schema, widget

from nimfleet.schema.check import check
from nimfleet.schema.metadata import MAX_ANNOTATION_BYTES, metadata_problems


def problems(metadata: Any, group: str = "example.com", kind: str = "Widget") -> list[tuple[str, ...]]:
    return [
        tuple(str(part) for part in pointer) for pointer, _, _ in metadata_problems({"metadata": metadata}, group, kind)
    ]


@pytest.mark.parametrize(
    ("good", "bad", "where"),
    [
        ({"name": "a.b-c"}, {"name": "a_b"}, ("metadata", "name")),
        ({"name": "a" * 253}, {"name": "a" * 254}, ("metadata", "name")),
        ({"name": "a"}, {"name": "Upper"}, ("metadata", "name")),
        ({"generateName": "a-"}, {"namespace": "x"}, ("metadata",)),
        ({"generateName": "a-"}, {"generateName": "A-"}, ("metadata", "generateName")),
        ({"name": "a", "namespace": "nim"}, {"name": "a", "namespace": "n.im"}, ("metadata", "namespace")),
        (
            {"name": "a", "labels": {"app.kubernetes.io/name": "x_Y.z"}},
            {"name": "a", "labels": {"app.kubernetes.io/name": "-x"}},
            ("metadata", "labels", "app.kubernetes.io/name"),
        ),
        (
            {"name": "a", "labels": {"k": "v" * 63, "empty": ""}},
            {"name": "a", "labels": {"k": "v" * 64}},
            ("metadata", "labels", "k"),
        ),
        (
            {"name": "a", "labels": {"x.y/" + "k" * 63: ""}},
            {"name": "a", "labels": {"X/k": ""}},
            ("metadata", "labels", "X/k"),
        ),
        (
            {"name": "a", "annotations": {"Example.com/k": "any text\n"}},
            {"name": "a", "annotations": {"a b": ""}},
            ("metadata", "annotations", "a b"),
        ),
        (
            {"name": "a", "annotations": {"k": "x" * (MAX_ANNOTATION_BYTES - 1)}},
            {"name": "a", "annotations": {"k": "x" * MAX_ANNOTATION_BYTES}},
            ("metadata", "annotations"),
        ),
        (
            {"name": "a", "finalizers": ["example.com/clean"]},
            {"name": "a", "finalizers": ["example.com/"]},
            ("metadata", "finalizers", "0"),
        ),
        (
            {"name": "a", "ownerReferences": [{"apiVersion": "v1", "kind": "K", "name": "n", "uid": "u"}]},
            {"name": "a", "ownerReferences": [{"apiVersion": "v1", "kind": "K", "name": "n"}]},
            ("metadata", "ownerReferences", "0"),
        ),
    ],
)
def test_metadata(good: dict[str, Any], bad: dict[str, Any], where: tuple[str, ...]) -> None:
    assert problems(good) == []
    assert problems(bad) == [where]


def test_only_one_controller() -> None:
    owner = {"apiVersion": "v1", "kind": "K", "name": "n", "uid": "u", "controller": True}
    assert problems({"name": "a", "ownerReferences": [owner, owner | {"controller": False}]}) == []
    assert problems({"name": "a", "ownerReferences": [owner, owner]}) == [("metadata", "ownerReferences")]


def test_missing_metadata() -> None:
    assert problems(None) == [()]


def test_requests_and_lists_need_no_name() -> None:
    assert problems({}, "authentication.k8s.io", "TokenReview") == []
    assert list(metadata_problems({"metadata": {}, "items": []}, "", "PodList")) == []
    assert problems({}, "example.com", "TokenReview") == [("metadata",)]
    assert problems({}, "example.com", "PriceList") == [("metadata",)]


@pytest.mark.parametrize(
    ("group", "kind", "good", "bad"),
    [
        ("", "Service", "a1", "1a"),
        ("", "Namespace", "1a", "a.b"),
        ("rbac.authorization.k8s.io", "ClusterRole", "system:Node", "a/b"),
        ("apps", "Deployment", "a.b", "system:node"),
    ],
)
def test_names_of_core_kinds(group: str, kind: str, good: str, bad: str) -> None:
    assert problems({"name": good}, group, kind) == []
    assert problems({"name": bad}, group, kind) == [("metadata", "name")]


EMBEDDED = {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}


@pytest.mark.parametrize(
    ("change", "pointer", "words"),
    [
        ({}, None, ""),
        ({"metadata": {"name": "Any_Name", "labels": {"a": "b"}}}, None, ""),
        ({"metadata": {"name": "a/b"}}, ("metadata", "name"), "must not be `.` or `..`"),
        ({"metadata": {"generateName": "a%"}}, ("metadata", "generateName"), "must not be `.` or `..`"),
        ({"metadata": {"labels": {"a": "?"}}}, ("metadata", "labels", "a"), "value `?` of label `a`"),
        ({"metadata": {"annotations": {"?": ""}}}, ("metadata", "annotations", "?"), "annotation key `?`"),
        ({"metadata": {"namespace": "A"}}, ("metadata", "namespace"), "must be a DNS label"),
        ({"apiVersion": "a/b/c"}, ("apiVersion",), "a group and a version with one `/` between"),
        ({"kind": "9Lives"}, ("kind",), "must be a DNS label that begins with a letter"),
    ],
)
def test_metadata_of_embedded_resources(change: dict[str, Any], pointer: tuple[str, ...] | None, words: str) -> None:
    resource = {"apiVersion": "v1", "kind": "ConfigMap", **change}
    for node, value, place in (
        (EMBEDDED, resource, ()),
        ({"type": "array", "items": EMBEDDED}, [resource], (0,)),
        ({"type": "object", "additionalProperties": EMBEDDED}, {"k": resource}, ("k",)),
    ):
        violations = check(widget({"f": value}), spec_schema(f=node))
        if pointer is None:
            assert violations == []
            continue
        (violation,) = violations
        assert violation.pointer == ("spec", "f", *place, *pointer)
        assert violation.keyword == "metadata"
        assert words in violation.message
