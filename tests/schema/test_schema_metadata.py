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


OWNER = {"apiVersion": "apps/v1", "kind": "K", "name": "n", "uid": "u"}


def test_only_one_controller() -> None:
    first, second = OWNER | {"controller": True}, OWNER | {"uid": "v"}
    assert problems({"name": "a", "ownerReferences": [first, second | {"controller": False}]}) == []
    assert problems({"name": "a", "ownerReferences": [first, second | {"controller": True}]}) == [
        ("metadata", "ownerReferences")
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"apiVersion": "a/b/c"}, "apiVersion"),
        ({"apiVersion": "apps/"}, "apiVersion"),
        ({"apiVersion": "v1", "kind": "Event"}, "kind"),
    ],
)
def test_owners_that_cannot_be(change: dict[str, str], field: str) -> None:
    assert problems({"name": "a", "ownerReferences": [OWNER | change]}) == [("metadata", "ownerReferences", "0", field)]


def test_lists_of_metadata_hold_nothing_twice() -> None:
    assert problems({"name": "a", "ownerReferences": [OWNER, OWNER]}) == [("metadata", "ownerReferences", "1", "uid")]
    assert problems({"name": "a", "finalizers": ["a.b/c", "a.b/c"]}) == [("metadata", "finalizers", "1")]


def test_finalizers_of_kubernetes_itself_need_a_domain() -> None:
    value = {"metadata": {"name": "a", "finalizers": ["x", "orphan", "a.b/c"]}}
    assert [pointer for pointer, _, _ in metadata_problems(value, "apps", "Deployment", minor="1.34")] == [
        ("metadata", "finalizers", 0)
    ]
    assert not list(metadata_problems(value, "policy", "PodDisruptionBudget", minor="1.34"))
    assert problems({"name": "a", "finalizers": ["x", None]}) == [("metadata", "finalizers", "1")]
    assert problems({"name": "a", "finalizers": ["orphan", "foregroundDeletion"]}) == [("metadata", "finalizers")]


@pytest.mark.parametrize("prefix", ["web-", "a" * 58 + "-", "a" * 250, "web_-"])
def test_good_prefixes(prefix: str) -> None:
    """The last two characters before a `-` at the end are not looked at, but the whole name is."""
    found = problems({"generateName": prefix})
    assert found == ([("metadata", "generateName")] if "_" in prefix else [])


@pytest.mark.parametrize("prefix", ["Web-", "-", "web.", "a/b-"])
def test_bad_prefixes(prefix: str) -> None:
    assert problems({"generateName": prefix}) == [("metadata", "generateName")]
    assert problems({"name": "web", "generateName": prefix}) == [("metadata", "generateName")]


def test_names_of_services_may_begin_with_a_digit_from_1_36_on() -> None:
    value = {"metadata": {"name": "1web"}}
    assert list(metadata_problems(value, "", "Service", minor="1.35"))
    assert not list(metadata_problems(value, "", "Service", minor="1.36"))


def test_the_namespace_of_a_cluster_scoped_object_is_cleared() -> None:
    value = {"metadata": {"name": "a", "namespace": "A b"}}
    assert list(metadata_problems(value, "", "Pod"))
    assert not list(metadata_problems(value, "", "Namespace", namespaced=False))


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
