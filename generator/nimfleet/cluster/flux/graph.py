"""The Flux objects of a cluster, what applies what, and what is certain to come first.

"Certain" is what ``dependsOn`` and readiness enforce. What Flux only comes to by failing and trying again is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nimfleet.cluster.flux.charts import HELM, SOURCES, brings, chart_of, hooks
from nimfleet.cluster.model import Cluster, Unit
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, text
from nimfleet.repository.model import KubeObject
from nimfleet.repository.overlay import FLUX_GROUP

CRDS = "apiextensions.k8s.io"
_OWN = f"{FLUX_GROUP}/"
_EXPRESSIONS = "healthCheckExprs"

_FIRST = frozenset({"ResourceQuota", "StorageClass", "ServiceAccount", "Role", "RoleBinding", "ConfigMap", "Secret"})
"""Kinds that Flux applies before a Kustomization that comes with them (fluxcd/pkg ssa, ``sort.go``)."""

Key = tuple[str, str, str, str]
"""Group, kind, namespace and name."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry of ``dependsOn``: what it names, and where. With ``expression`` (``readyExpr``) Flux asks only that, and not
    whether the object is ready, unless its AdditiveCELDependencyCheck is on."""

    namespace: str
    name: str
    pointer: Pointer
    expression: bool = False


@dataclass(slots=True, eq=False)
class Before:
    """What is certain when something begins: Kustomizations that have applied everything, and objects that are ready."""

    applied: dict[Unit, None] = field(default_factory=dict)
    ready: dict[Unit, None] = field(default_factory=dict)
    defined: dict[Unit, None] = field(default_factory=dict)
    """Their Namespaces and CRDs are there; Flux applies these first."""


class Graph:
    """Made once a cluster; see :func:`graph_of`."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.units: dict[tuple[str, str], Unit] = {}
        self.appliers: dict[Key, list[Unit]] = {}
        """By object, in whichever version and however often it is written."""
        applied: set[KubeObject] = set()
        for unit in cluster.units:
            for item in self.objects(unit):
                applied.add(item)
                self.appliers.setdefault(item.id.unversioned, []).append(unit)
        for unit in sorted(cluster.units, key=lambda unit: unit.kustomization not in applied):
            # One that is written twice is the one that Flux applies.
            self.units.setdefault((unit.id.namespace, unit.id.name), unit)
        self.given = set(self._given())
        """What `flux bootstrap` (or a person) applies first, although a Kustomization has it too."""
        self.releases: dict[tuple[str, str], KubeObject] = {}
        self.charts: dict[KubeObject, str] = {}
        self.crd_releases: dict[str, list[KubeObject]] = {}
        """By API group, the HelmReleases that bring its CRDs."""
        self.hook_releases: dict[str, list[KubeObject]] = {}
        """By API group, the HelmReleases whose webhook must let its objects pass."""
        for item in cluster.kind(HELM, "HelmRelease"):
            self.releases.setdefault((item.id.namespace, item.id.name), item)
            chart = self.charts[item] = chart_of(cluster, item)
            for group in brings(chart, item):
                self.crd_releases.setdefault(group, []).append(item)
            for group in hooks(chart, item):
                self.hook_releases.setdefault(group, []).append(item)
        self.crds: dict[tuple[str, str], list[KubeObject]] = {}
        """By API group and kind, the CRDs that are manifests."""
        for item in cluster.kind(CRDS, "CustomResourceDefinition"):
            group, kind = text(get(item.value, "spec", "group")), text(get(item.value, "spec", "names", "kind"))
            self.crds.setdefault((group, kind), []).append(item)
        self._crds_from_elsewhere = tuple(
            entry.name for entry in cluster.externals if entry.kind == "CustomResourceDefinition"
        )
        self.unresolved = {
            unit
            for unit in self.units.values()
            if any((other.namespace, other.name) not in self.units for other in depends_on(unit.kustomization))
        }
        """Kustomizations with a dependency that does not exist: what they lack else is not known."""
        self._before: dict[Unit, Before] = {}
        self._waited: dict[Unit, tuple[KubeObject, ...]] = {}

    def _given(self) -> Iterator[KubeObject]:
        for unit in self.units.values():
            if any(other is not unit for other in self.units_of(unit.kustomization)):
                continue
            yield unit.kustomization
            reference = get(unit.kustomization.value, "spec", "sourceRef")
            namespace = text(get(reference, "namespace")) or unit.id.namespace
            source = self.cluster.find(SOURCES, text(get(reference, "kind")), namespace, text(get(reference, "name")))
            if source is not None:
                yield source

    @staticmethod
    def objects(unit: Unit) -> Sequence[KubeObject]:
        """What a Kustomization applies to this cluster; nothing when it is for another one."""
        return () if get(unit.kustomization.value, "spec", "kubeConfig") else unit.objects

    def units_of(self, item: KubeObject) -> Sequence[Unit]:
        """The Kustomizations that apply an object; none when it is applied by hand."""
        return self.appliers.get(item.id.unversioned, ())

    def unit_of(self, item: KubeObject) -> Unit | None:
        """The unit that a Flux Kustomization is."""
        return self.units.get((item.id.namespace, item.id.name)) if item.id.group == FLUX_GROUP else None

    def is_served(self, group: str) -> bool:
        """Whether the API server knows a group from the start: its own, Flux's, or what nimfleet.toml declares."""
        if is_builtin(group) or group.endswith(".toolkit.fluxcd.io"):
            return True
        return any(name == "*" or name.endswith(f".{group}") for name in self._crds_from_elsewhere)

    def waited(self, unit: Unit) -> tuple[KubeObject, ...]:
        """The objects that a Kustomization waits for before it is ready, as far as they are here."""
        if unit not in self._waited:
            spec = get(unit.kustomization.value, "spec")
            if get(spec, "wait") is True:
                found: Sequence[KubeObject] = self.objects(unit)
            else:
                found = [item for _, item in health_checks(self.cluster, unit) if item is not None]
            self._waited[unit] = tuple(dict.fromkeys(item for item in found if item is not unit.kustomization))
        return self._waited[unit]

    def waits_for(self, unit: Unit, item: KubeObject) -> bool:
        """Whether the Kustomization is certain not to be ready before the object is."""
        return item in self.waited(unit) and judged(unit, item)

    def before(self, unit: Unit) -> Before:
        """What is certain when a Kustomization begins to apply."""
        known = self._before.get(unit)
        if known is not None:
            return known
        before = self._before[unit] = Before()  # a circle ends here
        for reference in depends_on(unit.kustomization):
            other = self.units.get((reference.namespace, reference.name))
            if other is not None and other is not unit:
                self._add_ready(before, other)
        parents = self.units_of(unit.kustomization)
        if len(parents) == 1 and parents[0] is not unit:
            self._merge(before, self.before(parents[0]))
            before.defined[parents[0]] = None
        return before

    def _add_ready(self, before: Before, unit: Unit) -> None:
        if unit in before.ready:
            return
        before.ready[unit] = before.applied[unit] = None
        self._merge(before, self.before(unit))
        for item in self.waited(unit):
            child = self.unit_of(item)
            if child is not None:
                self._add_ready(before, child)

    @staticmethod
    def _merge(before: Before, other: Before) -> None:
        before.applied.update(other.applied)
        before.ready.update(other.ready)
        before.defined.update(other.defined)

    def exists_before(self, unit: Unit, item: KubeObject) -> bool:
        """Whether an object is certain to be there when ``unit`` applies what is neither a Namespace nor a CRD."""
        appliers = self.units_of(item)
        before = self.before(unit)
        early = is_definition(item)
        beside = self.units_of(unit.kustomization) if item.id.kind in _FIRST else ()
        return (
            not appliers
            or item in self.given
            or any(
                other in before.applied
                or (early and (other is unit or other in before.defined))
                or (other in beside and other is not unit)
                for other in appliers
            )
        )

    def ready_before(self, unit: Unit, release: KubeObject) -> bool:
        """Whether a HelmRelease is certain to be ready when ``unit`` applies."""
        before = self.before(unit)
        if not self.units_of(release):
            return True
        for other in before.ready:
            for item in self.waited(other):
                if item is release or (item.id.group == HELM and release in self.release_closure(item)):
                    return True
        return False

    def release_closure(self, release: KubeObject) -> dict[KubeObject, None]:
        """The HelmReleases that must be ready before this one is installed."""
        found: dict[KubeObject, None] = {}
        pending = [release]
        while pending:
            for reference in depends_on(pending.pop()):
                other = self.releases.get((reference.namespace, reference.name))
                if other is not None and other not in found:
                    found[other] = None
                    pending.append(other)
        return found

    def release_before(self, release: KubeObject, first: KubeObject) -> bool:
        """Whether ``first`` is certain to be ready when ``release`` is installed."""
        if first is release or first in self.release_closure(release):
            return True
        units = self.units_of(release)
        return bool(units) and all(self.ready_before(unit, first) for unit in units)


