"""The entry of one cluster applies the folder of another.

## What it checks

A Flux Kustomization that nothing else applies (the one of `flux bootstrap`) lies in or above the folder that it names
in `path`, or below it. It is reported when the folder that it names has an entry of its own
(`flux-system/gotk-sync.yaml`, `flux-entry.yaml` or environment.yaml).

## Why it matters

An entry that was copied from another cluster's folder and not changed makes this cluster run what is meant for the
other one.

## Example

```yaml
# clusters/prod/flux-entry.yaml
kind: Kustomization
metadata:
  name: flux-system
spec:
  path: ./clusters/dev
```

## Use instead

```yaml
# clusters/prod/flux-entry.yaml
kind: Kustomization
metadata:
  name: flux-system
spec:
  path: ./clusters/prod
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.graph import graph_of
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_ENTRIES = ("flux-system/gotk-sync.yaml", "flux-entry.yaml", "environment.yaml")


@rule(
    "flux/entry-path",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux: flux bootstrap writes the entry into the path that it applies",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Entries whose path is the folder of another cluster."""
    graph = graph_of(subject)
    for unit in subject.units:
        item = unit.kustomization
        if unit.overlay is None or subject.files is None or item.overlay is not None or graph.units_of(item):
            continue
        here, there = item.folder, unit.overlay.folder
        if not here or not there or f"{here}/".startswith(f"{there}/") or f"{there}/".startswith(f"{here}/"):
            continue
        root = subject.files.root
        own = next((name for name in _ENTRIES if (root / there / name).is_file()), None)
        if own is not None:
            message = (
                f"this entry lies in `{here}`, but applies `{there}`, which has an entry of its own ({own}): was it copied from "
                "there? Name the folder of this cluster"
            )
            yield hit(item, message, ("spec", "path"))
