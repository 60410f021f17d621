"""A pod selects nodes that no pool makes.

## What it checks

The `nodeSelector` and the required node affinity of every pod can be met by a NodePool, or by a node group that
nimfleet.toml declares: by its labels, its requirements, and what the instance types that are left have.

## Why it matters

Karpenter buys a node only where a NodePool can give it all the labels that the pod asks for. Labels that appear later,
such as those of node feature discovery, do not count. Of several alternatives of a required node affinity it keeps only the
last before it gives up a preference. The pod stays Pending.

## Example

```yaml
kind: NIMService
spec:
  nodeSelector:
    karpenter.sh/nodepool: g5
    karpenter.k8s.aws/instance-gpu-name: l40s
```

## Use instead

```yaml
nodeSelector:
  karpenter.sh/nodepool: g6e
  karpenter.k8s.aws/instance-gpu-name: l40s
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.misfits import Reason, report


@rule(
    "scheduling/selector-matches-nothing",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Karpenter 1.14, sigs.k8s.io/karpenter pkg/controllers/provisioning/scheduling; Kubernetes: node selectors and "
        "affinity"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Labels that no node will have."""
    yield from report(cluster, Reason.SELECTOR)
