"""Something that others wait for is suspended.

## What it checks

Kustomizations and HelmReleases with `suspend: true` are not named in `dependsOn` of others, and no Kustomization
waits for them (`wait: true` or a health check).

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

from collections.abc import Iterator

from nimfleet.cluster.flux.charts import HELM
from nimfleet.cluster.flux.graph import depends_on, graph_of
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.repository.overlay import FLUX_GROUP
from nimfleet.rules.flux import hit, listed, short
from nimfleet.rules.registry import Hit, rule


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
    for group, kind in ((FLUX_GROUP, "Kustomization"), (HELM, "HelmRelease")):
        every = subject.kind(group, kind)
        for item in every:
            if not _suspended(item):
                continue
            waiting = [
                short(other)
                for other in every
                if not _suspended(other)
                and any((ref.namespace, ref.name) == (item.id.namespace, item.id.name) for ref in depends_on(other))
            ]
            waiting += [
                short(unit.kustomization)
                for unit in graph.units.values()
                if not _suspended(unit.kustomization) and item in graph.waited(unit)
            ]
            if waiting:
                verb = "waits" if len(set(waiting)) == 1 else "wait"
                message = (
                    f"{listed(waiting)} {verb} for {short(item)}, which is suspended, and on a new cluster never ready; "
                    "take `suspend: true` away, or suspend those too"
                )
                yield hit(item, message, "spec", "suspend")


def _suspended(item: KubeObject) -> bool:
    return get(item.value, "spec", "suspend") is True
