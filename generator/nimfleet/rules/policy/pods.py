"""Who makes pods in a cluster, seen as far as policy asks: services of NIM, and Kubernetes' own workloads.

How the operator labels its pods is in k8s-nim-operator 3.1.2, api/apps/v1alpha1/nimservice_types.go
(GetSelectorLabels) and manifests/deployment.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.nim import NIM, nim_services
from nimfleet.cluster.pods.scaling import autoscalers
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, integer, items, mapping, sequence, text
from nimfleet.repository.model import KubeObject
from nimfleet.suggest import nearest

_ACCELERATORS = ("nvidia.com/", "aws.amazon.com/neuron")
_TEMPLATE = ("spec", "template")
_WORKLOADS: tuple[tuple[str, str, Pointer], ...] = (
    ("", "Pod", ()),
    ("apps", "Deployment", _TEMPLATE),
    ("apps", "StatefulSet", _TEMPLATE),
    ("apps", "ReplicaSet", _TEMPLATE),
    ("apps", "DaemonSet", _TEMPLATE),
    ("batch", "Job", _TEMPLATE),
    ("batch", "CronJob", ("spec", "jobTemplate", "spec", "template")),
)
LONG_START = 5 * 60
"""Seconds that any model may take to load, at least; nimfleet's own judgement."""
_SERVING = frozenset({"Deployment", "StatefulSet", "ReplicaSet"})


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """A NIMService, or an enabled service of a NIMPipeline. ``at`` is where its ``spec`` stands in ``object``."""

    object: KubeObject
    name: str
    namespace: str
    at: Pointer
    spec: Mapping[str, Any]

    @property
    def plain(self) -> bool:
        """Whether the operator makes a Deployment: neither KServe nor several nodes a replica."""
        return text(self.spec.get("inferencePlatform")) in ("", "standalone") and not mapping(
            self.spec.get("multiNode")
        )

    @property
    def scaled(self) -> bool:
        """Whether a HorizontalPodAutoscaler decides how many replicas there are."""
        return get(self.spec, "scale", "enabled") is True

    @property
    def ports(self) -> tuple[int, ...]:
        """Ports of the API: HTTP, and gRPC where there is one. The container listens on the Service's."""
        service = get(self.spec, "expose", "service")
        grpc = integer(get(service, "grpcPort"))
        return (integer(get(service, "port"), 8000), *((grpc,) if grpc else ()))


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """An object of Kubernetes' own that makes pods. ``at`` is where the pod's ``metadata`` and ``spec`` stand."""

    object: KubeObject
    at: Pointer
    spec: Mapping[str, Any]
    labels: Mapping[str, str]

    @property
    def namespace(self) -> str:
        return self.object.id.namespace or "default"

    @property
    def of_the_node(self) -> bool:
        """Whether it runs on every node, as what serves the node does: device plugins, storage drivers, exporters."""
        return self.object.id.kind == "DaemonSet"

    @property
    def serving(self) -> bool:
        """Whether it keeps pods running that serve, unlike jobs, and unlike what runs on every node."""
        return self.object.id.kind in _SERVING

    def containers(self, *, initial: bool = True) -> Iterator[tuple[Pointer, Mapping[str, Any]]]:
        """Its containers with their pointers; ``initial``: also those that run first."""
        for part in ("initContainers", "containers") if initial else ("containers",):
            for pointer, container in items(self.spec, part):
                yield (*self.at, "spec", *pointer), container


@dataclass(frozen=True, slots=True, eq=False)
class Replicated:
    """Pods that serve, by the labels that select them. ``replicas`` is the least number that is kept, and ``at`` says
    where that is written; ``named`` where the name is."""

    object: KubeObject
    name: str
    namespace: str
    labels: Mapping[str, str]
    replicas: int
    at: Pointer
    named: Pointer


def services(cluster: Cluster) -> Sequence[Service]:
    """The services of NIM in the cluster."""
    return cluster.once(_services)


def _services(cluster: Cluster) -> tuple[Service, ...]:
    return tuple(
        Service(each.object, each.name, each.namespace, each.pointer, each.spec) for each in cluster.once(nim_services)
    )


def workloads(cluster: Cluster) -> Sequence[Workload]:
    """Kubernetes' own objects in the cluster that make pods."""
    return cluster.once(_workloads)


