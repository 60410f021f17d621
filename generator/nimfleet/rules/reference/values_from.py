"""A HelmRelease takes values from something that is not there.

## What it checks

Each entry of `valuesFrom` that is not `optional` names a ConfigMap or Secret of the HelmRelease's namespace, and a
key (`values.yaml` when none is named) that it has.

## Why it matters

The release fails before anything is installed.

## Example

```yaml
kind: ConfigMap
metadata:
  name: karpenter-values
  namespace: flux-system
data:
  values.yml: ""
---
kind: HelmRelease
metadata:
  namespace: flux-system
spec:
  valuesFrom:
    - kind: ConfigMap
      name: karpenter-values
```

## Use instead

```yaml
valuesFrom:
  - kind: ConfigMap
    name: karpenter-values
    valuesKey: values.yml
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/values-from",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Flux helm-controller 1.6: valuesFrom is read from the HelmRelease's namespace, and what is missing "
        "fails the release"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "values-from", "the release fails before anything is installed")
