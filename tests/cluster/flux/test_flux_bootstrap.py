"""The order in which Flux brings up clusters, and what keeps it from doing so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nimfleet.cluster.flux.bootstrap import bootstrap_of
from nimfleet.cluster.flux.events import Why
from nimfleet.cluster.flux.graph import graph_of
from nimfleet.cluster.flux.story import chapters
from nimfleet.cluster.model import Cluster
from nimfleet.engine.clusters import load_clusters
from nimfleet.manifest.emit import dump

PROJECT = Path(__file__).resolve().parents[3]
Make = Callable[[dict[str, list[dict[str, Any]]]], Cluster]


def kustomization(name: str, *depends: str, **spec: Any) -> dict[str, Any]:
    """A Kustomization of the folder that is named like it."""
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "flux-system"},
        "spec": {
            "interval": "10m",
            "path": f"./{name}",
            "prune": True,
            "sourceRef": {"kind": "GitRepository", "name": "flux-system"},
            "dependsOn": [{"name": other} for other in depends],
            **spec,
        },
    }


def release(name: str, *depends: str, chart: str = "", **spec: Any) -> dict[str, Any]:
    """A HelmRelease of a chart from a HelmRepository."""
    return {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": name, "namespace": "flux-system"},
        "spec": {
            "interval": "1h",
            "chart": {"spec": {"chart": chart or name, "sourceRef": {"kind": "HelmRepository", "name": "charts"}}},
            "dependsOn": [{"name": other} for other in depends],
            **spec,
        },
    }


def plain(kind: str, name: str, api: str = "v1", namespace: str = "", **more: Any) -> dict[str, Any]:
    """Any other object."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **more}


CHARTS = plain(
    "HelmRepository", "charts", "source.toolkit.fluxcd.io/v1", "flux-system", spec={"url": "https://charts.example.com"}
)


def order(cluster: Cluster) -> dict[str, int]:
    """The step of each event."""
    return {f"{one.object.id.name} {one.what}": s.number for s in bootstrap_of(cluster).steps for one in s.events}


def told(cluster: Cluster) -> dict[str, tuple[str, ...]]:
    """What is told of each event."""
    return {f"{one.object.id.name} {one.what}": why for c in chapters(bootstrap_of(cluster)) for one, why in c.events}


