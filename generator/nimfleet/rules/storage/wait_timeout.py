"""A Kustomization gives up before the model that it waits for can be ready.

## What it checks

The `timeout` of a Flux Kustomization that waits for a NIMService or NIMCache (`wait`, or a health check)
against the time from nothing to ready: a node, the image, the download into the cache, and for a service the
load into its GPUs. Without a timeout, Flux takes the interval. The figures are on the short side.

## Why it matters

The Kustomization is reported as failed while everything goes well, what depends on it does not begin, and it
starts to wait anew.

## Example

```yaml
kind: Kustomization
spec:
  wait: true
  timeout: 5m   # and a NIMService of 70 billion parameters
```

## Use instead

```yaml
wait: true
timeout: 90m
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.duration import in_words, seconds
from nimfleet.cluster.helm.units import checks_health, unit_of
from nimfleet.cluster.model import Cluster, Unit
from nimfleet.cluster.models import caches, services
from nimfleet.cluster.storage.budget import budget_of
from nimfleet.cluster.storage.sizes import least_of_cache
from nimfleet.manifest.walk import get, items, text
from nimfleet.plan.startup import startup
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


def _judges_caches(unit: Unit) -> bool:
    """Whether Flux is told when a NIMCache is ready; without an expression, it counts as ready at once."""
    checks = items(unit.kustomization.value, "spec", "healthCheckExprs")
    return any(text(entry.get("kind")) == "NIMCache" for _, entry in checks)


def _waits(cluster: Cluster) -> Iterator[tuple[Unit, str, int]]:
    """Kustomizations, what they wait for, and how many seconds that takes at least."""
    for service in cluster.once(services):
        unit = unit_of(cluster, service.object)
        budget = budget_of(cluster, service) if unit is not None and checks_health(unit, service.object) else None
        if unit is not None and budget is not None:
            elsewhere = service.cache is not None and unit_of(cluster, service.cache.object) is not unit
            yield unit, f"NIMService `{service.name}`", budget.pod + budget.load + (0 if elsewhere else budget.fetch)
    for cache in cluster.once(caches).values():
        unit = unit_of(cluster, cache.object)
        if unit is None or not checks_health(unit, cache.object) or not _judges_caches(unit):
            continue
        size = least_of_cache(cache)
        if size is not None:
            plan = startup(size, 1)
            yield unit, f"NIMCache `{cache.object.id.name}`", plan.node + plan.image + plan.download


@rule(
    "storage/wait-timeout",
    subject=Cluster,
    severity=Severity.WARNING,
    source=(
        "plan/startup.py (assumptions: node 6 minutes, image 8 minutes, NGC 50 MiB/s, EFS 100 "
        "MiB/s, engine 5 minutes); Flux, Kustomization spec.timeout"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Kustomizations that are less patient than their models; the slowest model of each."""
    slowest: dict[int, tuple[int, str, Unit]] = {}
    for unit, words, wanted in _waits(cluster):
        if wanted > slowest.get(id(unit), (0, "", unit))[0]:
            slowest[id(unit)] = (wanted, words, unit)
    for wanted, words, unit in slowest.values():
        spec = get(unit.kustomization.value, "spec")
        key = "interval" if get(spec, "timeout") is None else "timeout"
        patience = seconds(get(spec, key))  # None for what is no duration: the schema says so, or a variable decides
        if patience is not None and patience < wanted:
            message = (
                f"this gives up after {in_words(patience)}, and {words}, which it waits for, takes about "
                f"{in_words(wanted)} from nothing to ready: set `timeout` to more than that"
            )
            yield hit(unit.kustomization, message, ("spec", key))
