"""Nothing keeps the replicas of a model apart.

## What it checks

A Deployment or StatefulSet with GPUs and two or more replicas has `topologySpreadConstraints`, or an anti-affinity
between its pods. Services of NIM are not asked: their replicas may share a node of many GPUs on purpose, where a second
node costs as much again. Asked in profile production.

## Why it matters

Karpenter buys one node for pods that wait at the same time, where one holds them all. When that node goes, or
its zone does, all replicas go.

## Example

```yaml
kind: Deployment
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: server
```

## Use instead

```yaml
template:
  spec:
    topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: topology.kubernetes.io/zone
        whenUnsatisfiable: ScheduleAnyway
        labelSelector:
          matchLabels:
            app: server
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.cluster.nim import NIM
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.pods import replicated
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/zone-spread",
    subject=Cluster,
    severity=Severity.INFO,
    source="Kubernetes: Pod Topology Spread Constraints; Karpenter: Scheduling (topology spread)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Replicas that may all be in one place."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for entry in replicated(cluster):
        if entry.object.id.group == NIM or entry.replicas < 2:
            continue
        pod = get(entry.object.value, "spec", "template", "spec")
        if not get(pod, "topologySpreadConstraints") and not get(pod, "affinity", "podAntiAffinity"):
            message = (
                f"nothing keeps the {entry.replicas} replicas of `{entry.name}` apart, so that one node may hold them all; add "
                "`topologySpreadConstraints` over `topology.kubernetes.io/zone`"
            )
            yield hit(entry.object, message, ("spec", "template", "spec"))
