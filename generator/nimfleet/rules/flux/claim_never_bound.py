"""A Kustomization waits for a volume that is bound only when a pod uses it.

## What it checks

A Kustomization that waits for a PersistentVolumeClaim (`wait: true` or a health check) whose StorageClass has
`volumeBindingMode: WaitForFirstConsumer` also applies what uses the claim, or something before it does.

## Why it matters

The claim stays Pending until a pod mounts it. The Kustomization runs into its timeout, and what depends on it (with
the pod, often) never comes up.

## Example

```yaml
kind: Kustomization
metadata:
  name: storage   # a claim; the models that mount it depend on storage
spec:
  wait: true
```

## Use instead

Apply the claim together with what mounts it, do not wait for it, or let the StorageClass bind at once:

```yaml kind: StorageClass volumeBindingMode: Immediate ```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.charts import HELM
from nimfleet.cluster.flux.graph import graph_of
from nimfleet.cluster.flux.readiness import Readiness, binds_late
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import listed, short, units
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/claim-never-bound",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Kubernetes: volumeBindingMode WaitForFirstConsumer; Flux: kstatus of a claim that is not Bound is InProgress"
    ),
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Claims that are waited for where nothing mounts them."""
    graph = graph_of(subject)
    readiness: Readiness | None = None
    for unit in units(graph):
        if any(item.id.group == HELM for item in graph.objects(unit)):
            continue  # a chart may bring the pod
        for item in graph.waited(unit):
            if item.id.kind != "PersistentVolumeClaim" or item.id.group or not binds_late(graph, item):
                continue
            readiness = readiness or Readiness(graph)
            users = readiness.users(item)
            if any(user in graph.objects(unit) or graph.exists_before(unit, user) for user in users):
                continue
            by = f"{listed(short(user) for user in users)} mounts it only later" if users else "nothing here mounts it"
            wait = get(unit.kustomization.value, "spec", "wait") is True
            message = (
                f"{unit.id.name} waits for {short(item)}, which is bound only when a pod uses it (WaitForFirstConsumer), and "
                f"{by}; apply the two together, or do not wait for the claim"
            )
            yield hit(unit.kustomization, message, ("spec", "wait" if wait else "healthChecks"))
