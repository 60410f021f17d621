"""A HelmRelease names a source that is not there.

## What it checks

`chart.spec.sourceRef` and `chartRef` of HelmReleases, and `sourceRef` of HelmCharts, lead to a HelmRepository,
GitRepository, Bucket, OCIRepository or HelmChart in the named (or the own) namespace.

## Why it matters

No chart is fetched, and nothing is installed.

## Example

```yaml
kind: HelmRepository
metadata:
  name: eks-charts
  namespace: flux-system
---
kind: HelmRelease
metadata:
  namespace: kube-system
spec:
  chart:
    spec:
      sourceRef:
        kind: HelmRepository
        name: eks-charts
```

## Use instead

```yaml
sourceRef:
  kind: HelmRepository
  name: eks-charts
  namespace: flux-system
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/helm-source",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Flux helm-controller and source-controller: sourceRef and chartRef are looked up in the given or own namespace"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "helm-source", "no chart is fetched, and nothing is installed")
