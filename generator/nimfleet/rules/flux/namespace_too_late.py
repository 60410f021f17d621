"""A namespace is created only after what goes into it.

## What it checks

For each Flux Kustomization and HelmRelease: the Namespace that its objects are in is not created by something that
waits for it.

## Why it matters

The API server refuses objects of a namespace that does not exist, so that Flux applies nothing of the Kustomization,
and what would create the namespace waits for that. On an empty cluster nothing ever happens.

## Example

```yaml
kind: Kustomization
metadata:
  name: namespaces
spec:
  path: ./namespaces
  dependsOn:
    - name: models   # whose objects are in these namespaces
```

## Use instead

```yaml
kind: Kustomization
metadata:
  name: models
spec:
  path: ./models
  dependsOn:
    - name: namespaces
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.bootstrap import bootstrap_of
from nimfleet.cluster.flux.events import Why
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import short
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/namespace-too-late",
    subject=Cluster,
    severity=Severity.ERROR,
    source=("Flux, kustomize-controller 1.9, checkDependencies; Kubernetes: admission plugin NamespaceLifecycle"),
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Circles that go through a namespace."""
    for deadlock in bootstrap_of(subject).deadlocks:
        for link in deadlock.links:
            if link.need.why is Why.NAMESPACE:
                creator = link.need.events[0].object
                message = (
                    f"{short(link.need.object)} needs {link.need.words}, which {short(creator)} creates, and that waits for "
                    f"{short(link.event.object)}: neither ever happens; create the namespace in a Kustomization that comes first"
                )
                yield hit(link.need.object, message, link.need.pointer)
                break
