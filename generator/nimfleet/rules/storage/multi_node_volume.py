"""The nodes that serve a model together cannot all mount it.

## What it checks

The claim of a NIMService with `multiNode` (more than one pipeline stage), or of its NIMCache, has the access
mode ReadWriteMany. Volumes of EFS and FSx for Lustre are left alone, whose drivers do not enforce the mode.

## Why it matters

The leader's node gets the volume, and the workers on other nodes stay in ContainerCreating. The model never
starts.

## Example

```yaml
kind: NIMCache
spec:
  storage:
    pvc:
      create: true
      size: 900Gi
      volumeAccessMode: ReadWriteOnce   # and a NIMService with multiNode
```

## Use instead

```yaml
storageClass: fsx-nim
volumeAccessMode: ReadWriteMany
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.storage.claims import MANY, claims, users
from nimfleet.cluster.storage.classes import Driver
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "storage/multi-node-volume",
    subject=Cluster,
    severity=Severity.ERROR,
    source=("NVIDIA k8s-nim-operator 3.1.2: the pods of a multi-node NIMService share the claim of its cache"),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Claims for one node of services on several."""
    for claim in claims(cluster):
        if not claim.modes or MANY in claim.modes or claim.driver in (Driver.EFS, Driver.FSX):
            continue
        for user in users(cluster, claim):
            if user.nodes > 1:
                message = (
                    f"{user.words} runs on {user.nodes} nodes at a time, and the volume of {claim.words} is "
                    f"{claim.modes[0]}, for one: set {MANY}, on a class of EFS or FSx for Lustre"
                )
                yield hit(claim.object, message, claim.modes_pointer)
                break
