"""From nothing: Flux on an empty cluster, step by step, and what holds it up for ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nimfleet.cluster.flux.charts import SOURCES, needs_of
from nimfleet.cluster.flux.deadlocks import deadlocks
from nimfleet.cluster.flux.events import Bootstrap, Deadlock, Event, Need, Step, What, Why
from nimfleet.cluster.flux.graph import Graph, Reference, depends_on, graph_of
from nimfleet.cluster.flux.missing_crds import absent_groups
from nimfleet.cluster.flux.readiness import Readiness
from nimfleet.cluster.model import Cluster, Unit, World
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, text
from nimfleet.repository.model import KubeObject

_DEPENDENCIES = frozenset({Why.DEPENDENCY, Why.PARTS})
GIVEN_NAMESPACES = frozenset({"", "default", "kube-system", "kube-public", "kube-node-lease", "flux-system"})
"""Namespaces that a cluster has before Flux begins."""


def bootstrap_of(cluster: Cluster) -> Bootstrap:
    """How the cluster comes up, worked out at the first call."""
    return cluster.once(_bootstrap)


def _bootstrap(cluster: Cluster) -> Bootstrap:
    simulation = _Simulation(graph_of(cluster))
    needs = simulation.needs()
    steps, blocked = run(needs)
    return Bootstrap(steps, needs, blocked, tuple(_causes(needs, blocked)) if blocked else (), cluster.units)


def _causes(needs: Mapping[Event, tuple[Need, ...]], blocked: Sequence[Event]) -> Iterator[Deadlock]:
    """Circles of ``dependsOn`` first, as these are what people meant; others only where they are not part of those."""
    plain = {
        event: tuple(need for need in conditions if need.why in _DEPENDENCIES and need.events)
        for event, conditions in needs.items()
    }
    members: set[KubeObject] = set()
    for deadlock in deadlocks(plain, run(plain)[1]):
        members.update(link.event.object for link in deadlock.links)
        yield deadlock
    for deadlock in deadlocks(needs, blocked):
        if not members.intersection(link.event.object for link in deadlock.links) or not deadlock.links[0].need.events:
            yield deadlock


class _Simulation:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.cluster = graph.cluster
        self.readiness = Readiness(graph)
        self._brought: dict[tuple[str, str], tuple[tuple[Event, ...], str]] = {}
        self._creators: dict[str, list[KubeObject]] = {}
        """By namespace, the HelmReleases that create it."""
        for release in graph.charts:
            spec = get(release.value, "spec")
            if get(spec, "install", "createNamespace") is True:
                self._creators.setdefault(text(get(spec, "targetNamespace")), []).append(release)

    def needs(self) -> dict[Event, tuple[Need, ...]]:
        """Every event, in the order of the objects, with its conditions."""
        found: dict[Event, tuple[Need, ...]] = {}
        for item in self.cluster.objects:
            unit = self.graph.unit_of(item)
            if unit is not None and unit.kustomization is item:
                found[Event(What.DEFINED, item)] = tuple(self._defined(unit))
                found[Event(What.APPLIED, item)] = tuple(self._applied(unit))
                found[Event(What.READY, item)] = tuple(self._unit_ready(unit))
            elif item in self.graph.charts:
                found[Event(What.INSTALLING, item)] = tuple(self._installing(item))
                found[Event(What.READY, item)] = tuple(self._installed(item))
            elif self.readiness.has(item):
                found[Event(What.READY, item)] = (*self._there(item), *self.readiness.needs(item))
        return found

    def _there(self, item: KubeObject) -> Iterator[Need]:
        events = self.readiness.exists(item)
        if events is not None:
            names = " or ".join(f"Kustomization {event.object.id.name}" for event in events)
            yield Need(events, Why.APPLIER, f"{names}, which applies it", item)

    def _defined(self, unit: Unit) -> Iterator[Need]:
        item = unit.kustomization
        yield from self._there(item)
        spec = get(item.value, "spec")
        if get(spec, "suspend") is True:
            yield Need((), Why.SUSPENDED, "somebody to resume it: `suspend: true`", item, ("spec", "suspend"))
        if unit.overlay is not None and not unit.built:
            yield Need((), Why.BUILD, f"`{unit.overlay.name}`, which does not build", item, ("spec", "path"))
        source = get(spec, "sourceRef")
        yield from self._source(item, ("spec", "sourceRef"), source)
        for reference in depends_on(item):
            other = self.graph.units.get((reference.namespace, reference.name))
            if other is None:
                if not self._given("Kustomization", reference.namespace, reference.name):
                    words = f"Kustomization {reference.namespace}/{reference.name}, which does not exist"
                    yield Need((), Why.DEPENDENCY, words, item, reference.pointer)
            else:
                yield from self._dependency(item, reference, other.kustomization)
        for pointer, entry in items(item.value, "spec", "postBuild", "substituteFrom"):
            if entry.get("optional") is not True:
                kind, name = text(entry.get("kind")), text(entry.get("name"))
                yield from self.readiness.config(kind, item.id.namespace, name, Why.CONFIG, item, pointer)

    def _dependency(self, item: KubeObject, reference: Reference, other: KubeObject) -> Iterator[Need]:
        """That ``other`` is ready; of an expression nobody can tell more than that it must be there."""
        words = f"{other.id.kind} {other.id.name} (dependsOn)"
        events: tuple[Event, ...] | None = (Event(What.READY, other),)
        if reference.expression:
            words = f"{other.id.kind} {other.id.name} (readyExpr)"
            events = self.readiness.exists(other)
        if events is not None:
            yield Need(events, Why.DEPENDENCY, words, item, reference.pointer)

    def _source(self, item: KubeObject, pointer: Pointer, reference: object) -> Iterator[Need]:
        kind, name = text(get(reference, "kind")), text(get(reference, "name"))
        target = self.cluster.find(SOURCES, kind, text(get(reference, "namespace")) or item.id.namespace, name)
        if target is not None and self.readiness.has(target):
            yield Need((Event(What.READY, target),), Why.SOURCE, f"{kind} {name}", item, pointer)

    def _applied(self, unit: Unit) -> Iterator[Need]:
        item = unit.kustomization
        yield Need(
            (Event(What.DEFINED, item),), Why.PARTS, f"Namespaces and CRDs of Kustomization {item.id.name}", item
        )
        kinds: set[tuple[str, str]] = set()
        namespaces: set[str] = set()
        for applied in self.graph.objects(unit):
            identity = applied.id
            if (identity.group, identity.kind) not in kinds:
                kinds.add((identity.group, identity.kind))
                yield from self._known(applied, identity.group, identity.kind)
                yield from self._passes(applied, identity.group)
            if identity.namespace not in namespaces:
                namespaces.add(identity.namespace)
                yield from self._namespace(applied, identity.namespace, ("metadata", "namespace"))

    def _known(self, item: KubeObject, group: str, kind: str) -> Iterator[Need]:
        """The need for the CRD of a kind."""
        if (group, kind) not in self._brought:
            self._brought[group, kind] = self._bringing(group, kind)
        events, words = self._brought[group, kind]
        if events or words:
            yield Need(events, Why.KIND, words, item, ("kind",))

    def _bringing(self, group: str, kind: str) -> tuple[tuple[Event, ...], str]:
        """Events of which one makes a kind known, in words, too (no words: it is from the start, or nobody can tell)."""
        if self.graph.is_served(group):
            return (), ""
        if group in self.cluster.once(absent_groups):
            return (), f"the CRD{f' of {kind}' if kind else f's of {group}'}, which nothing brings"
        events: list[Event] = []
        for crd in self.graph.crds.get((group, kind), ()) if kind else ():
            there = self.readiness.exists(crd)
            if there is None:
                return (), ""
            events += there
        events += [Event(What.INSTALLING, release) for release in self.graph.crd_releases.get(group, ())]
        if not events:
            return (), ""
        names = " or ".join(dict.fromkeys(f"{event.object.id.kind} {event.object.id.name}" for event in events))
        what = f"the CRD of {kind}" if kind else f"the CRDs of {group}"
        return tuple(dict.fromkeys(events)), f"{what}, which {names} brings"

    def _passes(self, item: KubeObject, group: str) -> Iterator[Need]:
        """The need for the webhook of a group.

        Not where the CRDs can be there long before the webhook is: then the object may pass while there is none."""
        releases = self.graph.hook_releases.get(group, ())
        if releases and all(release in self.graph.crd_releases.get(group, ()) for release in releases):
            words = " or ".join(f"HelmRelease {release.id.name}" for release in releases)
            events = tuple(Event(What.READY, release) for release in releases)
            yield Need(events, Why.WEBHOOK, f"the webhook of {words}", item, ("kind",))

    def _namespace(self, item: KubeObject, name: str, pointer: Pointer) -> Iterator[Need]:
        if name in GIVEN_NAMESPACES:
            return
        target = self.cluster.find("", "Namespace", "", name)
        if target is None:
            return
        events = self.readiness.exists(target)
        if events is not None:
            releases = [
                Event(What.INSTALLING, release) for release in self._creators.get(name, ()) if release is not item
            ]
            yield Need((*events, *releases), Why.NAMESPACE, f"Namespace {name}", item, pointer)

    def _unit_ready(self, unit: Unit) -> Iterator[Need]:
        item = unit.kustomization
        yield Need((Event(What.APPLIED, item),), Why.PARTS, f"what Kustomization {item.id.name} applies", item)
        wait = get(item.value, "spec", "wait") is True
        pointer: Pointer = ("spec", "wait") if wait else ("spec", "healthChecks")
        for waited in self.graph.waited(unit):
            if self.graph.waits_for(unit, waited):
                words = f"{waited.id.kind} {waited.id.name} ({'wait' if wait else 'health check'})"
                yield from self.readiness.there(waited, Why.WAIT, words, item, pointer)

    def _installing(self, release: KubeObject) -> Iterator[Need]:
        yield from self._there(release)
        spec = get(release.value, "spec")
        if get(spec, "suspend") is True:
            yield Need((), Why.SUSPENDED, "somebody to resume it: `suspend: true`", release, ("spec", "suspend"))
        yield from self._source(release, ("spec", "chartRef"), get(spec, "chartRef"))
        yield from self._source(
            release, ("spec", "chart", "spec", "sourceRef"), get(spec, "chart", "spec", "sourceRef")
        )
        for reference in depends_on(release):
            other = self.graph.releases.get((reference.namespace, reference.name))
            if other is None:
                if not self._given("HelmRelease", reference.namespace, reference.name):
                    words = f"HelmRelease {reference.namespace}/{reference.name}, which does not exist"
                    yield Need((), Why.DEPENDENCY, words, release, reference.pointer)
            else:
                yield from self._dependency(release, reference, other)
        if get(spec, "install", "createNamespace") is not True:
            yield from self._namespace(release, text(get(spec, "targetNamespace")), ("spec", "targetNamespace"))
        for pointer, entry in items(release.value, "spec", "valuesFrom"):
            if entry.get("optional") is not True:
                kind, name = text(entry.get("kind")), text(entry.get("name"))
                yield from self.readiness.config(kind, release.id.namespace, name, Why.CONFIG, release, pointer)

    def _installed(self, release: KubeObject) -> Iterator[Need]:
        yield Need((Event(What.INSTALLING, release),), Why.PARTS, f"the installation of {release.id.name}", release)
        for group in needs_of(self.graph.charts[release], release):
            # Its own CRDs come first, from the chart's folder of CRDs.
            if release not in self.graph.crd_releases.get(group, ()):
                yield from self._known(release, group, "")
                yield from self._passes(release, group)

    def _given(self, kind: str, namespace: str, name: str) -> bool:
        """Whether something may come from elsewhere."""
        return self.cluster.world is not World.COMPLETE or self.cluster.declared(kind, namespace, name) is not None


def run(needs: Mapping[Event, tuple[Need, ...]]) -> tuple[tuple[Step, ...], tuple[Event, ...]]:
    """Rounds in which everything happens that can, and what never does."""
    waiting: dict[Event, list[_Any]] = {}
    shared: dict[int, _Any] = {}
    left: dict[Event, int] = {}
    now: list[Event] = []
    for event, conditions in needs.items():
        left[event] = len(conditions)
        for need in conditions:
            # Many may wait for the same events, such as for one of many releases of an operator.
            one = shared.get(id(need.events))
            if one is None:
                # What has no event of its own is there from the start.
                given = bool(need.events) and any(other not in needs for other in need.events)
                one = shared[id(need.events)] = _Any([], met=given)
                for other in () if given else need.events:
                    waiting.setdefault(other, []).append(one)
            if one.met:
                left[event] -= 1
            else:
                one.waiting.append(event)
        if left[event] == 0:
            now.append(event)
    steps: list[Step] = []
    done: set[Event] = set()
    while now:
        steps.append(Step(len(steps) + 1, tuple(now)))
        done.update(now)
        following: list[Event] = []
        for event in now:
            for one in waiting.get(event, ()):
                if one.met:
                    continue
                one.met = True
                for other in one.waiting:
                    left[other] -= 1
                    if left[other] == 0:
                        following.append(other)
        now = following
    return tuple(steps), tuple(event for event in needs if event not in done)


@dataclass(slots=True)
class _Any:
    """Events that wait for any one of the same events."""

    waiting: list[Event]
    met: bool
