"""A pod beside models shares the network or the processes of its node.

## What it checks

Pods in a namespace of models do not set `hostNetwork`, `hostPID` or `hostIPC`. DaemonSets, which serve the node,
are not asked. Where the namespace enforces a standard, it is policy/pod-security-refused. Asked from profile standard on.

## Why it matters

With the node's network a pod reaches the instance metadata service and the kubelet, and no NetworkPolicy holds for
it; with its processes it reads their environment, keys included.

## Example

```yaml
kind: Deployment
spec:
  template:
    spec:
      hostNetwork: true
```

## Use instead

```yaml
hostNetwork: false
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.security import shared_namespaces, unguarded
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/host-namespaces",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Pod Security Standards (host namespaces)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Namespaces of the node."""
    if not cluster.profile.covers(Profile.STANDARD):
        return
    for workload in unguarded(cluster):
        for pointer, what in shared_namespaces(workload):
            message = f"{what} lets these pods see and reach what is the node's own; remove it"
            yield hit(workload.object, message, pointer)
