"""A container beside models runs as root.

## What it checks

In namespaces of models, `runAsUser` is not 0 and `runAsNonRoot` not false, of a pod or of a container; `userID` of a
NIMService and of a NIMCache is not 0. What an image does where nothing is said is not known, and DaemonSets, which serve the
node, are not asked. Asked in profile
production.

## Why it matters

Root in a container is root on the node as soon as there is a way out of it. NIM runs as user 1000, and what root
has written into a cache, user 1000 cannot replace later.

## Example

```yaml
kind: NIMService
spec:
  userID: 0
```

## Use instead

```yaml
userID: 1000
groupID: 2000
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.cluster.nim import NIM
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.pods import Workload, namespaces, services, workloads
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/run-as-root",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Pod Security Standards (running as non-root); k8s-nim-operator 3.1.2: user 1000, group 2000",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Root that is asked for."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for workload in workloads(cluster):
        if workload.namespace in namespaces(cluster) and not workload.of_the_node:
            for pointer, what in _root(workload):
                yield hit(workload.object, f"{what} runs the container as root; use a user of its own", pointer)
    message = "`userID: 0` runs NIM as root; it needs user 1000 only, which is also the operator's default"
    for service in services(cluster):
        if _is_zero(service.spec.get("userID")):
            yield hit(service.object, message, (*service.at, "userID"))
    for item in cluster.kind(NIM, "NIMCache"):
        if _is_zero(get(item.value, "spec", "userID")):
            yield hit(item, message, ("spec", "userID"))


def _root(workload: Workload) -> Iterator[tuple[Pointer, str]]:
    owners = [((*workload.at, "spec"), workload.spec), *workload.containers()]
    for pointer, owner in owners:
        context = owner.get("securityContext")
        if _is_zero(get(context, "runAsUser")):
            yield (*pointer, "securityContext", "runAsUser"), "`runAsUser: 0`"
        elif get(context, "runAsNonRoot") is False and get(context, "runAsUser") is None:
            yield (*pointer, "securityContext", "runAsNonRoot"), "`runAsNonRoot: false`"


def _is_zero(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value == 0
