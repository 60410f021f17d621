"""The path of a Kustomization holds what another Kustomization applies.

## What it checks

Of two Flux Kustomizations of one cluster, where the path of one is within that of the other (or the same), they do
not apply the same objects. A folder without a kustomization.yaml counts with everything below it.

## Why it matters

The outer one applies what is inside at once: before what it depends on, without the inner one's patches and
substitutions, and again at every reconciliation. When the inner one is removed, it deletes what the outer one still
has.

## Example

```yaml
kind: Kustomization
metadata:
  name: flux-system
spec:
  path: ./clusters/prod        # no kustomization.yaml: everything below
---
kind: Kustomization
metadata:
  name: apps
spec:
  path: ./clusters/prod/apps
```

## Use instead

Give the outer folder a kustomization.yaml that lists only the Kustomizations, or move the inner folder out of it.

```yaml kind: Kustomization metadata: name: apps spec: path: ./apps/prod ```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.graph import graph_of
from nimfleet.cluster.flux.shared import shared
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/nested-path",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux: a folder without kustomization.yaml is applied with all folders below it",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """One finding for each pair of Kustomizations, at the inner one's path."""
    for found in shared(graph_of(subject)):
        if found.nested is not None:
            outer, inner = found.nested
            count = len(found.items)
            paths = [unit.overlay.name if unit.overlay is not None else "." for unit in (outer, inner)]
            within = "is the path of" if paths[0] == paths[1] else f"is within `{paths[0]}`, the path of"
            fix = (
                "give one of them a folder of its own"
                if paths[0] == paths[1]
                else f"list in a kustomization.yaml in `{paths[0]}` what is to be applied, or move `{paths[1]}` out of it"
            )
            message = (
                f"`{paths[1]}` {within} Kustomization {outer.id.name}, too, so that {count} "
                f"object{' is' if count == 1 else 's are'} applied by both; {fix}"
            )
            yield hit(inner.kustomization, message, ("spec", "path"))
