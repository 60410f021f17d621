"""Selectors of kustomize, and variables that are left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nimfleet.manifest.emit import dump
from nimfleet.manifest.identity import ObjectId
from nimfleet.repository.load import Loader
from nimfleet.repository.selectors import Candidate, What, images, matches, selects
from nimfleet.repository.variables import escaped, left

PROJECT = Path(__file__).resolve().parents[2]
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


TARGETS: list[dict[str, str]] = [
    {},
    {"kind": "Deployment"},
    {"kind": "deployment"},
    {"kind": "Deploy"},
    {"kind": "Deploy.*"},
    {"group": "apps"},
    {"group": "app"},
    {"version": "v1"},
    {"version": "v1", "group": "batch"},
    {"name": "web"},
    {"name": "we"},
    {"name": "web|shop"},
    {"name": "^web$"},
    {"name": ".*"},
    {"namespace": "team"},
    {"namespace": "default"},
    {"namespace": "tea"},
    {"labelSelector": "app=web"},
    {"labelSelector": "app==web,tier!=back"},
    {"labelSelector": "app!=web"},
    {"labelSelector": "app in (web,shop)"},
    {"labelSelector": "app notin (web)"},
    {"labelSelector": "tier"},
    {"labelSelector": "!tier"},
    {"annotationSelector": "owner=a"},
    {"annotationSelector": "owner"},
    {"kind": "ConfigMap", "name": "web"},
]


def _object(api: str, kind: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": metadata}


def test_selecting_agrees_with_kustomize(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each target marks what it selects in one build by the real kustomize."""
    monkeypatch.setenv("PATH", str(PROJECT / ".bin"), prepend=":")
    objects = [
        _object("apps/v1", "Deployment", name="web", labels={"app": "web", "tier": "front"}),
        _object("apps/v1", "StatefulSet", name="shop", namespace="team", labels={"app": "shop"}),
        _object("v1", "ConfigMap", name="web", namespace="default", annotations={"owner": "a"}),
        _object("batch/v1", "Job", name="web-1", labels={"tier": "back"}),
    ]
    patches = [
        {"target": target, "patch": f"- op: add\n  path: /mark{number}\n  value: true\n"}
        for number, target in enumerate(TARGETS)
    ]
    (tmp_path / "objects.yaml").write_text("".join(map(dump, objects)), encoding="utf-8")
    (tmp_path / "kustomization.yaml").write_text(
        dump({"resources": ["objects.yaml"], "patches": patches}), encoding="utf-8"
    )
    loading = Loader(tmp_path, [tmp_path])
    loading.start()
    built = {item.id.kind: item.value for item in loading.finish().objects}
    assert len(built) == len(objects)
    for number, target in enumerate(TARGETS):
        for value in objects:
            identity = ObjectId.of(value)
            assert identity is not None
            marked = f"mark{number}" in built[identity.kind]
            lenient = identity.namespace == "" and "namespace" in target
            assert lenient or selects(target, Candidate(identity, value)) is marked, (target, identity)
            assert not marked or selects(target, Candidate(identity, value))
