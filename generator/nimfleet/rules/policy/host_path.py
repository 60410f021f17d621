"""A pod beside models writes to the disk of its node.

## What it checks

Pods in a namespace of models have no `hostPath` volumes, and a NIMService has no `storage.hostPath`. DaemonSets, which
serve the node, are not asked. Where the namespace enforces a standard, it is policy/pod-security-refused. Asked in profile
production.

## Why it matters

A folder of the node opens the node, and what is in it goes with the node: with Karpenter that may be tomorrow, and
each new node downloads the model again.

## Example

```yaml
kind: NIMService
spec:
  storage:
    hostPath: /models
```

## Use instead

```yaml
storage:
  nimCache:
    name: llama
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.pods import services
from nimfleet.rules.policy.security import enforced, host_paths, unguarded
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/host-path",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Pod Security Standards (hostPath volumes); Volumes, hostPath",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Folders of the node."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for workload in unguarded(cluster):
        for pointer, what in host_paths(workload):
            message = f"{what} is a folder of the node, which opens the node and goes with it; use a volume claim"
            yield hit(workload.object, message, pointer)
    levels = enforced(cluster)
    for service in services(cluster):
        path = text(get(service.spec, "storage", "hostPath"))
        if path and levels.get(service.namespace) not in ("baseline", "restricted"):
            message = (
                f"`hostPath` {path} is a folder of the node, which opens the node and goes with it; use a NIMCache"
            )
            yield hit(service.object, message, (*service.at, "storage", "hostPath"))
