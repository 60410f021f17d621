"""Something that others wait for is suspended.

## What it checks

Kustomizations and HelmReleases with `suspend: true` are not named in `dependsOn` of others, and no Kustomization
waits for them (`wait: true` or a health check). Sources with `suspend: true` are not used by any of them.

## Why it matters

Flux leaves a suspended object as it is. On a new cluster it is never applied and never ready, so that what depends on
it never comes up. On a cluster where it was ready before, others go on with what it was then.

## Example

```yaml
kind: Kustomization
metadata:
  name: controllers
spec:
  suspend: true   # models depends on it
```

## Use instead

Suspend with `flux suspend` for as long as it takes, and not in the repository, or suspend what depends on it too.

```yaml kind: Kustomization metadata: name: controllers spec: suspend: false ```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nimfleet.cluster.flux.charts import HELM, SOURCES
from nimfleet.cluster.flux.graph import depends_on, graph_of
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.repository.overlay import FLUX_GROUP
from nimfleet.rules.flux import listed, short
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_SOURCES = ("GitRepository", "OCIRepository", "HelmRepository", "HelmChart", "Bucket")


@rule(
    "flux/suspended-dependency",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux, kustomize-controller 1.9: spec.suspend; a new object has no Ready condition",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Suspended objects that somebody waits for; not those who wait only as they are suspended too."""
    graph = graph_of(subject)
    if not graph.units:
        return
    appliers = (*subject.kind(FLUX_GROUP, "Kustomization"), *subject.kind(HELM, "HelmRelease"))
    active = [item for item in appliers if not _suspended(item)]
    for item in appliers:
        if _suspended(item):
            waiting = [other for other in active if other.id.kind == item.id.kind and _depends(other, item)]
            waiting += [
                unit.kustomization
                for unit in graph.units.values()
                if not _suspended(unit.kustomization) and item in graph.waited(unit)
            ]
            yield from _hit(item, waiting, "never ready")
    for kind in _SOURCES:
        for item in subject.kind(SOURCES, kind):
            if _suspended(item):
                yield from _hit(item, [other for other in active if _fetches(other, item)], "never fetched")


def _hit(item: KubeObject, waiting: Sequence[KubeObject], never: str) -> Iterator[Hit]:
    if waiting:
        names = list(dict.fromkeys(short(other) for other in waiting))
        message = (
            f"{listed(names)} {'waits' if len(names) == 1 else 'wait'} for {short(item)}, which is suspended, and on a new "
            f"cluster {never}; take `suspend: true` away, or suspend those too"
        )
        yield hit(item, message, ("spec", "suspend"))


def _suspended(item: KubeObject) -> bool:
    return get(item.value, "spec", "suspend") is True


def _depends(item: KubeObject, on: KubeObject) -> bool:
    return any(
        (entry.namespace, entry.name) == (on.id.namespace, on.id.name) and not entry.expression
        for entry in depends_on(item)
    )


def _fetches(item: KubeObject, source: KubeObject) -> bool:
    """Whether what the object applies comes from the source."""
    spec = get(item.value, "spec")
    for reference in (get(spec, "sourceRef"), get(spec, "chartRef"), get(spec, "chart", "spec", "sourceRef")):
        namespace = text(get(reference, "namespace")) or item.id.namespace
        found = (text(get(reference, "kind")), namespace, text(get(reference, "name")))
        if found == (source.id.kind, source.id.namespace, source.id.name):
            return True
    return False
