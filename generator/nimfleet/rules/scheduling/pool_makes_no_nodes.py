"""A NodePool allows no instance type.

## What it checks

The requirements and labels of a NodePool, its `minValues` and what its EC2NodeClass allows leave at least one EC2
instance type. (Values of one key that exclude each other are `admission/nodepool-contradiction`.) Pools are looked at
where a pod would run on them.

## Why it matters

Karpenter takes requirements together, and makes no node where nothing meets them all. Every pod for this pool stays
Pending.

## Example

```yaml
kind: NodePool
spec:
  template:
    spec:
      requirements:
        - key: karpenter.k8s.aws/instance-family
          operator: In
          values: [g6]
        - key: kubernetes.io/arch
          operator: In
          values: [arm64]
```

## Use instead

```yaml
requirements:
  - key: karpenter.k8s.aws/instance-family
    operator: In
    values: [g6]
  - key: kubernetes.io/arch
    operator: In
    values: [amd64]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling import at
from nimfleet.rules.scheduling.misfits import Reason, contradiction, misfits, quoted


@rule(
    "scheduling/pool-makes-no-nodes",
    subject=Cluster,
    severity=Severity.ERROR,
    source="karpenter-provider-aws 1.14.1, instance type reference; sigs.k8s.io/karpenter pkg/scheduling/requirements.go",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Pools whose own constraints contradict, each once."""
    seen: set[int] = set()
    for misfit in cluster.once(misfits).get(Reason.POOL, ()):
        pool = misfit.verdict.object
        if pool is None or id(pool) in seen:
            continue
        seen.add(id(pool))
        first = next((item for item in misfit.verdict.conflict if item.object is pool), None)
        message = (
            f"NodePool `{misfit.verdict.pool}` can make no node: {contradiction(misfit.verdict.conflict)}"
            f"{f'; {quoted(misfit.verdict.fix)}' if misfit.verdict.fix else ''}"
        )
        yield at(pool, message, first.pointer if first is not None else ("spec",))
