"""What HelmReleases install: chart, version, values, and who waits for whom."""

from __future__ import annotations

from typing import Any

import pytest

from nimfleet.catalog.chart_values import ChartValues
from nimfleet.cluster.helm.releases import Release, declared, dependents, releases, releases_of, sees_all
from nimfleet.cluster.helm.shapes import known, unknown_keys, without_nulls, wrong_types
from nimfleet.cluster.helm.version import is_exact, same, same_major
from nimfleet.cluster.model import Cluster, Profile, Unit, World
from nimfleet.config.model import External
from nimfleet.manifest.identity import ObjectId
from nimfleet.repository.model import KubeObject, Place
from nimfleet.rules.helm import value_type, values_schema


def obj(kind: str, name: str, spec: Any, group: str = "helm.toolkit.fluxcd.io/v2", **more: Any) -> KubeObject:
    value = {"apiVersion": group, "kind": kind, "metadata": {"name": name, "namespace": "flux-system"}, "spec": spec}
    value.update(more)
    identity = ObjectId.of(value)
    assert identity is not None
    return KubeObject(identity, value, None, "", lambda pointer: Place("file.yaml", 1, 1))


def cluster(*objects: KubeObject, world: World = World.PART, **more: Any) -> Cluster:
    return Cluster("", world, Profile.STANDARD, "1.34", {}, objects, **more)


def source(kind: str, name: str, **spec: Any) -> KubeObject:
    return obj(kind, name, spec, "source.toolkit.fluxcd.io/v1")


def template(chart: str, version: Any = "1.0.0", kind: str = "HelmRepository", name: str = "charts") -> dict[str, Any]:
    return {"chart": {"spec": {"chart": chart, "version": version, "sourceRef": {"kind": kind, "name": name}}}}


def only(*objects: KubeObject) -> Release:
    (found,) = releases(cluster(*objects))
    return found


def test_a_chart_of_a_repository() -> None:
    found = only(
        source("HelmRepository", "charts", url="https://charts.example.com/"),
        obj("HelmRelease", "own", template("demo", "1.2.3")),
    )
    assert (found.chart, found.version, found.url) == ("demo", "1.2.3", "https://charts.example.com/")
    assert found.version_pointer == ("spec", "chart", "spec", "version")
    assert (found.name, found.namespace, found.storage) == ("own", "flux-system", "flux-system")


@pytest.mark.parametrize(
    ("ref", "version", "field", "pinned"),
    [
        ({"tag": "1.2.3"}, "1.2.3", "tag", False),
        ({"tag": "1.2.3", "semver": ">=1"}, ">=1", "semver", False),
        ({"tag": "1.2.3", "digest": "sha256:00"}, "1.2.3", "digest", True),
        ({}, "", "tag", False),
    ],
)
def test_a_chart_of_an_oci_repository(ref: dict[str, str], version: str, field: str, pinned: bool) -> None:
    found = only(
        source("OCIRepository", "demo", url="oci://example.com/charts/demo", ref=ref),
        obj("HelmRelease", "own", {"chartRef": {"kind": "OCIRepository", "name": "demo"}, "targetNamespace": "apps"}),
    )
    assert (found.chart, found.version, found.pinned) == ("demo", version, pinned)
    assert found.version_pointer == ("spec", "ref", field)
    assert (found.name, found.namespace) == ("apps-own", "apps")


def test_a_chart_by_a_helm_chart_object_and_one_whose_source_is_elsewhere() -> None:
    chart = source("HelmChart", "demo", chart="demo", version="2.0.0", sourceRef={"kind": "GitRepository", "name": "x"})
    found = only(chart, obj("HelmRelease", "own", {"chartRef": {"kind": "HelmChart", "name": "demo"}}))
    assert (found.chart, found.version, found.version_object) == ("demo", "2.0.0", chart)
    lost = only(obj("HelmRelease", "own", {"chartRef": {"kind": "OCIRepository", "name": "gone"}}))
    assert (lost.chart, lost.version, lost.source) == ("", "", None)


@pytest.mark.parametrize("spec", [None, [], "text", {"chart": 1, "values": []}, {"dependsOn": "x", "valuesFrom": {}}])
def test_any_shape_can_be_read(spec: Any) -> None:
    assert only(obj("HelmRelease", "own", spec)).chart == ""


