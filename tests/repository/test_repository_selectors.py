"""Selectors of kustomize, and variables that are left."""

from __future__ import annotations

import pytest

from nimfleet.manifest.identity import ObjectId
from nimfleet.repository.selectors import Candidate, What, images, matches, selects
from nimfleet.repository.variables import escaped, left

WEB = Candidate(
    ObjectId("apps", "v1", "Deployment", "shop", "web"),
    {"metadata": {"labels": {"app": "web", "tier": "front"}, "annotations": {"team": "a"}}},
)


@pytest.mark.parametrize(
    ("target", "want"),
    [
        ({}, True),
        ({"kind": "Deployment"}, True),
        ({"kind": "Deploy"}, False),
        ({"kind": "Deployment|StatefulSet"}, True),
        ({"name": "w.*", "group": "apps", "version": "v1", "namespace": "shop"}, True),
        ({"name": "we"}, False),
        ({"namespace": "default"}, False),
        ({"name": "("}, True),
        ({"labelSelector": "app=web"}, True),
        ({"labelSelector": "app==web,tier in (front, back)"}, True),
        ({"labelSelector": "tier notin (front)"}, False),
        ({"labelSelector": "app!=web"}, False),
        ({"labelSelector": "app"}, True),
        ({"labelSelector": "!app"}, False),
        ({"labelSelector": "!other,tier"}, True),
        ({"annotationSelector": "team=b"}, False),
    ],
    ids=str,
)
def test_a_target_selects_as_kustomize_does(target: dict[str, str], want: bool) -> None:
    assert selects(target, WEB) is want


def test_an_object_written_without_a_namespace_may_be_in_any() -> None:
    plain = Candidate(ObjectId("", "v1", "ConfigMap", "", "a"), {})
    assert selects({"namespace": "shop"}, plain)


def test_images_are_those_of_containers_without_tag_and_digest() -> None:
    value = {
        "spec": {
            "image": "not/this:1",
            "initContainers": [{"image": "host:5000/init"}],
            "template": {"containers": [{"image": "a/b:1.0@sha256:0"}, {"name": "none"}, "odd"]},
        }
    }
    assert sorted(images(value)) == ["a/b", "host:5000/init"]
    there = [Candidate(WEB.id, value)]
    assert matches({"name": "old", "newName": "a/b"}, there, what=What.IMAGE)
    assert not matches({"name": "not/this"}, there, what=What.IMAGE)


def test_variables_are_found_in_texts_and_keys() -> None:
    value = {"a": ["x${ONE}y${ONE}", "$${TWO}", "${THREE:=3}"], "${KEY}": 1, "b": 5}
    assert list(left(value)) == [(("a", 0), "ONE"), (("${KEY}",), "KEY")]


@pytest.mark.parametrize(
    ("text", "want"), [("a: $${X}", True), ("a: ${X}", False), ("a: $${X} ${X}", False), ("a: $${Y}", False)]
)
def test_an_escaped_variable_is_told_from_one_that_is_left(text: str, want: bool) -> None:
    assert escaped(text, "X") is want