def reasons(cluster: Cluster) -> list[frozenset[Why]]:
    return [deadlock.reasons for deadlock in bootstrap_of(cluster).deadlocks]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Write objects to files, and give the one cluster that they are."""
    monkeypatch.setenv("PATH", str(PROJECT / ".bin"), prepend=":")

    def maker(files: dict[str, list[dict[str, Any]]]) -> Cluster:
        for name, objects in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(map(dump, objects)), encoding="utf-8")
        (cluster,) = load_clusters([tmp_path], root=tmp_path)
        return cluster

    return maker


@pytest.fixture(scope="module")
def prod() -> Cluster:
    (cluster,) = load_clusters([PROJECT / "clusters" / "prod"], root=PROJECT)
    return cluster


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_our_own_environments_come_up(name: str) -> None:
    (cluster,) = load_clusters([PROJECT / "clusters" / name], root=PROJECT)
    found = bootstrap_of(cluster)
    assert found.blocked == ()
    happened = [one for step in found.steps for one in step.events]
    assert len(happened) == len(set(happened)) == len(found.needs)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("flux-system ready", "nim-sources ready"),
        ("nim-sources ready", "nim-controllers applied"),
        ("cert-manager ready", "k8s-nim-operator ready"),
        ("karpenter-crd ready", "karpenter installing"),
        ("k8s-nim-operator ready", "nim-controllers ready"),
        ("nim-controllers ready", "nim-configs applied"),
        ("aws-secrets-manager ready", "ngc-api-secret ready"),
        ("nim-configs ready", "nim-model-embedding applied"),
    ],
)
def test_production_comes_up_in_its_layers(prod: Cluster, first: str, then: str) -> None:
    found = order(prod)
    assert found[first] < found[then]


def test_a_service_waits_for_its_cache_and_a_cache_for_secrets_and_nodes(prod: Cluster) -> None:
    (cache,) = [item for item in prod.kind("apps.nvidia.com", "NIMCache") if item.id.name.startswith("embedding")]
    found = told(prod)
    assert found["embedding ready"] == (f"NIMCache {cache.id.name}",)
    assert {"Secret nim-service/ngc-secret", "Secret nim-service/ngc-api-secret", "NodePool g6"} <= set(
        found[f"{cache.id.name} ready"]
    )


def test_what_a_reason_includes_is_not_told_again(prod: Cluster) -> None:
    assert told(prod)["nim-configs applied"] == ("Kustomization nim-controllers (dependsOn)",)


def test_what_flux_bootstrap_leaves_is_there_from_the_start(make: Make) -> None:
    source = plain(
        "GitRepository", "flux-system", "source.toolkit.fluxcd.io/v1", "flux-system", spec={"url": "https://x"}
    )
    entry = kustomization("flux-system", path="./clusters/a")
    cluster = make(
        {
            "clusters/a/flux-system/sync.yaml": [source, entry],
            "clusters/a/map.yaml": [plain("ConfigMap", "a", namespace="x")],
        }
    )
    assert bootstrap_of(cluster).blocked == ()


@pytest.mark.parametrize(
    ("spec", "waits"),
    [({"wait": True}, True), ({}, False), ({"healthChecks": "release"}, True), ({"healthChecks": "other"}, False)],
    ids=["wait", "nothing", "health check", "another health check"],
)
def test_a_kustomization_is_ready_when_what_it_waits_for_is(make: Make, spec: dict[str, Any], waits: bool) -> None:
    if "healthChecks" in spec:
        check = {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "namespace": "flux-system"}
        spec = {"healthChecks": [{**check, "name": "karpenter" if spec["healthChecks"] == "release" else "other"}]}
    cluster = make({"flux.yaml": [kustomization("base", **spec)], "base/a.yaml": [CHARTS, release("karpenter")]})
    found = order(cluster)
    assert (found["base ready"] > found["karpenter ready"]) is waits
    (unit,) = cluster.units
    (item,) = cluster.kind("helm.toolkit.fluxcd.io", "HelmRelease")
    assert graph_of(cluster).waits_for(unit, item) is waits


@pytest.mark.parametrize("expression", [True, False])
def test_a_cache_is_waited_for_only_with_an_expression(make: Make, expression: bool) -> None:
    check = {"apiVersion": "apps.nvidia.com/v1alpha1", "kind": "NIMCache"}
    spec = {"healthCheckExprs": [{**check, "current": "status.state == 'Ready'"}]} if expression else {}
    cache = plain("NIMCache", "llama", "apps.nvidia.com/v1alpha1", "default", spec={})
    cluster = make(
        {
            "flux.yaml": [kustomization("operator"), kustomization("models", wait=True, **spec)],
            "operator/a.yaml": [CHARTS, release("k8s-nim-operator")],
            "models/cache.yaml": [cache],
        }
    )
    found = order(cluster)
    assert (found["models ready"] > found["llama ready"]) is expression
    assert found["models applied"] > found["k8s-nim-operator installing"]


def test_crds_of_a_release_are_there_before_it_is_ready(make: Make) -> None:
    pool = plain("NodePool", "gpu", "karpenter.sh/v1", spec={})
    cluster = make(
        {
            "flux.yaml": [kustomization("controllers"), kustomization("pools")],
            "controllers/a.yaml": [CHARTS, release("karpenter")],
            "pools/pool.yaml": [pool],
        }
    )
    found = order(cluster)
    assert found["karpenter installing"] < found["pools applied"] <= found["karpenter ready"] + 1
    (unit,) = [unit for unit in cluster.units if unit.id.name == "pools"]
    (item,) = cluster.kind("helm.toolkit.fluxcd.io", "HelmRelease")
    assert not graph_of(cluster).ready_before(unit, item)


def test_crds_that_helm_is_told_to_skip_are_not_there(make: Make) -> None:
    skipped = release("karpenter", install={"crds": "Skip"})
    cluster = make(
        {
            "flux.yaml": [kustomization("all")],
            "all/a.yaml": [CHARTS, skipped, release("karpenter-crd")],
        }
    )
    assert order(cluster)["karpenter ready"] > order(cluster)["karpenter-crd installing"]


def test_a_kustomization_for_another_cluster_applies_nothing_to_this_one(make: Make) -> None:
    remote = kustomization("remote", kubeConfig={"secretRef": {"name": "other"}})
    cluster = make(
        {
            "flux.yaml": [remote, kustomization("here")],
            "remote/a.yaml": [plain("ConfigMap", "same", namespace="x")],
            "here/a.yaml": [plain("ConfigMap", "same", namespace="x")],
        }
    )
    graph = graph_of(cluster)
    (unit,) = [unit for unit in cluster.units if unit.id.name == "remote"]
    assert graph.objects(unit) == ()
    for item in cluster.kind("", "ConfigMap"):
        assert [other.id.name for other in graph.units_of(item)] == ["here"]


@pytest.mark.parametrize(
    ("files", "want"),
    [
        pytest.param(
            {"flux.yaml": [kustomization("a", "b"), kustomization("b", "a")], "a/a.yaml": [], "b/b.yaml": []},
            {Why.DEPENDENCY, Why.PARTS},
            id="depends on each other",
        ),
        pytest.param(
            {
                "flux.yaml": [kustomization("root", wait=True)],
                "root/a.yaml": [kustomization("a", "root")],
                "a/a.yaml": [],
            },
            {Why.DEPENDENCY, Why.PARTS, Why.WAIT},
            id="a child that its parent waits for",
        ),
        pytest.param(
            {
                "flux.yaml": [kustomization("a")],
                "a/all.yaml": [CHARTS, release("karpenter"), plain("NodePool", "p", "karpenter.sh/v1", spec={})],
            },
            {Why.KIND, Why.APPLIER},
            id="a custom resource beside its release",
        ),
        pytest.param(
            {
                "flux.yaml": [kustomization("a"), kustomization("b", "a")],
                "b/ns.yaml": [plain("Namespace", "team")],
                "a/map.yaml": [plain("ConfigMap", "m", namespace="team")],
            },
            {Why.NAMESPACE, Why.PARTS, Why.DEPENDENCY},
            id="a namespace that comes later",
        ),
        pytest.param(
            {"flux.yaml": [kustomization("a", suspend=True)], "a/map.yaml": [plain("ConfigMap", "m", namespace="x")]},
            {Why.SUSPENDED},
            id="suspended",
        ),
        pytest.param(
            {"flux.yaml": [kustomization("a", "nowhere")], "a/map.yaml": [plain("ConfigMap", "m", namespace="x")]},
            {Why.DEPENDENCY},
            id="depends on nothing",
        ),
    ],
)
def test_deadlocks_say_why(make: Make, files: dict[str, list[dict[str, Any]]], want: set[Why]) -> None:
    for name, objects in files.items():
        if not objects:
            objects.append(plain("ConfigMap", name.partition("/")[0], namespace="x"))
    cluster = make(files)
    assert reasons(cluster) == [frozenset(want)]
    assert bootstrap_of(cluster).blocked


def test_a_kustomization_is_told_to_wait_for_who_applies_it_and_not_for_its_own_namespace(make: Make) -> None:
    cluster = make(
        {
            "flux.yaml": [kustomization("root")],
            "root/apps.yaml": [kustomization("apps")],
            "apps/app.yaml": [plain("Namespace", "team"), plain("ConfigMap", "a", namespace="team")],
        }
    )
    assert told(cluster)["apps applied"] == ("Kustomization root, which applies it",)


def test_an_entry_that_is_written_twice_is_the_one_that_flux_applies(make: Make) -> None:
    cluster = make(
        {
            "clusters/a/flux-system/sync.yaml": [kustomization("flux-system", path="./clusters/a")],
            "clusters/a/flux-system/kustomization.yaml": [
                {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": ["sync.yaml"]}
            ],
            "clusters/a/app.yaml": [plain("ConfigMap", "a", namespace="x")],
        }
    )
    assert len(cluster.units) == len(graph_of(cluster).units) == 1
    assert bootstrap_of(cluster).blocked == ()


def test_a_crd_that_nothing_brings_keeps_its_objects_out(make: Make) -> None:
    rule = plain("PrometheusRule", "r", "monitoring.coreos.com/v1", "default", spec={"groups": []})
    cluster = make({"flux/a.yaml": [kustomization("a")], "a/rule.yaml": [rule]})
    assert reasons(cluster) == [frozenset({Why.KIND})]
    assert "which nothing brings" in bootstrap_of(cluster).deadlocks[0].links[0].need.words


def test_an_expression_of_a_dependency_asks_only_that_it_is_there(make: Make) -> None:
    expression = {"name": "b", "readyExpr": "dep.status.observedGeneration > 0"}
    files = {
        "flux/all.yaml": [kustomization("a", dependsOn=[expression]), kustomization("b", "a")],
        "a/one.yaml": [plain("ConfigMap", "one", namespace="default")],
        "b/two.yaml": [plain("ConfigMap", "two", namespace="default")],
    }
    cluster = make(files)
    assert bootstrap_of(cluster).blocked == ()
    happened = order(cluster)
    assert happened["a ready"] < happened["b applied"]
