"""Core kinds come from the installed kubernetes-validate package."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from nimfleet.errors import UsageError
from nimfleet.schema.check import check
from nimfleet.schema.core import core_schemas, minor_versions, normalise_minor
from nimfleet.schema.model import Schema

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
        "template": {
            "metadata": {"labels": {"app": "web"}, "creationTimestamp": None},
            "spec": {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80}]}]},
        },
    },
}


def find(group: str, version: str, kind: str, minor: str = "1.34") -> Schema:
    schema = core_schemas(minor).find(group, version, kind)
    assert schema is not None
    return schema


def test_versions() -> None:
    versions = minor_versions()
    assert versions[0] == "1.25"
    assert {"1.34", "1.37"} <= set(versions)
    assert core_schemas("v1.34.2").minor == "1.34"
    assert normalise_minor("1.34.2-eks-abc") == "1.34"


def test_a_version_without_schemas_lists_those_that_have() -> None:
    with pytest.raises(UsageError, match=r"no schemas for Kubernetes 1\.99; known are 1\.25, .*1\.37"):
        core_schemas("1.99")
    with pytest.raises(UsageError, match="`latest` is not a Kubernetes version"):
        core_schemas("latest")


def test_kinds_follow_the_version() -> None:
    old, new = core_schemas("1.25"), core_schemas("1.34")
    assert old.find("autoscaling", "v2beta2", "HorizontalPodAutoscaler") is not None
    assert new.find("autoscaling", "v2beta2", "HorizontalPodAutoscaler") is None
    assert new.versions("autoscaling", "HorizontalPodAutoscaler") == ("v1", "v2")
    assert new.known_group("apps") and new.known_group("")
    assert not new.known_group("apps.nvidia.com")
    assert ("", "v1", "Pod") in new.kinds()
    assert new.find("", "v1", "DeleteOptions") is None


def test_scope() -> None:
    assert find("", "v1", "Namespace").scope == "Cluster"
    assert find("apps", "v1", "Deployment").scope == "Namespaced"


def test_a_good_deployment() -> None:
    assert check(DEPLOYMENT, find("apps", "v1", "Deployment")) == []


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("image",), "x", "unknown field spec.image; a field of this name belongs at spec.template.spec.containers[].image"),
        (("replicas",), "2", 'spec.replicas must be an integer, found the string "2"'),
        (("replicas",), 2**31, "spec.replicas must be at most 2147483647, found 2147483648"),
        (("strategy", "rollingUpdate", "maxSurge"), [1],
         "spec.strategy.rollingUpdate.maxSurge must be an integer or a string, found the list [1]"),
        (("selector",), ..., "spec.selector is required, but missing"),
    ],
)  # fmt: skip
def test_a_bad_deployment(path: tuple[str, ...], value: Any, message: str) -> None:
    document = copy.deepcopy(DEPLOYMENT)
    node = document["spec"]
    for part in path[:-1]:
        node = node[part]
    if value is ...:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    (violation,) = check(document, find("apps", "v1", "Deployment"))
    assert violation.message == message


def test_secret_data_is_base64() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "aGk="}}
    assert check(secret, find("", "v1", "Secret")) == []
    assert [v.pointer for v in check(secret | {"data": {"k": "hi there"}}, find("", "v1", "Secret"))] == [("data", "k")]


def test_a_recursive_kind() -> None:
    """A CustomResourceDefinition's schema refers to itself."""
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "names": {"kind": "Widget", "plural": "widgets"},
            "scope": "Namespaced",
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"a": {"type": "object"}}}},
                }
            ],
        },
    }
    schema = find("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
    assert check(definition, schema) == []
    bad = copy.deepcopy(definition)
    bad["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["a"]["typo"] = 1  # type: ignore[index]
    assert [v.keyword for v in check(bad, schema)] == ["unknown-field"]


def test_every_kind_of_every_version_compiles() -> None:
    for minor in (minor_versions()[0], minor_versions()[-1]):
        core = core_schemas(minor)
        for gvk in core.kinds():
            schema = core.find(*gvk)
            assert schema is not None
            assert schema.validator.is_valid({"apiVersion": schema.api_version, "kind": []}) is False
