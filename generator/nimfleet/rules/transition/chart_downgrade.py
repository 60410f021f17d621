"""A chart moves to an older version.

## What it checks

The exact version of the chart of a HelmRelease that the base has, also where an OCIRepository's tag says it.

## Why it matters

Few charts are made to go back: the older controller meets objects, CRDs and stored data of the newer one.

## Example

```yaml
kind: HelmRelease
spec:
  chart:
    spec:
      chart: karpenter
      version: 1.13.0   # was 1.14.1
```

## Use instead

Go forward to a version with the fix, or read the project's notes on rolling back.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Cluster
from nimfleet.rules.transition.helm import moves


@rule(
    "transition/chart-downgrade",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Semantic Versioning 2.0.0",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Versions that are a step down."""
    for move in moves(subject):
        if move.after < move.before:
            message = (
                f"chart {move.chart} goes back from {move.was} in {subject.base} to {move.now}: the older version meets "
                "what the newer one has made"
            )
            yield Hit(move.object.place(move.pointer), message, str(move.object.id), move.pointer)
