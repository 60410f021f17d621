"""Device plugins: what registers GPUs on nodes, and on the nodes of which NodePools it runs.

A node of an accelerated AMI has drivers, yet no `nvidia.com/gpu` until a plugin's DaemonSet runs there: pods stay
Pending, and Karpenter waits for ever for the node to be initialized. Sources: values of the charts
nvidia-device-plugin 0.20.0, gpu-operator 26.7.0 and neuron-helm-chart; Bottlerocket's nvidia variants have the plugin
built in.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from nimfleet.cluster.helm.releases import Release, releases, releases_of
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import GPU, NEURON
from nimfleet.cluster.scheduling.labels import NODE_CLASS, NODEPOOL
from nimfleet.cluster.scheduling.taints import describe, keeps_away, read_taint
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, mapping, sequence, text
from nimfleet.repository.model import KubeObject

DISCOVERED = "feature.node.kubernetes.io/"
PCI_LABEL = f"{DISCOVERED}pci-10de.present"
PRESENT = "nvidia.com/gpu.present"
_DISCOVERY = "node-feature-discovery"

_GPU_TOLERATION = {"key": GPU, "operator": "Exists", "effect": "NoSchedule"}
_CRITICAL = {"key": "CriticalAddonsOnly", "operator": "Exists"}
_NVIDIA_DEFAULTS: Mapping[str, Any] = {
    "devicePlugin": {"enabled": True},
    "nodeSelector": {},
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": key, "operator": "In", "values": [value]}]}
                    for key, value in (
                        (PCI_LABEL, "true"),
                        (f"{DISCOVERED}cpu-model.vendor_id", "NVIDIA"),
                        (PRESENT, "true"),
                    )
                ]
            }
        }
    },
    "tolerations": [_CRITICAL, _GPU_TOLERATION],
    "gfd": {"enabled": False},
    "nfd": {
        "worker": {
            "tolerations": [
                {"key": "node-role.kubernetes.io/master", "operator": "Equal", "value": "", "effect": "NoSchedule"},
                {"key": GPU, "operator": "Equal", "value": "present", "effect": "NoSchedule"},
            ]
        }
    },
}
_OPERATOR_DEFAULTS: Mapping[str, Any] = {
    "devicePlugin": {"enabled": True},
    "nfd": {"enabled": True},
    "daemonsets": {"tolerations": [_GPU_TOLERATION]},
    "node-feature-discovery": {"worker": {"tolerations": [_GPU_TOLERATION]}},
}
_NEURON_DEFAULTS: Mapping[str, Any] = {
    "devicePlugin": {
        "nodeSelector": {},
        "tolerations": [_CRITICAL, {"key": NEURON, "operator": "Exists", "effect": "NoSchedule"}],
    }
}
_IMAGES = {"k8s-device-plugin": GPU, "nvidia-device-plugin": GPU, "neuron-device-plugin": NEURON}
# What Kubernetes, EKS or Karpenter puts on nodes: no NodePool need write it down.
_GIVEN = (
    "karpenter.k8s.aws/",
    "karpenter.sh/",
    "kubernetes.io/",
    "node.kubernetes.io/",
    "topology.",
    "beta.kubernetes.io/",
    "eks.amazonaws.com/",
    "failure-domain.beta.kubernetes.io/",
    "node-role.kubernetes.io/",
)


@dataclass(frozen=True, slots=True, eq=False)
class DevicePlugin:
    """A DaemonSet that registers ``resource``.

    ``selector`` and ``terms`` (of which one must hold; empty: any node) choose nodes by label, ``tolerations`` are
    its own. ``workers`` are the tolerations of the node feature discovery that makes labels for it; None when there
    is none. ``certain`` is False when its values are not all known.
    """

    resource: str
    object: KubeObject
    name: str
    selector: Mapping[str, Any]
    terms: Sequence[Mapping[str, Any]]
    tolerations: Sequence[Any]
    tolerations_place: tuple[KubeObject, Pointer]
    selector_place: tuple[KubeObject, Pointer]
    workers: Sequence[Any] | None
    certain: bool


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a plugin does not run on the nodes of a NodePool: labels that they lack, or a taint. Just one is set."""

    labels: tuple[str, ...] = ()
    taint: str = ""