def _workloads(cluster: Cluster) -> tuple[Workload, ...]:
    found = []
    for group, kind, at in _WORKLOADS:
        for item in cluster.kind(group, kind):
            template = get(item.value, *at)
            labels = mapping(get(template, "metadata", "labels"))
            found.append(Workload(item, at, mapping(get(template, "spec")), labels))
    return tuple(found)


def accelerated(container: Mapping[str, Any]) -> bool:
    """Whether a container takes GPUs, slices of one, or Neuron devices."""
    return any(
        str(name).startswith(_ACCELERATORS)
        for part in ("limits", "requests")
        for name in mapping(get(container, "resources", part))
    )


def models(cluster: Cluster) -> Sequence[tuple[Workload, Pointer, Mapping[str, Any]]]:
    """Containers with accelerators in workloads that serve, as people write them without the operator."""
    return cluster.once(_models)


def _models(cluster: Cluster) -> tuple[tuple[Workload, Pointer, Mapping[str, Any]], ...]:
    return tuple(
        (workload, pointer, container)
        for workload in workloads(cluster)
        if workload.serving
        for pointer, container in workload.containers(initial=False)
        if accelerated(container)
    )


def namespaces(cluster: Cluster) -> frozenset[str]:
    """Namespaces in which models run or are cached."""
    return cluster.once(_namespaces)


def _namespaces(cluster: Cluster) -> frozenset[str]:
    found = {service.namespace for service in services(cluster)}
    found |= {item.id.namespace or "default" for item in cluster.kind(NIM, "NIMCache")}
    return frozenset(found | {workload.namespace for workload, _, _ in models(cluster)})


def replicated(cluster: Cluster) -> Sequence[Replicated]:
    """What serves models: services of NIM that become Deployments, and workloads with accelerators."""
    return cluster.once(_replicated)


def _replicated(cluster: Cluster) -> tuple[Replicated, ...]:
    found = []
    for service in services(cluster):
        if service.plain:
            path = ("scale", "hpa", "minReplicas") if service.scaled else ("replicas",)
            count = integer(get(service.spec, *path), 1)
            at = (*service.at, *path)
            labels = {"app": service.name}
            named = ("metadata", "name") if service.at == ("spec",) else (*service.at[:-1], "name")
            found.append(Replicated(service.object, service.name, service.namespace, labels, count, at, named))
    scaled = cluster.once(autoscalers)
    seen = set()
    for workload, _, _ in models(cluster):
        item = workload.object
        if id(item) in seen:
            continue
        seen.add(id(item))
        count = integer(get(item.value, "spec", "replicas"), 1)
        scaler = scaled.get((workload.namespace, item.id.kind, item.id.name))
        count = count if scaler is None else scaler.replicas.minimum
        at = ("spec", "replicas")
        found.append(
            Replicated(item, item.id.name, workload.namespace, workload.labels, count, at, ("metadata", "name"))
        )
    return tuple(found)


def meant(entry: Replicated, selectors: Iterable[Any], cluster: Cluster) -> bool:
    """Whether one of ``selectors`` finds no pods of the cluster, but is spelled nearly as what would select ``entry``: then
    reference/* says so, and it is one fault, not two."""
    for selector in selectors:
        values = [text(value) for value in mapping(get(selector, "matchLabels")).values()]
        if nearest(text(entry.labels.get("app")) or entry.name, values) and not any(
            selects(selector, labels) for labels in cluster.once(_labels)
        ):
            return True
    return False


def _labels(cluster: Cluster) -> tuple[Mapping[str, str], ...]:
    return (
        *(workload.labels for workload in workloads(cluster)),
        *({"app": service.name} for service in services(cluster)),
    )


def patience(probe: Any) -> int:
    """Seconds after which a liveness probe gives up on a container that never answers; what is left out is Kubernetes'
    default (no delay, 3 failures, 10 seconds apart)."""
    periods = integer(get(probe, "failureThreshold"), 3) * integer(get(probe, "periodSeconds"), 10)
    return integer(get(probe, "initialDelaySeconds")) + periods


def selects(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Whether a LabelSelector matches; one that is empty matches everything, one that is not there nothing."""
    if not isinstance(selector, Mapping):
        return False
    wanted = mapping(selector.get("matchLabels"))
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(mapping(entry), labels) for entry in sequence(selector.get("matchExpressions")))


def _holds(entry: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    value = labels.get(text(entry.get("key")))
    match entry.get("operator"):
        case "In":
            return value in sequence(entry.get("values"))
        case "NotIn":
            return value not in sequence(entry.get("values"))
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case _:
            return False
