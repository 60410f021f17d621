"""Pods of Kubernetes' own kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.model import PodSet, Replicas, Role
from nimfleet.cluster.pods.scaling import Autoscaler, Target, autoscalers
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, integer, items, mapping
from nimfleet.repository.model import KubeObject

_TEMPLATE: Pointer = ("spec", "template", "spec")
_KINDS: tuple[tuple[str, str, Role, Pointer, str], ...] = (
    ("apps", "Deployment", Role.REPLICA, _TEMPLATE, "replicas"),
    ("apps", "StatefulSet", Role.REPLICA, _TEMPLATE, "replicas"),
    ("apps", "ReplicaSet", Role.REPLICA, _TEMPLATE, "replicas"),
    ("", "ReplicationController", Role.REPLICA, _TEMPLATE, "replicas"),
    ("apps", "DaemonSet", Role.DAEMON, _TEMPLATE, ""),
    ("batch", "Job", Role.JOB, _TEMPLATE, "parallelism"),
    ("batch", "CronJob", Role.JOB, ("spec", "jobTemplate", *_TEMPLATE), "parallelism"),
    ("", "Pod", Role.REPLICA, ("spec",), ""),
)
"""Group, kind, role, where the PodSpec is, and the field that says how many."""
_ACCELERATORS = ("nvidia.com/", "aws.amazon.com/neuron", "amd.com/gpu")


def workload_pods(cluster: Cluster) -> Iterator[PodSet]:
    """One PodSet for each Deployment, StatefulSet, ReplicaSet, DaemonSet, Job, CronJob and Pod."""
    scalers: Mapping[Target, Autoscaler] | None = None
    for group, kind, role, path, counter in _KINDS:
        for item in cluster.kind(group, kind):
            if scalers is None:
                scalers = cluster.once(autoscalers)
            yield _pods(item, role, path, counter, scalers)


def _pods(item: KubeObject, role: Role, path: Pointer, counter: str, scalers: Mapping[Target, Autoscaler]) -> PodSet:
    value = item.value
    spec = mapping(get(value, *path))
    namespace = item.id.namespace or "default"
    count_path = (*path[:-2], counter) if counter else ()
    count = integer(get(value, *count_path), 1) if counter else (0 if role is Role.DAEMON else 1)
    scaler = scalers.get((namespace, item.id.kind, item.id.name))
    replicas = scaler.replicas if scaler else Replicas(max(0, count), max(0, count), max(0, count))
    pointers = pod_pointers(value, path)
    if counter and get(value, *count_path) is not None:
        pointers["replicas"] = count_path
    labels = mapping(get(value, *path[:-1], "metadata", "labels"))
    return PodSet(item, role, item.id.name, namespace, replicas, spec, labels, pointers)


def pod_pointers(value: Any, path: Pointer) -> dict[str, Pointer]:
    """Where the parts of the PodSpec at ``path`` of ``value`` are written."""
    pointers: dict[str, Pointer] = {"": path}
    for part in ("nodeSelector", "affinity", "tolerations", "volumes", "topologySpreadConstraints"):
        if get(value, *path, part) is not None:
            pointers[part] = (*path, part)
    container = main_container(value, path)
    if container is not None:
        pointers["container"] = container
        for part in ("resources", "image"):
            if get(value, *container, part) is not None:
                pointers[part] = (*container, part)
    return pointers


def main_container(value: Any, path: Pointer) -> Pointer | None:
    """The container that asks for an accelerator, or else the first; None where there is none."""
    first = None
    for pointer, container in items(value, *path, "containers"):
        first = first or pointer
        for part in ("limits", "requests"):
            names = mapping(get(container, "resources", part))
            if any(str(name).startswith(_ACCELERATORS) for name in names):
                return pointer
    return first