def device_plugins(cluster: Cluster) -> tuple[DevicePlugin, ...]:
    """All that can be recognized among the objects. Use it through ``cluster.once``."""
    return tuple(_plugins(cluster))


def brought_elsewhere(cluster: Cluster, resource: str) -> bool:
    """Whether nimfleet.toml declares a DaemonSet that is a device plugin for ``resource``."""
    names = [name for name, registers in _IMAGES.items() if registers == resource]
    names += ["gpu-operator"] if resource == GPU else []
    return any(
        external.kind == "DaemonSet"
        and any(fnmatchcase(name, external.name) or name in external.name for name in names)
        for external in cluster.externals
    )


def absence(plugin: DevicePlugin, pool: KubeObject, *, whole: bool) -> Absence | None:
    """Why ``plugin`` does not run on the nodes of ``pool``; None when it does, or when that is not known. ``whole`` says that
    all releases and daemons of the cluster are known: without, a node feature discovery may be elsewhere."""
    if not plugin.certain:
        return None
    template = get(pool.value, "spec", "template")
    taints = [read_taint(taint) for _, taint in items(template, "spec", "taints")]
    for taint in taints:
        if keeps_away(taint, plugin.tolerations):
            return Absence(taint=describe(taint))
    discoverable = plugin.workers is not None or not whole
    unseen = [taint for taint in taints if plugin.workers is not None and keeps_away(taint, plugin.workers)]
    discovered = discoverable and not unseen
    labels = _labels(template)
    labels[NODEPOOL] = frozenset({pool.id.name})
    labels[NODE_CLASS] = frozenset({text(get(template, "spec", "nodeClassRef", "name"))})
    lacking = [f"{key}={value}" for key, value in plugin.selector.items() if not _has(labels, key, discovered, value)]
    if lacking:
        return Absence(labels=tuple(lacking))
    wanted = [_lacking(term, labels, discovered) for term in plugin.terms]
    if any(taint.key == GPU for taint in unseen) and plugin.terms:
        return None  # helm/feature-discovery-tolerations speaks of it
    if wanted and all(wanted):
        # The last expressions are those that a NodePool can carry; discovery's come first in the charts.
        own = [lack for lack in wanted if not any(label.startswith(DISCOVERED) for label in lack)]
        return Absence(labels=min(own or wanted, key=len))
    return None


def _plugins(cluster: Cluster) -> Iterator[DevicePlugin]:
    discovery = _discovery(cluster)
    for release in releases(cluster):
        if release.chart == "nvidia-device-plugin":
            merged = merge(_NVIDIA_DEFAULTS, release.values)
            if get(merged, "devicePlugin", "enabled") is False:
                continue
            switch = get(merged, "nfd", "enabled")
            own = switch if isinstance(switch, bool) else get(merged, "gfd", "enabled") is True
            workers = sequence(get(merged, "nfd", "worker", "tolerations")) if own else discovery
            yield _of_release(GPU, release, merged, (), workers)
        elif release.chart == "gpu-operator":
            merged = merge(_OPERATOR_DEFAULTS, release.values)
            if get(merged, "devicePlugin", "enabled") is False:
                continue
            own = get(merged, "nfd", "enabled") is not False
            workers = sequence(get(merged, _DISCOVERY, "worker", "tolerations")) if own else discovery
            # The operator labels what discovery has found, and its DaemonSets select that label.
            operands = {"nodeSelector": {PCI_LABEL: "true"}, "tolerations": get(merged, "daemonsets", "tolerations")}
            yield _of_release(GPU, release, operands, ("daemonsets",), workers)
        elif release.chart == "neuron-helm-chart":
            part = mapping(get(merge(_NEURON_DEFAULTS, release.values), "devicePlugin"))
            if part.get("enabled") is not False:
                yield _of_release(NEURON, release, part, ("devicePlugin",), discovery)
    for item in cluster.kind("apps", "DaemonSet"):
        spec = mapping(get(item.value, "spec", "template", "spec"))
        images = [text(container.get("image")) for _, container in items(spec, "containers")]
        found = {resource for image in images for word, resource in _IMAGES.items() if word in image}
        for resource in sorted(found):
            at: Pointer = ("spec", "template", "spec")
            places = ((item, (*at, "tolerations")), (item, (*at, "nodeSelector")))
            yield _plugin(resource, item, spec, places, discovery, certain=True)


