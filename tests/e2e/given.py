"""What Karpenter gets to see of a cluster: what nimfleet has read, and what other controllers would have made of it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.charts import chart_daemons
from nimfleet.cluster.pods.expand import pod_sets
from nimfleet.cluster.pods.model import PodSet, Role
from nimfleet.cluster.scheduling.gather import EKS_DAEMONS
from nimfleet.cluster.scheduling.volumes import claims
from nimfleet.manifest.walk import get, items, sequence, text

POOLS = "karpenter.sh"
CLASSES = "karpenter.k8s.aws"
_READ = (
    (CLASSES, "EC2NodeClass"),
    (POOLS, "NodePool"),
    ("storage.k8s.io", "StorageClass"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
)
"""Kinds that Karpenter reads as they are written, in the order in which they are made."""
_CLASS_CONDITIONS = (
    "AMIsReady",
    "CapacityReservationsReady",
    "InstanceProfileReady",
    "PlacementGroupReady",
    "Ready",
    "SecurityGroupsReady",
    "SubnetsReady",
    "ValidationSucceeded",
)
_APART = "nimfleet.example/apart"
Object = dict[str, Any]


def pods_of(cluster: Cluster, role: Role) -> list[PodSet]:
    """The pods of ``cluster`` that are there for this."""
    return [pods for pods in cluster.once(pod_sets) if pods.role is role]


def objects(cluster: Cluster) -> Iterator[Object]:
    """All but pods, in the order in which they are made."""
    namespaces = {pods.namespace for pods in cluster.once(pod_sets)}
    namespaces |= {item.id.namespace for group, kind in _READ for item in cluster.kind(group, kind)}
    for name in sorted(namespaces - {"", "default", "kube-system"}):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    for group, kind in _READ:
        for item in cluster.kind(group, kind):
            yield _bound(copy.deepcopy(dict(item.value)))
    yield from _operators_claims(cluster)
    yield from _daemons(cluster)


def class_status(zones: Iterable[str]) -> Object:
    """What Karpenter's AWS controllers find in a VPC with one subnet a zone."""
    subnets = [
        {"id": f"subnet-{number:017}", "zone": zone, "zoneID": f"id-{zone}"}
        for number, zone in enumerate(sorted(zones))
    ]
    said = {"status": "True", "reason": "Found", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    return {"subnets": subnets, "conditions": [{"type": name, **said} for name in _CLASS_CONDITIONS]}


def zones_of(cluster: Cluster) -> frozenset[str]:
    """The zones that the NodePools name; those of a region where none does."""
    found = {
        str(value)
        for item in cluster.kind(POOLS, "NodePool")
        for _, wish in items(item.value, "spec", "template", "spec", "requirements")
        if text(wish.get("key")) == "topology.kubernetes.io/zone"
        for value in sequence(wish.get("values"))
    }
    return frozenset(found or {"us-west-2a", "us-west-2b"})


def pod(pods: PodSet, name: str, *, apart: bool) -> Object:
    """One of these pods; with ``apart`` it shares no node with others of which that is said."""
    spec = _whole(pods.spec)
    labels = {str(key): str(value) for key, value in pods.labels.items()}
    if apart:
        labels[_APART] = "true"
        affinity = spec.setdefault("affinity", {}).setdefault("podAntiAffinity", {})
        term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {_APART: "true"}}}
        affinity.setdefault("requiredDuringSchedulingIgnoredDuringExecution", []).append(term)
    metadata = {"name": name, "namespace": pods.namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _whole(given: Mapping[str, Any]) -> Object:
    """A PodSpec that the API server takes: nimfleet leaves out what does not matter to the scheduler."""
    spec: Object = copy.deepcopy({key: value for key, value in given.items() if value is not None})
    for part in ("containers", "initContainers"):
        for number, container in enumerate(sequence(spec.get(part))):
            container.update(name=f"{part.lower()}-{number}", image="example.com/image:1")
    if not spec.get("containers"):
        spec["containers"] = [{"name": "main", "image": "example.com/image:1"}]
    return spec


def _daemons(cluster: Cluster) -> Iterator[Object]:
    """DaemonSets of the repository, those of its charts, and those of EKS."""
    own = [pods.spec for pods in pods_of(cluster, Role.DAEMON)]
    charts = [pods.spec for pods in cluster.once(chart_daemons)]
    for number, spec in enumerate((*EKS_DAEMONS, *own, *charts)):
        labels = {"app": f"daemon-{number}"}
        template = {"metadata": {"labels": labels}, "spec": {**_whole(spec), "restartPolicy": "Always"}}
        yield {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {"name": f"daemon-{number}", "namespace": "kube-system"},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        }


def _bound(value: Object) -> Object:
    """What Kubernetes writes on a claim that names its volume, and that Karpenter looks at."""
    if value["kind"] == "PersistentVolumeClaim" and get(value, "spec", "volumeName"):
        value["metadata"].setdefault("annotations", {})["pv.kubernetes.io/bind-completed"] = "yes"
    return value


def _operators_claims(cluster: Cluster) -> Iterator[Object]:
    """The claims that the NIM operator makes, and the volumes of those that do not wait for a pod."""
    written = {(item.id.namespace or "default", item.id.name) for item in cluster.kind("", "PersistentVolumeClaim")}
    for number, ((namespace, name), facts) in enumerate(sorted(cluster.once(claims).items())):
        if (namespace, name) in written:
            continue
        common: Object = {"accessModes": ["ReadWriteMany"]}
        if facts.storage_class is not None:
            common["storageClassName"] = facts.storage_class
        spec = {**common, "resources": {"requests": {"storage": "1Gi"}}}
        claim = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"namespace": namespace, "name": name},
        }
        storage_class = cluster.find("storage.k8s.io", "StorageClass", "", facts.storage_class or "")
        if storage_class is None or storage_class.value.get("volumeBindingMode", "Immediate") == "Immediate":
            spec["volumeName"] = f"volume-{number}"
            source = {"driver": "efs.csi.aws.com", "volumeHandle": f"fs-{number:017}"}
            volume = {**common, "capacity": {"storage": "1Gi"}, "csi": source}
            yield {
                "apiVersion": "v1",
                "kind": "PersistentVolume",
                "metadata": {"name": spec["volumeName"]},
                "spec": volume,
            }
        yield _bound({**claim, "spec": spec})