def config_map(name: str, **data: Any) -> KubeObject:
    return obj("ConfigMap", name, None, "v1", data=data)


def with_values(values: Any, *entries: dict[str, Any]) -> KubeObject:
    return obj("HelmRelease", "own", {**template("demo"), "values": values, "valuesFrom": list(entries)})


def test_values_are_merged_as_helm_does() -> None:
    found = only(
        config_map("base", **{"values.yaml": "a:\n  b: 1\n  c: [1, 2]\nd: 1\n"}),
        config_map("more", port="8080"),
        with_values(
            {"a": {"c": [3]}, "e": None},
            {"kind": "ConfigMap", "name": "base"},
            {"kind": "ConfigMap", "name": "more", "valuesKey": "port", "targetPath": "service.port"},
        ),
    )
    assert found.values == {"a": {"b": 1, "c": [3]}, "d": 1, "e": None, "service": {"port": "8080"}}
    assert found.whole
    item, pointer = found.at("a", "c")
    assert (item.id.kind, pointer) == ("HelmRelease", ("spec", "values", "a", "c"))
    item, pointer = found.at("d")
    assert (item.id.name, pointer) == ("base", ("data", "values.yaml"))


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "Secret", "name": "base"},
        {"kind": "ConfigMap", "name": "gone"},
        {"kind": "ConfigMap", "name": "base", "valuesKey": "broken"},
        {"kind": "ConfigMap", "name": "base", "valuesKey": "variable"},
        {"kind": "ConfigMap", "name": "base", "valuesKey": "list"},
        {"kind": "ConfigMap", "name": "base", "targetPath": "a[0].b"},
    ],
)
def test_what_cannot_be_read_leaves_the_values_open(entry: dict[str, Any]) -> None:
    data = {"values.yaml": "a: 1", "broken": "a: [", "variable": "a: ${x}", "list": "- 1"}
    found = only(config_map("base", **data), with_values({"b": 1}, entry))
    assert not found.whole
    assert found.values == {"b": 1}


def test_dependents_and_charts() -> None:
    first = obj("HelmRelease", "first", template("demo"))
    second = obj("HelmRelease", "second", {**template("other"), "dependsOn": [{"name": "first"}]})
    seen = cluster(first, second)
    (release,) = releases_of(seen, "demo")
    assert [other.object.id.name for other in dependents(seen, release)] == ["second"]
    assert list(dependents(seen, releases_of(seen, "other")[0])) == []


def test_a_world_with_another_repository_is_not_seen_whole() -> None:
    foreign = Unit(obj("Kustomization", "other", {}, "kustomize.toolkit.fluxcd.io/v1"), None, (), built=False)
    assert sees_all(cluster(world=World.COMPLETE))
    assert not sees_all(cluster(world=World.COMPLETE, units=(foreign,)))
    assert not sees_all(cluster(world=World.FOLDER))


def test_externals_are_globs() -> None:
    seen = cluster(externals=(External("CSIDriver", "*.csi.aws.com"),))
    assert declared(seen, "CSIDriver", "efs.csi.aws.com")
    assert not declared(seen, "StorageClass", "efs.csi.aws.com")


@pytest.mark.parametrize(
    ("version", "exact"),
    [("1.2.3", True), ("v1.2.3", True), ("1.2.3-rc.1+b", True), ("1.2", False), ("1.2.x", False), (">=1.2.3", False)],
)
def test_exact_versions(version: str, exact: bool) -> None:
    assert is_exact(version) is exact


def test_versions_compare_without_their_v() -> None:
    assert same("v1.2.3", "1.2.3")
    assert not same("1.2.3", "1.2.4")
    assert same_major(">=1.2", "1.14.1")
    assert same_major("*", "1.14.1")
    assert not same_major("0.37.0", "1.14.1")


@pytest.mark.parametrize(
    ("version", "url", "expected"),
    [
        ("0.20.0", "https://nvidia.github.io/k8s-device-plugin", True),
        ("0.20.0", "https://mirror.example.com", True),
        ("0.17.1", "https://nvidia.github.io/k8s-device-plugin/", False),
        ("0.17.1", "https://mirror.example.com", None),
        ("1.0.0", "https://nvidia.github.io/k8s-device-plugin", None),
        ("${version}", "https://nvidia.github.io/k8s-device-plugin", None),
    ],
)
def test_what_is_known_of_a_version(version: str, url: str, expected: bool | None) -> None:
    release = only(
        source("HelmRepository", "charts", url=url),
        obj("HelmRelease", "own", template("nvidia-device-plugin", version)),
    )
    found = known(release)
    assert (found.exact if found else None) is expected