def _of_release(
    resource: str,
    release: Release,
    spec: Mapping[str, Any],
    at: tuple[str, ...],
    workers: Sequence[Any] | None,
) -> DevicePlugin:
    places = release.at(*at, "tolerations"), release.at(*at, "nodeSelector")
    # Values of a shape that the chart does not take are helm/value-type's.
    shapely = isinstance(spec.get("tolerations"), list | None) and isinstance(spec.get("nodeSelector"), Mapping | None)
    return _plugin(resource, release.object, spec, places, workers, certain=release.whole and shapely)


def _plugin(
    resource: str,
    item: KubeObject,
    spec: Mapping[str, Any],
    places: tuple[tuple[KubeObject, Pointer], tuple[KubeObject, Pointer]],
    workers: Sequence[Any] | None,
    *,
    certain: bool,
) -> DevicePlugin:
    required = get(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    return DevicePlugin(
        resource=resource,
        object=item,
        name=f"{item.id.kind} `{item.id.name}`",
        selector=mapping(spec.get("nodeSelector")),
        terms=tuple(mapping(term) for term in sequence(get(required, "nodeSelectorTerms"))),
        tolerations=sequence(spec.get("tolerations")),
        tolerations_place=places[0],
        selector_place=places[1],
        workers=workers,
        certain=certain,
    )


def _discovery(cluster: Cluster) -> Sequence[Any] | None:
    """Tolerations of a node feature discovery of its own; it is taken to run everywhere when they are not
    known."""
    everywhere = [{"operator": "Exists"}]
    if releases_of(cluster, _DISCOVERY):
        return everywhere
    if any(external.kind == "DaemonSet" and _DISCOVERY in external.name for external in cluster.externals):
        return everywhere
    for release in releases_of(cluster, "gpu-operator"):
        merged = merge(_OPERATOR_DEFAULTS, release.values)
        if get(merged, "nfd", "enabled") is not False:
            return sequence(get(merged, _DISCOVERY, "worker", "tolerations")) if release.whole else everywhere
    for item in cluster.kind("apps", "DaemonSet"):
        if _DISCOVERY in item.id.name or "nfd-worker" in item.id.name:
            return everywhere
    return None


def merge(defaults: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values over a chart's defaults as Helm does it: mappings are merged, null removes, all else replaces."""
    merged = dict(copy.deepcopy(dict(defaults)))
    for key, value in values.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged


def _labels(template: Any) -> dict[str, frozenset[str] | None]:
    """Labels of a NodePool's nodes and their possible values; None when they are not all known."""
    found: dict[str, frozenset[str] | None] = {}
    for _, requirement in items(template, "spec", "requirements"):
        key, operator = text(requirement.get("key")), requirement.get("operator")
        values = frozenset(str(value) for value in sequence(requirement.get("values")))
        if operator == "In" and key:
            old = found.get(key)
            found[key] = values if old is None else old & values
        elif operator != "DoesNotExist" and key:
            found.setdefault(key, None)
    for key, value in mapping(get(template, "metadata", "labels")).items():
        found[key] = frozenset({str(value)})
    return found


def _has(labels: Mapping[str, frozenset[str] | None], key: Any, discovered: bool, value: Any = None) -> bool:
    """Whether nodes may have the label, and with this value."""
    name = str(key)
    if name in labels:
        values = labels[name]
        return values is None or value is None or str(value) in values
    return name.startswith(_GIVEN) or (discovered and name.startswith((DISCOVERED, "nvidia.com/")))


def _lacking(term: Mapping[str, Any], labels: Mapping[str, frozenset[str] | None], discovered: bool) -> tuple[str, ...]:
    """What of one nodeSelectorTerm the nodes lack; empty when they may have it all."""
    lacking = []
    for _, expression in items(term, "matchExpressions"):
        key, operator = text(expression.get("key")), expression.get("operator")
        values = [str(value) for value in sequence(expression.get("values"))]
        if operator == "In" and not any(_has(labels, key, discovered, value) for value in values):
            lacking.append(f"{key}={values[0] if values else ''}")
        elif operator == "Exists" and not _has(labels, key, discovered):
            lacking.append(key)
    return tuple(lacking)
