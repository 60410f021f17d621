"""Pods reach the instance metadata service of their node.

## What it checks

`metadataOptions.httpPutResponseHopLimit` of an EC2NodeClass is 1, which is also what Karpenter sets where it
is left out, or `httpEndpoint` is disabled. Asked in profile production.

## Why it matters

With 2 or more, every pod can become the node: its IAM role pulls images, attaches network interfaces, and more.
What needs AWS gets a role of its own with EKS Pod Identity or IRSA.

## Example

```yaml
kind: EC2NodeClass
spec:
  metadataOptions:
    httpPutResponseHopLimit: 2
```

## Use instead

```yaml
metadataOptions:
  httpPutResponseHopLimit: 1
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get, integer, mapping
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/imds-hop-limit",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Karpenter: NodeClasses, spec.metadataOptions; Amazon EKS best practices: restrict access to the instance profile",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Hop limits that let pods through."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for item in cluster.kind("karpenter.k8s.aws", "EC2NodeClass"):
        options = mapping(get(item.value, "spec", "metadataOptions"))
        limit = integer(options.get("httpPutResponseHopLimit"), 1)
        if limit > 1 and options.get("httpEndpoint") != "disabled":
            message = (
                f"with `httpPutResponseHopLimit: {limit}` every pod reaches the node's IAM credentials; use 1, and EKS Pod "
                "Identity for what needs AWS"
            )
            yield hit(item, message, ("spec", "metadataOptions", "httpPutResponseHopLimit"))
