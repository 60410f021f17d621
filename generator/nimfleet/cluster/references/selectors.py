"""Which pods and Services a selector finds.

Labels of what the NIM operator makes: NVIDIA k8s-nim-operator 3.1.2, ``api/apps/v1alpha1/nimservice_types.go``. Where two
versions of it differ, a label has both values here: a selector that could find something is not reported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.model import Cluster, World
from nimfleet.cluster.nim import NIM
from nimfleet.cluster.references.brought import SYSTEM_NAMESPACES, releases
from nimfleet.cluster.references.extract import namespace_of
from nimfleet.cluster.references.made import ports_of_service, services_of
from nimfleet.cluster.references.resolve import agree
from nimfleet.cluster.references.spelling import misspelt
from nimfleet.manifest.walk import get, items, mapping, sequence, text
from nimfleet.repository.model import KubeObject

Labels = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Pods of one shape, or a Service: the object that is or makes them, and the values that each label may have. ``ports`` are
    the names (of a NIMService's Service also the numbers) of the ports of Service or containers, None when they are not
    known."""

    source: KubeObject
    namespace: str
    labels: Labels
    ports: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """The label that was perhaps meant: ``key`` of the selector, and what something there has instead."""

    key: str
    other_key: str
    value: str


_TEMPLATES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("apps", "Deployment"): ("spec", "template", "metadata"),
    ("apps", "StatefulSet"): ("spec", "template", "metadata"),
    ("apps", "DaemonSet"): ("spec", "template", "metadata"),
    ("apps", "ReplicaSet"): ("spec", "template", "metadata"),
    ("", "ReplicationController"): ("spec", "template", "metadata"),
    ("", "Pod"): ("metadata",),
    ("batch", "Job"): ("spec", "template", "metadata"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template", "metadata"),
}

_PLAIN_GROUPS = ("", "apps", "batch", "networking.k8s.io", "policy", "autoscaling", "rbac.authorization.k8s.io")
_PLAIN_CUSTOM = (
    "external-secrets.io",
    "toolkit.fluxcd.io",
    "karpenter.sh",
    "karpenter.k8s.aws",
    "gateway.networking.k8s.io",
    "elbv2.k8s.aws",
    "keda.sh",
    "bitnami.com",
    "secrets-store.csi.x-k8s.io",
    "resource.k8s.io",
)
_PLAIN_KINDS = frozenset(
    {"NIMService", "NIMPipeline", "NIMCache", "PrometheusRule", "ServiceMonitor", "PodMonitor", "Certificate", "Issuer"}
)


def pods(cluster: Cluster) -> Mapping[str, Sequence[Labelled]]:
    """Labels of all pods in view, by namespace; use with ``cluster.once``."""
    found: dict[str, list[Labelled]] = defaultdict(list)
    for item in cluster.objects:
        namespace = namespace_of(cluster, item)
        for labels, ports in _pods_of(item):
            found[namespace].append(Labelled(item, namespace, labels, ports))
    return found


def _pods_of(item: KubeObject) -> Iterator[tuple[Labels, frozenset[str] | None]]:
    path = _TEMPLATES.get((item.id.group, item.id.kind))
    if path is not None:
        pod = get(item.value, *path[:-1], "spec")
        ports = frozenset(
            text(port.get("name"))
            for part in ("containers", "initContainers")
            for _, container in items(pod, part)
            for _, port in items(container, "ports")
        )
        yield _plain(get(item.value, *path, "labels")), ports
    elif item.id.group == NIM:
        for name, spec in services_of(item):
            labels = {**_nim_labels(name, "nim-service", spec), "app": frozenset({name, f"{name}-lws"})}
            plain = spec.get("inferencePlatform") != "kserve" and not spec.get("sidecarContainers")
            yield labels, ports_of_service(spec) if plain else None
        if item.id.kind == "NIMCache":
            job = dict.fromkeys(("job-name", "batch.kubernetes.io/job-name"), frozenset({f"{item.id.name}-job"}))
            yield {**_nim_labels(item.id.name, "nim-cache", {}), **job}, None


def _nim_labels(name: str, part: str, spec: Mapping[str, Any]) -> Labels:
    return {
        "app": frozenset({name}),
        "app.kubernetes.io/name": frozenset({name}),
        "app.kubernetes.io/instance": frozenset({name}),
        "app.kubernetes.io/part-of": frozenset({part}),
        "app.kubernetes.io/managed-by": frozenset({"k8s-nim-operator"}),
        **_plain(spec.get("labels")),
        **({"nim-llm-role": frozenset({"leader", "worker"})} if "multiNode" in spec else {}),
    }


def _plain(labels: Any) -> Labels:
    return {str(key): frozenset({value}) for key, value in mapping(labels).items() if isinstance(value, str)}


