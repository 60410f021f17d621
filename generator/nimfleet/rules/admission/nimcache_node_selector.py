"""A NIMCache selects nodes that no NodePool makes.

## What it checks

Where a cluster has NodePools and no node feature discovery, a NIMCache sets `nodeSelector`, if only to an
empty mapping, or a NodePool's template carries the label `feature.node.kubernetes.io/pci-10de.present`.

## Why it matters

Without `nodeSelector`, the operator selects `feature.node.kubernetes.io/pci-10de.present: "true"`.
Karpenter knows of no node with that label and buys none, so that the download stays Pending.

## Example

```yaml
kind: NIMCache
spec:
  storage:
    pvc:
      name: models
  # no nodeSelector
```

## Use instead

```yaml
nodeSelector:
  karpenter.sh/nodepool: g5
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedCache

_LABEL = "feature.node.kubernetes.io/pci-10de.present"


@rule(
    "admission/nimcache-node-selector",
    subject=AdmittedCache,
    severity=Severity.WARNING,
    source="NVIDIA k8s-nim-operator 3.1.2, api/apps/v1alpha1/nimcache_types.go, GetNodeSelectors",
)
def check(subject: AdmittedCache) -> Iterator[Hit]:
    """The default selector, where nothing has the label."""
    cluster = subject.cluster
    if not isinstance(subject.spec, dict) or subject.spec.get("nodeSelector") is not None:
        return
    labelled = any(pool.labels.get(_LABEL) == "true" for pool in cluster.pools.values())
    if cluster.pools and not cluster.feature_discovery and not labelled:
        message = (
            f"without `nodeSelector` the operator selects nodes by {_LABEL}, which no NodePool has: "
            "the download stays Pending"
        )
        yield hit(subject, message)
