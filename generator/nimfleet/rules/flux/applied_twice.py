"""Two Flux Kustomizations apply the same object.

## What it checks

No object (group, kind, namespace and name) comes out of two Kustomizations of one cluster. Objects of which one
Kustomization only owns parts (`kustomize.toolkit.fluxcd.io/ssa: Merge`, `IfNotPresent` or `Ignore`) are left out.

## Why it matters

Each takes the object over from the other at every reconciliation; where they differ, it changes back and forth. When
the object goes from one of them, or one of them goes, Flux deletes it although the other still wants it.

## Example

```yaml
# base/namespace.yaml is in the resources of apps/a and of apps/b, each with a Kustomization
kind: Namespace
metadata:
  name: nim-service
```

## Use instead

Apply the object in one Kustomization, and let the others depend on that.

```yaml kind: Kustomization metadata: name: a spec: dependsOn: - name: namespaces ```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.graph import graph_of
from nimfleet.cluster.flux.shared import shared
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import listed, short
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/applied-twice",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux: server-side apply with one field manager, and labels of the last owner",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """One finding for each pair of Kustomizations; not where the path of one is within the other's."""
    for found in shared(graph_of(subject)):
        if found.nested is None:
            first, second = found.units
            names = listed(short(item) for item in found.items)
            message = (
                f"Kustomizations {first.id.name} and {second.id.name} both apply {names}: they take it from each other, and "
                "each deletes it when it goes; apply it in one of them"
            )
            yield hit(found.items[0], message, ("metadata", "name"))