def services(cluster: Cluster) -> Mapping[str, Sequence[Labelled]]:
    """Labels and ports of all Services in view, by namespace; use with ``cluster.once``."""
    found: dict[str, list[Labelled]] = defaultdict(list)
    for item in cluster.objects:
        namespace = namespace_of(cluster, item)
        if (item.id.group, item.id.kind) == ("", "Service"):
            ports = frozenset(text(port.get("name")) for _, port in items(item.value, "spec", "ports"))
            found[namespace].append(Labelled(item, namespace, _plain(get(item.value, "metadata", "labels")), ports))
        for name, spec in services_of(item):
            ports_of = ports_of_service(spec) if spec.get("inferencePlatform") != "kserve" else None
            found[namespace].append(Labelled(item, namespace, _nim_labels(name, "nim-service", spec), ports_of))
    return found


def is_opaque(cluster: Cluster, namespace: str) -> bool:
    """Whether there may be pods and Services in the namespace that are not in view: outside of a whole cluster anywhere, and
    where charts and unknown operators put theirs."""
    return cluster.world is not World.COMPLETE or namespace in cluster.once(_opaque)


def _opaque(cluster: Cluster) -> frozenset[str]:
    found = {*SYSTEM_NAMESPACES, "flux-system", *(release.namespace for release in cluster.once(releases))}
    for item in cluster.objects:
        group, kind = item.id.group, item.id.kind
        if group in _PLAIN_GROUPS or kind in _PLAIN_KINDS or group.endswith(_PLAIN_CUSTOM):
            continue
        found.add(namespace_of(cluster, item))
    return frozenset(found)


def selects(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Whether a label selector (matchLabels, matchExpressions) could find something with these labels."""
    for key, value in mapping(selector.get("matchLabels")).items():
        if text(value) not in labels.get(str(key), ()):
            return False
    for _, term in items(selector, "matchExpressions"):
        there = labels.get(text(term.get("key")))
        operator = term.get("operator")
        if operator in ("In", "Exists") and there is None:
            return False
        if operator == "In" and there is not None and there.isdisjoint(map(str, sequence(term.get("values")))):
            return False
        if operator == "DoesNotExist" and there is not None:
            return False
    return True


def is_found(
    cluster: Cluster,
    among: Callable[[Cluster], Mapping[str, Sequence[Labelled]]],
    namespaces: Sequence[str] | None,
    selector: Mapping[str, Any],
) -> bool:
    """Whether a selector could find something of ``among`` (:func:`pods`, :func:`services`) in one of the namespaces (None:
    in any)."""
    wanted = mapping(selector.get("matchLabels"))
    for key, value in wanted.items():
        # Most that is looked for has a label of its own, so that few come into question.
        index = cluster.once(_pods_by_label if among is pods else _services_by_label)
        there = index.get((str(key), text(value)), ())
        return any(
            selects(selector, other.labels)
            for other in there
            if namespaces is None or any(agree(cluster, other.namespace, name) for name in namespaces)
        )
    return any(selects(selector, other.labels) for other in in_namespaces(cluster, cluster.once(among), namespaces))


def _pods_by_label(cluster: Cluster) -> Mapping[tuple[str, str], Sequence[Labelled]]:
    return _by_label(cluster.once(pods))


def _services_by_label(cluster: Cluster) -> Mapping[tuple[str, str], Sequence[Labelled]]:
    return _by_label(cluster.once(services))


def _by_label(found: Mapping[str, Sequence[Labelled]]) -> Mapping[tuple[str, str], Sequence[Labelled]]:
    index: dict[tuple[str, str], list[Labelled]] = defaultdict(list)
    for there in found.values():
        for other in there:
            for key, values in other.labels.items():
                for value in values:
                    index[key, value].append(other)
    return index


def in_namespaces(
    cluster: Cluster, found: Mapping[str, Sequence[Labelled]], namespaces: Sequence[str] | None
) -> Iterator[Labelled]:
    """What is in one of the namespaces (None: in any)."""
    for namespace, there in found.items():
        if namespaces is None or any(agree(cluster, namespace, wanted) for wanted in namespaces):
            yield from there


def near_label(selector: Mapping[str, Any], there: Sequence[Labelled]) -> Near | None:
    """The one label by which the selector just misses something."""
    wanted = {str(key): value for key, value in mapping(selector.get("matchLabels")).items() if isinstance(value, str)}
    for other in there:
        missed = [key for key, value in wanted.items() if value not in other.labels.get(key, ())]
        if len(missed) != 1:
            continue
        key = missed[0]
        for value in sorted(other.labels.get(key, ())):
            if misspelt(wanted[key], value):
                return Near(key, key, value)
        for other_key, values in other.labels.items():
            if key not in other.labels and wanted[key] in values and misspelt(key, other_key):
                return Near(key, other_key, wanted[key])
    return None