def graph_of(cluster: Cluster) -> Graph:
    """The graph of a cluster, made at the first call."""
    return cluster.once(_graph)


def _graph(cluster: Cluster) -> Graph:
    return Graph(cluster)


def depends_on(item: KubeObject) -> Iterator[Reference]:
    """The entries of ``dependsOn`` of a Kustomization or HelmRelease, except such as are of no use."""
    for pointer, entry in items(item.value, "spec", "dependsOn"):
        name = text(entry.get("name"))
        if name:
            namespace = text(entry.get("namespace")) or item.id.namespace
            yield Reference(namespace, name, pointer, bool(text(entry.get("readyExpr"))))


def health_checks(cluster: Cluster, unit: Unit) -> Iterator[tuple[Pointer, KubeObject | None]]:
    """Each entry of ``healthChecks``, with the object it names if that is here."""
    for pointer, entry in items(unit.kustomization.value, "spec", "healthChecks"):
        group = text(entry.get("apiVersion")).rpartition("/")[0]
        namespace, name = text(entry.get("namespace")), text(entry.get("name"))
        yield pointer, cluster.find(group, text(entry.get("kind")), namespace, name)


def judged(unit: Unit, item: KubeObject) -> bool:
    """Whether Flux can tell that the object is not ready yet, from the first moment on.

    Kubernetes' own kinds and Flux's are judged by their status. Other kinds count as ready as long as they have no status,
    unless an expression says what ready is.
    """
    group = item.id.group
    if is_builtin(group) or group.endswith(".toolkit.fluxcd.io"):
        return True
    return any(
        text(entry.get("kind")) == item.id.kind and text(entry.get("apiVersion")).rpartition("/")[0] == group
        for _, entry in items(unit.kustomization.value, "spec", _EXPRESSIONS)
    )


def is_definition(item: KubeObject) -> bool:
    """Whether Flux applies the object, and waits for it, before it looks at the rest of the Kustomization."""
    return (item.id.group, item.id.kind) in {
        ("", "Namespace"),
        (CRDS, "CustomResourceDefinition"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
    }


_EKS = frozenset({"vpcresources.k8s.aws", "crd.k8s.amazonaws.com", "networking.k8s.aws", "eks.amazonaws.com"})
_NOT_BUILTIN = ("snapshot.storage.k8s.io", "gateway.networking.k8s.io", "metrics.k8s.io", "nfd.k8s-sigs.io")


def is_builtin(group: str) -> bool:
    """Whether the API server of EKS serves a group from the start."""
    if group in _EKS or "." not in group:
        return True
    return group.endswith(".k8s.io") and not group.endswith((*_NOT_BUILTIN, ".x-k8s.io"))


def annotated(item: KubeObject, key: str) -> str:
    """The annotation ``kustomize.toolkit.fluxcd.io/<key>``; where Flux takes labels too, the label."""
    metadata = get(item.value, "metadata")
    name = _OWN + key
    return text(get(metadata, "annotations", name)) or text(get(metadata, "labels", name))
