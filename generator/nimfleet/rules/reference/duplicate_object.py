"""A file has the same object twice, with different contents.

## What it checks

Objects of one file that kustomize does not build: no two have the same group, kind, namespace and name while their
contents differ.

## Why it matters

The second overwrites the first without a word; kustomize refuses such a file.

## Example

```yaml
kind: NIMService
metadata:
  name: llama
spec:
  replicas: 1
---
kind: NIMService
metadata:
  name: llama
spec:
  replicas: 2
```

## Use instead

Keep one of them, or give one another name.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/duplicate-object",
    subject=Cluster,
    severity=Severity.ERROR,
    source="kubectl apply and Flux: the documents of a file are applied one after the other",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """The second of each pair."""
    seen: dict[tuple[str, str, str, str], list[KubeObject]] = {}
    for item in cluster.objects:
        if item.overlay is None and item.id.name:
            seen.setdefault(item.id.unversioned, []).append(item)
    for same in seen.values():
        files: dict[str, KubeObject] = {}
        for item in same if len(same) > 1 else ():
            place = item.place(())
            first = files.setdefault(place.file, item)
            if first is not item and first.value != item.value:
                message = (
                    f"{item.id} is in this file twice (first in line {first.place(()).line}): the second overwrites the first; "
                    "keep one of them"
                )
                yield hit(item, message, ("metadata", "name"))
