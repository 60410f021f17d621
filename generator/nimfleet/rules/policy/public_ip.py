"""Nodes have public addresses.

## What it checks

`associatePublicIPAddress` of an EC2NodeClass is not true. What the subnets do where it is left out cannot be
seen here. Asked in profile production.

## Why it matters

A GPU node needs to reach out (registries, NGC), which a NAT gateway or VPC endpoints give it. An address of its own
makes every port that a security group lets through one that the world can knock at.

## Example

```yaml
kind: EC2NodeClass
spec:
  associatePublicIPAddress: true
```

## Use instead

```yaml
associatePublicIPAddress: false
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/public-ip",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Karpenter: NodeClasses, spec.associatePublicIPAddress; Amazon EKS best practices: deploy nodes to private subnets",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Public addresses that are asked for."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for item in cluster.kind("karpenter.k8s.aws", "EC2NodeClass"):
        if get(item.value, "spec", "associatePublicIPAddress") is True:
            message = (
                f"nodes of EC2NodeClass `{item.id.name}` get addresses that the internet can reach; use private subnets and "
                "`false`"
            )
            yield hit(item, message, ("spec", "associatePublicIPAddress"))
