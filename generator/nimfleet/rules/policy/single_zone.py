"""All nodes of a model are in one zone.

## What it checks

A NodePool with GPUs or Neuron devices allows more than one zone, unless volumes of the repository are in one
zone themselves (FSx for Lustre, EBS). Asked in profile production.

## Why it matters

GPUs run out by zone: a pool of one zone waits while the next one has them. And when the zone fails, so do all
replicas.

## Example

```yaml
kind: NodePool
spec:
  template:
    spec:
      requirements:
        - key: topology.kubernetes.io/zone
          operator: In
          values: [us-east-1a]
```

## Use instead

```yaml
values: [us-east-1a, us-east-1b, us-east-1d]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get, items, sequence
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.nodes import accelerated_pools
from nimfleet.rules.registry import Hit, rule

_ZONAL = frozenset({"fsx.csi.aws.com", "ebs.csi.aws.com"})
_KEYS = frozenset({"topology.kubernetes.io/zone", "topology.k8s.aws/zone-id", "failure-domain.beta.kubernetes.io/zone"})


@rule(
    "policy/single-zone",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Amazon EKS best practices: reliability (spread over zones); Karpenter: Scheduling (topology)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Pools of models that are bound to a zone."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    if any(get(item.value, "provisioner") in _ZONAL for item in cluster.kind("storage.k8s.io", "StorageClass")):
        return
    for pool in accelerated_pools(cluster):
        for pointer, entry in items(pool.spec, "template", "spec", "requirements"):
            zones = sequence(entry.get("values"))
            if entry.get("key") in _KEYS and entry.get("operator") == "In" and len(zones) == 1:
                message = (
                    f"all nodes of NodePool `{pool.name}` are in `{zones[0]}`: where that zone has no GPUs left, or fails, "
                    "no replica runs; allow a second zone"
                )
                yield hit(pool.object, message, ("spec", *pointer, "values"))