SHAPE = {"image": {"tag": "string", "pull": "boolean"}, "replicas": "number", "labels": "map", "list": "list"}
CHART = ChartValues("own", "1.2.3", "", {**SHAPE, "sub": "map"}, None, (("sub", "enabled"), ("image", "pull")))


@pytest.mark.parametrize(
    ("values", "path", "hint", "sure"),
    [
        ({"image": {"tagg": 1}}, ("image", "tagg"), "image.tag", True),
        ({"image": {"tga": 1}}, ("image", "tga"), "image.tag", True),
        ({"image": {"replicas": 1}}, ("image", "replicas"), "replicas", False),
        ({"image": {"labels": 1}}, ("image", "labels"), "labels", False),
        ({"Replicas": 1}, ("Replicas",), "replicas", True),
        ({"image.tag": "x"}, ("image.tag",), "image.tag", True),
        ({"replicaz-count": 1}, ("replicaz-count",), "", False),
        ({"entirely": 1}, ("entirely",), "", False),
    ],
)
def test_unknown_keys(values: dict[str, Any], path: tuple[str, ...], hint: str, sure: bool) -> None:
    (found,) = unknown_keys(values, SHAPE)
    assert (found.path, found.hint, found.sure) == (path, hint, sure)


def test_a_key_of_another_level_is_found() -> None:
    (found,) = unknown_keys({"clusterName": 1}, {"settings": {"clusterName": "string"}})
    assert found.hint == "settings.clusterName"


def test_open_mappings_and_nulls_are_left_alone() -> None:
    assert list(unknown_keys({"labels": {"any": 1}, "gone": None, 1: 2}, SHAPE)) == []


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"image": "x"}, ("a mapping", "a text")),
        ({"image": {"pull": "false"}}, ("true or false", "a text")),
        ({"replicas": {}}, ("a number", "a mapping")),
        ({"list": {"a": 1}}, ("a list", "a mapping")),
        ({"labels": 1}, ("a mapping", "a number")),
        ({"replicas": "two"}, ("a number", "a text")),
        ({"sub": {"enabled": "false"}}, ("true or false", "a text")),
        ({"sub": {"enabled": 0}}, ("true or false", "a number")),
    ],
)
def test_wrong_types(values: dict[str, Any], found: tuple[str, str]) -> None:
    (fault,) = wrong_types(values, CHART)
    assert (fault.expected, fault.found) == found


def test_a_switch_in_quotes_is_to_lose_them() -> None:
    (fault,) = wrong_types({"sub": {"enabled": "False"}}, CHART)
    assert (fault.path, fault.fix) == (("sub", "enabled"), "write `false` without quotes")


@pytest.mark.parametrize(
    "values",
    [
        {"replicas": "2"},
        {"image": {"tag": 1.2, "pull": "{{ x }}"}},
        {"list": "text"},
        {"labels": ["a"]},
        {"image": None},
        {"replicas": "${REPLICAS}"},
        {"sub": {"enabled": False}},
        {"sub": {"enabled": "${SWITCH}"}},
        {"sub": {}},
    ],
)
def test_what_templates_take_kindly_is_left_alone(values: dict[str, Any]) -> None:
    assert list(wrong_types(values, CHART)) == []


def test_nulls_take_defaults_away() -> None:
    assert without_nulls({"a": {"b": None, "c": 1}, "d": None}) == {"a": {"c": 1}}


def test_a_chart_with_a_schema_is_judged_by_it_alone() -> None:
    seen = cluster(
        source("OCIRepository", "cm", url="oci://quay.io/jetstack/charts/cert-manager", ref={"tag": "v1.21.1"}),
        obj(
            "HelmRelease",
            "cert-manager",
            {"chartRef": {"kind": "OCIRepository", "name": "cm"}, "values": {"crds": {"enabled": "yes", "keeps": 1}}},
        ),
    )
    assert list(value_type.check(seen)) == []
    pointers = {hit.pointer for hit in values_schema.check(seen)}
    assert pointers == {("spec", "values", "crds", "enabled"), ("spec", "values", "crds", "keeps")}
