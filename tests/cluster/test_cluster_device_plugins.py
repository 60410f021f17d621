"""On which NodePools a device plugin runs."""

from __future__ import annotations

from typing import Any

import pytest

from nimfleet.cluster.device_plugins import Absence, absence, brought_elsewhere, device_plugins, merge
from nimfleet.cluster.model import Cluster, Profile, World
from nimfleet.config.model import External
from nimfleet.manifest.identity import ObjectId
from nimfleet.repository.model import KubeObject, Place

TAINT = {"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}
PRESENT = {"nvidia.com/gpu.present": "true"}
LACKS_PRESENT = Absence(labels=("nvidia.com/gpu.present=true",))


def kube(group: str, kind: str, name: str, spec: Any, namespace: str = "") -> KubeObject:
    value = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    return KubeObject(ObjectId(group, "v1", kind, namespace, name), value, None, "", lambda _: Place("x.yaml", 1, 1))


def cluster(*objects: KubeObject, externals: tuple[External, ...] = ()) -> Cluster:
    return Cluster("", World.COMPLETE, Profile.STANDARD, "1.34", {}, objects, externals=externals)


def release(chart: str = "nvidia-device-plugin", values: Any = None, **more: Any) -> KubeObject:
    spec = {"chart": {"spec": {"chart": chart}}, "values": values or {}, **more}
    return kube("helm.toolkit.fluxcd.io", "HelmRelease", chart, spec, "flux-system")


def daemon_set(image: str, **spec: Any) -> KubeObject:
    pod = {"containers": [{"image": image}], **spec}
    return kube("apps", "DaemonSet", "plugin", {"template": {"spec": pod}}, "kube-system")


def pool(labels: Any = None, taints: Any = (TAINT,), requirements: Any = ()) -> KubeObject:
    spec = {"taints": list(taints), "requirements": list(requirements)}
    return kube("karpenter.sh", "NodePool", "g6", {"template": {"metadata": {"labels": labels or {}}, "spec": spec}})


def why(plugin: KubeObject, nodes: KubeObject, *others: KubeObject, whole: bool = True) -> Absence | None:
    (found,) = cluster(plugin, nodes, *others).once(device_plugins)
    return absence(found, nodes, whole=whole)


@pytest.mark.parametrize(
    ("values", "nodes", "expected"),
    [
        ({}, pool(), LACKS_PRESENT),
        ({}, pool(PRESENT), None),
        ({}, pool({"feature.node.kubernetes.io/pci-10de.present": "true"}), None),
        ({}, pool({"nvidia.com/gpu.present": "false"}), LACKS_PRESENT),
        ({"affinity": None}, pool(), None),
        ({"affinity": {}}, pool(), LACKS_PRESENT),
        ({"affinity": {"nodeAffinity": None}}, pool(), None),
        ({"nodeSelector": {"team": "x"}}, pool(PRESENT), Absence(labels=("team=x",))),
        ({"nodeSelector": {"team": "x"}}, pool({**PRESENT, "team": "x"}), None),
        ({"nodeSelector": {"karpenter.k8s.aws/instance-gpu-count": "1"}}, pool(PRESENT), None),
        ({}, pool(PRESENT, [{"key": "team", "effect": "NoSchedule"}]), Absence(taint="team:NoSchedule")),
        ({}, pool(PRESENT, [{"key": "team", "effect": "PreferNoSchedule"}]), None),
        ({"tolerations": [{"operator": "Exists"}]}, pool(PRESENT, [{"key": "team", "effect": "NoExecute"}]), None),
        ({"tolerations": []}, pool(PRESENT), Absence(taint="nvidia.com/gpu=true:NoSchedule")),
        # With gfd.enabled, the chart brings node feature discovery, which tolerates nvidia.com/gpu=present only.
        ({"gfd": {"enabled": True}}, pool(taints=[{**TAINT, "value": "present"}]), None),
        ({"gfd": {"enabled": True}, "nfd": {"worker": {"tolerations": [{"operator": "Exists"}]}}}, pool(), None),
        # helm/feature-discovery-tolerations says it.
        ({"gfd": {"enabled": True}}, pool(), None),
        ({"gfd": {"enabled": True}, "nfd": {"enabled": False}}, pool(), LACKS_PRESENT),
    ],
)
def test_the_chart_of_the_device_plugin_chooses_its_nodes(
    values: Any, nodes: KubeObject, expected: Absence | None
) -> None:
    assert why(release(values=values), nodes) == expected


@pytest.mark.parametrize(
    ("values", "nodes", "expected"),
    [
        ({}, pool(), None),
        ({}, pool(taints=[{"key": "team", "effect": "NoSchedule"}]), Absence(taint="team:NoSchedule")),
        ({"nfd": {"enabled": False}}, pool(), Absence(labels=("feature.node.kubernetes.io/pci-10de.present=true",))),
    ],
)
def test_the_gpu_operator_follows_feature_discovery(values: Any, nodes: KubeObject, expected: Absence | None) -> None:
    assert why(release("gpu-operator", values), nodes) == expected


def test_a_daemon_set_is_known_by_its_image() -> None:
    nvidia = daemon_set("nvcr.io/nvidia/k8s-device-plugin:v0.17.1", nodeSelector=PRESENT)
    neuron = daemon_set("public.ecr.aws/neuron/neuron-device-plugin:2.22.4.0")
    found = cluster(nvidia, neuron, daemon_set("busybox")).once(device_plugins)
    assert [plugin.resource for plugin in found] == ["nvidia.com/gpu", "aws.amazon.com/neuron"]
    assert why(nvidia, pool(taints=())) == LACKS_PRESENT
    assert why(nvidia, pool(taints=()), release("node-feature-discovery")) is None


def test_discovery_may_come_from_elsewhere() -> None:
    declared = (External("DaemonSet", "node-feature-discovery-worker"),)
    (found,) = cluster(release(), pool(), externals=declared).once(device_plugins)
    assert absence(found, pool(), whole=True) is None
    operator = release("gpu-operator", {"devicePlugin": {"enabled": False}})
    assert why(release(), pool(), operator) is None
    team = [{"key": "team", "effect": "NoSchedule"}]
    tolerant = release(values={"tolerations": [{"operator": "Exists"}]})
    assert why(tolerant, pool(taints=team), operator) == LACKS_PRESENT


def test_a_requirement_is_a_label_too() -> None:
    selector = {"affinity": None, "nodeSelector": {"team": "x"}}
    only = {"key": "team", "operator": "In", "values": ["y", "x"]}
    other = {"key": "team", "operator": "In", "values": ["y"]}
    assert why(release(values=selector), pool(requirements=[only])) is None
    assert why(release(values=selector), pool(requirements=[other])) == Absence(labels=("team=x",))


def test_nothing_is_said_where_something_is_not_known() -> None:
    secret = release(valuesFrom=[{"kind": "Secret", "name": "values"}])
    assert why(secret, pool()) is None
    assert why(release(), pool(), whole=False) is None


def test_what_is_switched_off_is_no_plugin() -> None:
    off = {"devicePlugin": {"enabled": False}}
    charts = ("nvidia-device-plugin", "gpu-operator", "neuron-helm-chart")
    assert cluster(*(release(chart, off) for chart in charts)).once(device_plugins) == ()


@pytest.mark.parametrize(
    ("external", "resource", "expected"),
    [
        (External("DaemonSet", "nvidia-device-plugin-daemonset"), "nvidia.com/gpu", True),
        (External("DaemonSet", "nvidia-*"), "nvidia.com/gpu", True),
        (External("DaemonSet", "gpu-operator-*"), "nvidia.com/gpu", True),
        (External("DaemonSet", "neuron-device-plugin"), "nvidia.com/gpu", False),
        (External("DaemonSet", "neuron-device-plugin"), "aws.amazon.com/neuron", True),
        (External("Secret", "nvidia-device-plugin"), "nvidia.com/gpu", False),
    ],
)
def test_a_plugin_can_be_declared(external: External, resource: str, expected: bool) -> None:
    assert brought_elsewhere(cluster(externals=(external,)), resource) is expected


def test_values_are_merged_as_helm_does() -> None:
    defaults = {"a": {"b": 1, "c": 2}, "list": [1], "gone": 1}
    assert merge(defaults, {"a": {"b": 3}, "list": [], "gone": None, "new": {"x": 1}}) == {
        "a": {"b": 3, "c": 2},
        "list": [],
        "new": {"x": 1},
    }
    assert defaults == {"a": {"b": 1, "c": 2}, "list": [1], "gone": 1}
