"""Daemons that charts bring, as far as their values say where they run and what they ask for.

Sources: values.yaml of the charts in the catalog at the versions that it has, and of aws-ebs-csi-driver and
node-feature-discovery. What the gpu-operator starts selects labels that no node has before it is there, so that
Karpenter does not count it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.device_plugins import PCI_LABEL, PRESENT
from nimfleet.cluster.helm.releases import Release, releases
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.model import PodSet, Replicas, Role
from nimfleet.manifest.walk import get, sequence

_ANY: list[Mapping[str, Any]] = [{"operator": "Exists"}]
_ANY_SCHEDULE: list[Mapping[str, Any]] = [{"operator": "Exists", "effect": "NoSchedule"}]
_CRITICAL: Mapping[str, Any] = {"key": "CriticalAddonsOnly", "operator": "Exists"}
Requests = Mapping[str, str]
_SMALL: Requests = {"cpu": "10m", "memory": "40Mi"}
_SIDECAR: Requests = {"cpu": "10m", "memory": "32Mi"}


def _terms(*expressions: tuple[str, str, Sequence[str]]) -> Mapping[str, Any]:
    """Node affinity of which one expression must hold."""
    terms = [
        {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}
        for key, operator, values in expressions
    ]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


_NVIDIA = _terms(
    (PCI_LABEL, "In", ["true"]),
    ("feature.node.kubernetes.io/cpu-model.vendor_id", "In", ["NVIDIA"]),
    (PRESENT, "In", ["true"]),
)
_NOT_FARGATE = _terms(("eks.amazonaws.com/compute-type", "NotIn", ["fargate", "hybrid"]))
_NEURON_TYPES = (
    *(
        "trn1.2xlarge",
        "trn1.32xlarge",
        "trn1n.32xlarge",
        "inf1.xlarge",
        "inf1.2xlarge",
        "inf1.6xlarge",
        "inf1.24xlarge",
    ),
    *("inf2.xlarge", "inf2.8xlarge", "inf2.24xlarge", "inf2.48xlarge", "inf2e.32xlarge"),
)


@dataclass(frozen=True, slots=True)
class _Daemon:
    """A DaemonSet of a chart. ``place`` is the part of the values with nodeSelector, affinity and tolerations, which are
    ``affinity`` and ``tolerations`` when it does not say. ``containers`` are where each one's resources are, and its default
    requests. It is there when the first of ``switches`` that is set says so, else when ``default`` does."""

    name: str
    place: tuple[str, ...]
    containers: tuple[tuple[tuple[str, ...], Requests], ...]
    tolerations: Sequence[Mapping[str, Any]]
    affinity: Mapping[str, Any] | None = None
    switches: tuple[tuple[str, ...], ...] = ()
    default: bool = True
    tolerate_all: tuple[str, ...] = ()


_GPU_TOLERATIONS = [_CRITICAL, {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
_DISCOVERY_TOLERATIONS = [{"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"}]
_DISCOVERY_REQUESTS: Requests = {"cpu": "5m", "memory": "64Mi"}
_CHARTS: Mapping[str, tuple[_Daemon, ...]] = {
    "nvidia-device-plugin": (
        _Daemon(
            "nvidia-device-plugin",
            (),
            ((("resources",), {}),),
            _GPU_TOLERATIONS,
            _NVIDIA,
            switches=(("devicePlugin", "enabled"),),
        ),
        _Daemon(
            "gpu-feature-discovery",
            (),
            ((("resources",), {}),),
            _GPU_TOLERATIONS,
            _NVIDIA,
            switches=(("gfd", "enabled"),),
            default=False,
        ),
        _Daemon(
            "node-feature-discovery-worker",
            ("nfd", "worker"),
            ((("nfd", "worker", "resources"), _DISCOVERY_REQUESTS),),
            _DISCOVERY_TOLERATIONS,
            switches=(("nfd", "enabled"), ("gfd", "enabled")),
            default=False,
        ),
    ),
    "node-feature-discovery": (
        _Daemon("nfd-worker", ("worker",), ((("worker", "resources"), _DISCOVERY_REQUESTS),), []),
    ),
    "gpu-operator": (
        _Daemon(
            "node-feature-discovery-worker",
            ("node-feature-discovery", "worker"),
            ((("node-feature-discovery", "worker", "resources"), _DISCOVERY_REQUESTS),),
            [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
            switches=(("nfd", "enabled"),),
        ),
    ),
    "dcgm-exporter": (
        _Daemon(
            "dcgm-exporter",
            (),
            ((("resources",), {"cpu": "100m", "memory": "128Mi"}),),
            [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}],
        ),
    ),
    "aws-efs-csi-driver": (
        _Daemon(
            "efs-csi-node",
            ("node",),
            (
                (("node", "resources"), {}),
                (("sidecars", "nodeDriverRegistrar", "resources"), {}),
                (("sidecars", "livenessProbe", "resources"), {}),
            ),
            _ANY,
            _NOT_FARGATE,
        ),
    ),
    "aws-fsx-csi-driver": (
        _Daemon(
            "fsx-csi-node",
            ("node",),
            (
                (("node", "resources"), _SMALL),
                (("sidecars", "nodeDriverRegistrar", "resources"), _SIDECAR),
                (("sidecars", "livenessProbe", "resources"), _SIDECAR),
            ),
            [{"operator": "Exists", "effect": "NoExecute"}],
            _NOT_FARGATE,
            tolerate_all=("node", "tolerateAllTaints"),
        ),
    ),
    "aws-ebs-csi-driver": (
        _Daemon(
            "ebs-csi-node",
            ("node",),
            (
                (("node", "resources"), _SMALL),
                (("sidecars", "nodeDriverRegistrar", "resources"), _SMALL),
                (("sidecars", "livenessProbe", "resources"), _SMALL),
            ),
            [{"operator": "Exists", "effect": "NoExecute"}],
            _NOT_FARGATE,
            tolerate_all=("node", "tolerateAllTaints"),
        ),
    ),
    "neuron-helm-chart": (
        _Daemon(
            "neuron-device-plugin",
            ("devicePlugin",),
            ((("devicePlugin", "resources"), {}),),
            [_CRITICAL, {"key": "aws.amazon.com/neuron", "operator": "Exists", "effect": "NoSchedule"}],
            _terms(("node.kubernetes.io/instance-type", "In", _NEURON_TYPES)),
            switches=(("devicePlugin", "enabled"),),
        ),
        _Daemon(
            "node-problem-detector",
            ("npd",),
            ((("npd", "nodeProblemDetector", "resources"), {"cpu": "10m", "memory": "80Mi"}),),
            _ANY,
            _terms(("node.kubernetes.io/instance-type", "In", _NEURON_TYPES)),
            switches=(("npd", "enabled"),),
        ),
    ),
    "kube-prometheus-stack": (
        _Daemon(
            "prometheus-node-exporter",
            ("prometheus-node-exporter",),
            ((("prometheus-node-exporter", "resources"), {}),),
            _ANY_SCHEDULE,
            switches=(("nodeExporter", "enabled"),),
        ),
    ),
}


def chart_daemons(cluster: Cluster) -> tuple[PodSet, ...]:
    """The DaemonSets of the charts that the cluster's HelmReleases install. Used as ``cluster.once(chart_daemons)``."""
    return tuple(pods for release in releases(cluster) for pods in _daemons(release))


