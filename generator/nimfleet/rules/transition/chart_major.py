"""A chart moves to another major version.

## What it checks

The exact version of the chart of a HelmRelease that the base has, also where an OCIRepository's tag says it: a
larger first number, or a larger second one where the first is 0.

## Why it matters

Such a version may change values, CRDs and what is stored. Helm does not upgrade CRDs in a chart's `crds/` unless
the HelmRelease says `upgrade.crds: CreateReplace`.

## Example

```yaml
kind: HelmRelease
spec:
  chart:
    spec:
      chart: cert-manager
      version: 2.0.0   # was 1.19.1
```

## Use instead

Read its notes on upgrading, and take one major version at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Cluster
from nimfleet.rules.transition.helm import moves


@rule(
    "transition/chart-major",
    subject=Cluster,
    severity=Severity.INFO,
    source="Semantic Versioning 2.0.0; Helm: CRDs",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Versions that are a step up."""
    for move in moves(subject):
        old, new = move.before, move.after
        if new > old and (new[0] != old[0] or (old[0] == 0 and new[1] != old[1])):
            message = (
                f"chart {move.chart} goes from {move.was} in {subject.base} to {move.now}, another major version: read "
                "its notes on upgrading"
            )
            yield Hit(move.object.place(move.pointer), message, str(move.object.id), move.pointer)
