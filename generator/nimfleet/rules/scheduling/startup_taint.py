"""Nothing is known to remove a startup taint.

## What it checks

Every key under `startupTaints` of a NodePool is one that a known component removes (Cilium, the EBS, EFS and FSx CSI
drivers, Istio, node readiness controllers, Kubernetes itself), or is named by another object of the cluster.

## Why it matters

Karpenter takes a startup taint for something that goes away by itself, and buys a node for pods that do not tolerate
it. Where nobody removes it, the pods stay Pending, and Karpenter waits for ever for the node to be initialized.

## Example

```yaml
kind: NodePool
spec:
  template:
    spec:
      startupTaints:
        - key: example.com/warming-up
          effect: NoSchedule
```

## Use instead

```yaml
startupTaints:
  - key: ebs.csi.aws.com/agent-not-ready
    effect: NoExecute
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, World
from nimfleet.manifest.walk import items, text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_REMOVED = frozenset(
    {
        "node.cilium.io/agent-not-ready",
        "ebs.csi.aws.com/agent-not-ready",
        "efs.csi.aws.com/agent-not-ready",
        "fsx.csi.aws.com/agent-not-ready",
        "s3.csi.aws.com/agent-not-ready",
        "cni.istio.io/not-ready",
    }
)
_REMOVED_PREFIXES = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/", "readiness.k8s.io/", "karpenter.sh/")


@rule(
    "scheduling/startup-taint",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Karpenter 1.14, NodePools, startupTaints; documentation of Cilium, of the AWS CSI drivers and of Istio",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Keys that only NodePools and pods that wait name."""
    if cluster.world is World.PART:
        return
    for pool in cluster.kind("karpenter.sh", "NodePool"):
        for path, taint in items(pool.value, "spec", "template", "spec", "startupTaints"):
            key = text(taint.get("key"))
            if not key or key in _REMOVED or key.startswith(_REMOVED_PREFIXES) or _named(cluster, key):
                continue
            message = (
                f"nothing here removes the startup taint `{key}` of NodePool `{pool.id.name}`: its nodes take no pods "
                "until somebody does; "
                "remove it, or make it one of `taints` and let the pods tolerate it"
            )
            yield hit(pool, message, path)


def _named(cluster: Cluster, key: str) -> bool:
    return any(
        key in repr(item.value) for item in cluster.objects if item.id.group not in ("karpenter.sh", "apps.nvidia.com")
    )