def _daemons(release: Release) -> Iterator[PodSet]:
    for daemon in _CHARTS.get(release.chart, ()):
        if _enabled(release, daemon):
            spec = _spec(release, daemon)
            none = Replicas(0, 0, 0)
            pointers = {"": ("spec",)}
            yield PodSet(release.object, Role.DAEMON, daemon.name, release.namespace, none, spec, {}, pointers)


def _enabled(release: Release, daemon: _Daemon) -> bool:
    for path in daemon.switches:
        value = release.value(*path)
        if isinstance(value, bool):
            return value
    return daemon.default


def _spec(release: Release, daemon: _Daemon) -> dict[str, Any]:
    tolerations = release.value(*daemon.place, "tolerations")
    tolerations = list(daemon.tolerations) if tolerations is None else list(sequence(tolerations))
    if daemon.tolerate_all and release.value(*daemon.tolerate_all) is not False:
        tolerations = [*tolerations, *_ANY]
    affinity = release.value(*daemon.place, "affinity")
    containers = []
    for path, default in daemon.containers:
        resources = release.value(*path)
        requests = default if get(resources, "requests") is None else get(resources, "requests")
        containers.append({"name": path[0], "resources": {"requests": requests}})
    return {
        "nodeSelector": release.value(*daemon.place, "nodeSelector"),
        "affinity": daemon.affinity if affinity is None else affinity,
        "tolerations": tolerations,
        "containers": containers,
    }
