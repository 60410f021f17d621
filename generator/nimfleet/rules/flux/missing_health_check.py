"""A health check is about an object that does not exist.

## What it checks

Each entry of `healthChecks` of a Kustomization whose `wait` is not true names an object that something in the
repository applies: kind, namespace and name. Objects that a Helm chart or an operator may make (a Deployment in a
namespace that a HelmRelease installs into) are not judged.

## Why it matters

Flux looks for the object until `timeout` is over, says HealthCheckFailed, and begins again. What depends on the
Kustomization never comes up.

## Example

```yaml
healthChecks:
  - apiVersion: apps.nvidia.com/v1alpha1
    kind: NIMService
    name: lama
    namespace: nim-service
```

## Use instead

```yaml
healthChecks:
  - apiVersion: apps.nvidia.com/v1alpha1
    kind: NIMService
    name: llama
    namespace: nim-service
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.charts import HELM
from nimfleet.cluster.flux.graph import graph_of, health_checks
from nimfleet.cluster.model import Cluster, Unit
from nimfleet.cluster.nim import NIM
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.repository.overlay import FLUX_GROUP
from nimfleet.rules.flux import closed, elsewhere, units
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_OWN = frozenset({NIM, HELM, FLUX_GROUP, "source.toolkit.fluxcd.io", "karpenter.sh", "karpenter.k8s.aws"})
"""Groups whose objects people write; of others, controllers make some."""


@rule(
    "flux/missing-health-check",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Flux, kustomize-controller 1.9, checkHealth",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Health checks of Kustomizations without ``wait``, which would make Flux ignore them."""
    graph = graph_of(subject)
    for unit in units(graph):
        if get(unit.kustomization.value, "spec", "wait") is not True:
            for pointer, found in health_checks(subject, unit):
                if found is None:
                    yield from _missing(subject, unit, pointer)


def _missing(cluster: Cluster, unit: Unit, pointer: Pointer) -> Iterator[Hit]:
    entry = get(unit.kustomization.value, *pointer)
    group, kind = text(get(entry, "apiVersion")).rpartition("/")[0], text(get(entry, "kind"))
    namespace, name = text(get(entry, "namespace")), text(get(entry, "name"))
    if not kind or not name or cluster.declared(kind, namespace, name) is not None:
        return
    hint = elsewhere(cluster, cluster.kind(group, kind), namespace, name)
    if group not in _OWN and (_made(cluster, namespace) or not hint):
        return
    if not hint and not closed(cluster):
        return
    where = f"{namespace}/{name}" if namespace else name
    message = f"there is no {kind} `{where}`: Kustomization {unit.id.name} never becomes ready; {hint or 'take the entry away'}"
    yield hit(unit.kustomization, message, (*pointer, *_wrong(hint, entry)))


def _wrong(hint: str, entry: object) -> tuple[str, ...]:
    """The key of the entry that the hint is about; none when it is about the whole entry."""
    if hint.startswith("did you mean"):
        return ("name",)
    return ("namespace",) if hint and get(entry, "namespace") is not None else ()


def _made(cluster: Cluster, namespace: str) -> bool:
    """Whether something makes objects in the namespace that are not in the repository."""
    for release in cluster.kind(HELM, "HelmRelease"):
        if (text(get(release.value, "spec", "targetNamespace")) or release.id.namespace) == namespace:
            return True
    return any(
        item.id.namespace == namespace
        for kind in ("NIMService", "NIMCache", "NIMPipeline", "NIMBuild")
        for item in cluster.kind(NIM, kind)
    )
