"""Nodes hand out their credentials to whoever asks.

## What it checks

`metadataOptions.httpTokens` of an EC2NodeClass is `required`, which is also what Karpenter sets where
`metadataOptions` leaves it out. Asked from profile standard on.

## Why it matters

With `optional` the instance metadata service answers plain requests (IMDSv1). A model server that can be made to
fetch a URL gives the node's IAM role away.

## Example

```yaml
kind: EC2NodeClass
spec:
  metadataOptions:
    httpTokens: optional
```

## Use instead

```yaml
metadataOptions:
  httpTokens: required
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
    "policy/imds-tokens",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Karpenter: NodeClasses, spec.metadataOptions; Amazon EKS best practices: restrict access to the instance profile",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """IMDSv1."""
    if not cluster.profile.covers(Profile.STANDARD):
        return
    for item in cluster.kind("karpenter.k8s.aws", "EC2NodeClass"):
        if get(item.value, "spec", "metadataOptions", "httpTokens") == "optional":
            message = (
                "`httpTokens: optional` answers plain requests (IMDSv1): a server that can be made to fetch a URL gives the "
                "node's IAM credentials away; use required"
            )
            yield hit(item, message, ("spec", "metadataOptions", "httpTokens"))
