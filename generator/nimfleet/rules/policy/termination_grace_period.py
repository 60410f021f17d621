"""A GPU node is taken down before its models have moved.

## What it checks

`terminationGracePeriod` of a NodePool with GPUs or Neuron devices is 30 minutes or more, where it is set.
Asked in profile production.

## Why it matters

After that time Karpenter deletes the pods of a node that it drains, against PodDisruptionBudgets and
`karpenter.sh/do-not-disrupt` alike. A budget lets the second replica go only when the first one serves
again elsewhere, which takes a model 20 minutes.

## Example

```yaml
kind: NodePool
spec:
  template:
    spec:
      terminationGracePeriod: 5m
```

## Use instead

```yaml
template:
  spec:
    terminationGracePeriod: 2h
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.duration import seconds
from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.nodes import accelerated_pools
from nimfleet.rules.registry import Hit, rule

_LEAST = 30 * 60


@rule(
    "policy/termination-grace-period",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Karpenter: Disruption (terminationGracePeriod); 30 minutes are nimfleet's own judgement",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Drains that are cut short."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for pool in accelerated_pools(cluster):
        given = get(pool.spec, "template", "spec", "terminationGracePeriod")
        after = seconds(given)
        if after is not None and after < _LEAST:
            message = (
                f"nodes of NodePool `{pool.name}` are drained for {given} only, then their pods are deleted against any "
                "PodDisruptionBudget: the next replica starts for longer than that; use 2h"
            )
            yield hit(pool.object, message, ("spec", "template", "spec", "terminationGracePeriod"))
