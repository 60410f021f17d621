"""A container beside models is root on the node.

## What it checks

Containers in a namespace of models are not privileged, and add no capabilities beyond those that baseline of the Pod
Security Standards allows. DaemonSets, which serve the node, are not asked. Where the namespace enforces a standard, it is
policy/pod-security-refused. Asked from
profile standard on.

## Why it matters

Who gets into such a container has the node: its GPUs, its IAM role, and the secrets of every pod on it. GPUs
need no privileges; the device plugin hands them out.

## Example

```yaml
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: server
          securityContext:
            privileged: true
```

## Use instead

```yaml
securityContext:
  privileged: false
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.security import privileges, unguarded
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/privileged",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Pod Security Standards (privileged containers, capabilities)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Privileges and capabilities."""
    if not cluster.profile.covers(Profile.STANDARD):
        return
    for workload in unguarded(cluster):
        for pointer, what in privileges(workload):
            message = f"{what} makes this container as powerful as its node; GPUs do not need it: remove it"
            yield hit(workload.object, message, pointer)
