"""What happened in which order, against the order that nimfleet says Flux must take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fleet import FLUX_NAMESPACE, KUSTOMIZATIONS, key_of
from recorder import Key, Recorder

from nimfleet.cluster.flux.charts import brings
from nimfleet.cluster.flux.events import Bootstrap, Event, Need, What, Why
from nimfleet.cluster.flux.graph import Graph, depends_on, graph_of, is_definition
from nimfleet.cluster.model import Cluster, Unit
from nimfleet.manifest.walk import get, text
from nimfleet.repository.model import KubeObject

_ONE_OBJECT = frozenset({Why.REFERENCE, Why.CONFIG, Why.NAMESPACE})


@dataclass(frozen=True, slots=True)
class Span:
    """When something began and when it was done, as resource versions."""

    begin: int
    end: int


class Observed:
    """Events of nimfleet's model, as they were."""

    def __init__(self, cluster: Cluster, recorder: Recorder) -> None:
        self._graph: Graph = graph_of(cluster)
        self._recorder = recorder

    def span(self, event: Event) -> Span | None:
        """When an event was; None when nothing shows it, because there is nothing to it."""
        item = event.object
        if event.what is What.READY:
            first = next((c.version for c in self._recorder.changes(key_of(item)) if c.ready), None)
            return None if first is None else Span(first, first)
        if event.what is What.INSTALLING:
            return self._installing(event)
        unit = self._graph.unit_of(item)
        assert unit is not None
        parts = [one for one in self._graph.objects(unit) if is_definition(one) is (event.what is What.DEFINED)]
        return self._created([key_of(one) for one in parts if one not in self._graph.given])

    def created(self, item: KubeObject) -> int | None:
        """When an object was made."""
        found = self._created([key_of(item)])
        return None if found is None else found.begin

    def _installing(self, event: Event) -> Span | None:
        """Helm's first sign is a CRD or the Secret in which it keeps the release; it is done when the CRDs are."""
        item = event.object
        name = text(get(item.value, "spec", "releaseName")) or item.id.name
        namespace = text(get(item.value, "spec", "storageNamespace")) or item.id.namespace
        stored = ("", "Secret", namespace, f"sh.helm.release.v1.{name}.v1")
        groups = brings(self._graph.charts[item], item)
        crds = [
            (value["metadata"]["name"], value["spec"]["group"])
            for value in self._recorder.all("apiextensions.k8s.io", "CustomResourceDefinition")
        ]
        brought = [
            ("apiextensions.k8s.io", "CustomResourceDefinition", "", name) for name, group in crds if group in groups
        ]
        begun = self._created([stored, *brought])
        if begun is None:
            return None
        done = self._created(brought)
        return Span(begun.begin, done.end if done is not None else begun.begin)

    def _created(self, keys: Iterable[Key]) -> Span | None:
        changes = [found[0].version for key in keys if (found := self._recorder.changes(key))]
        return Span(min(changes), max(changes)) if changes else None


def violations(cluster: Cluster, bootstrap: Bootstrap, recorder: Recorder) -> Iterator[str]:
    """Each event that was before one of its needs was met; nothing when the order is one that the model allows."""
    observed = Observed(cluster, recorder)
    for event, needs in bootstrap.needs.items():
        span = observed.span(event)
        if span is None:
            if event.what is What.READY:
                yield f"{event} never happened"
            continue
        for need in needs:
            yield from _early(event, span, need, bootstrap, observed)


def _early(event: Event, span: Span, need: Need, bootstrap: Bootstrap, observed: Observed) -> Iterator[str]:
    if need.why is Why.APPLIER:
        # An object is there before the last of its Kustomization is, and may be ready by then.
        made = observed.created(event.object)
        if made is not None and made > span.begin:
            yield f"{event} at {span.begin}, and created not until {made}"
        return
    ends: list[int] = []
    for other in need.events:
        found = observed.span(other)
        if found is not None:
            # Where a Kustomization stands for one of its objects, that may be its first.
            ends.append(found.begin if need.why in _ONE_OBJECT else found.end)
        elif len(need.events) == 1:
            # Nothing to see of it, so that what it needs must have been.
            for earlier in bootstrap.needs.get(other, ()):
                yield from _early(event, span, earlier, bootstrap, observed)
    if ends and min(ends) > span.begin:
        yield f"{event} at {span.begin}, and {need.words} not until {min(ends)}"


def dependencies(units: Iterable[Unit], recorder: Recorder) -> Iterator[str]:
    """Each Kustomization that applied something before all of its ``dependsOn`` were ready."""
    for unit in units:
        made = [found[0].version for item in unit.objects if (found := recorder.changes(key_of(item)))]
        for reference in depends_on(unit.kustomization):
            key = (KUSTOMIZATIONS, "Kustomization", reference.namespace or FLUX_NAMESPACE, reference.name)
            ready = next((change.version for change in recorder.changes(key) if change.ready), None)
            if ready is None or not made or min(made) < ready:
                yield f"{unit.id.name} applied at {min(made, default=None)}, {reference.name} was ready at {ready}"
