"""`wait: true` makes Flux ignore a health check of something else.

## What it checks

A Kustomization with `wait: true` has no `healthChecks` for objects that it does not apply itself.

## Why it matters

With `wait: true` Flux waits for all that it applies, and does not look at `healthChecks`. What was to be waited for
besides, such as the Deployment of a chart, is not.

## Example

```yaml
wait: true
healthChecks:
  - apiVersion: apps/v1
    kind: Deployment
    name: karpenter   # of a HelmRelease in another Kustomization
    namespace: kube-system
```

## Use instead

Depend on the Kustomization that applies it, or leave `wait` out and list everything under `healthChecks`.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.graph import graph_of, health_checks
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import units
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/ignored-health-check",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux, kustomize-controller 1.9, checkHealth: healthChecks only without wait",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Health checks beside ``wait: true`` that are about more than what is applied."""
    graph = graph_of(subject)
    for unit in units(graph):
        if get(unit.kustomization.value, "spec", "wait") is True:
            own = set(graph.objects(unit))
            for pointer, found in health_checks(subject, unit):
                if found is None or found not in own:
                    entry = get(unit.kustomization.value, *pointer)
                    message = (
                        f"{unit.id.name} has `wait: true`, so that Flux ignores `healthChecks`, and does not apply "
                        f"{text(get(entry, 'kind'))} {text(get(entry, 'name'))} itself: nothing waits for it; "
                        "depend on the Kustomization that applies it"
                    )
                    yield hit(unit.kustomization, message, pointer)
