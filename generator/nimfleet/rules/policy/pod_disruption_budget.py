"""All replicas of a model may leave at once.

## What it checks

A NIMService, an enabled service of a NIMPipeline, and a Deployment or StatefulSet with GPUs of two or more
replicas (or that autoscaling keeps at two or more) is selected by a PodDisruptionBudget of its namespace. The NIM
operator labels pods with `app` and the service's name. A selector that is
misspelt is reference/budget-target. Asked in profile production.

## Why it matters

A drain evicts every pod of a node that no budget protects: an upgrade of nodes, Karpenter, or a person with
kubectl takes all replicas at the same time, and their successors load for many minutes.

## Example

```yaml
kind: NIMService
metadata:
  name: llama
spec:
  replicas: 2   # and no PodDisruptionBudget selects app: llama
```

## Use instead

```yaml
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: llama
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app: llama
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile, World
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.pods import meant, replicated, selects
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/pod-disruption-budget",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Specifying a Disruption Budget for your Application; k8s-nim-operator 3.1.2, GetSelectorLabels",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Replicated models that no budget selects."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    budgets: dict[str, list[object]] = {}
    for item in cluster.kind("policy", "PodDisruptionBudget"):
        budgets.setdefault(item.id.namespace or "default", []).append(get(item.value, "spec", "selector"))
    if cluster.world is World.PART and not budgets:
        return
    for entry in replicated(cluster):
        if entry.replicas < 2:
            continue
        known = budgets.get(entry.namespace, ())
        if not any(selects(selector, entry.labels) for selector in known) and not meant(entry, known, cluster):
            message = (
                f"{entry.replicas} replicas, and no PodDisruptionBudget in namespace `{entry.namespace}` selects the pods of "
                f"`{entry.name}`: a drain may take all of them at once; add one with `maxUnavailable: 1`"
            )
            yield hit(entry.object, message, entry.at)
