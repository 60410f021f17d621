"""A service may land on GPUs that do not run its model.

## What it checks

Of the instance types that a NIMService (or an enabled service of a NIMPipeline) can get, and not only the one that
Karpenter takes first, all can run the model: their GPUs are large enough for the weights, and compute in the
precision.

## Why it matters

Karpenter takes what is cheapest among what AWS has at that moment, and prices and weights of NodePools change. The
service starts today, and does not after the next node.

## Example

```yaml
kind: NodePool
spec:
  template:
    spec:
      requirements:
        - key: karpenter.k8s.aws/instance-family
          operator: In
          values: [g5, g6]   # for a model in fp8, which only g6 computes
```

## Use instead

```yaml
kind: NIMService
spec:
  nodeSelector:
    karpenter.k8s.aws/instance-gpu-name: l4
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.suitability import Doubt
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling import at
from nimfleet.rules.scheduling.gpus import fittings, gpu_of, narrower


@rule(
    "scheduling/gpu-left-to-price",
    subject=Cluster,
    severity=Severity.WARNING,
    source=(
        "Karpenter 1.14, scheduling: the cheapest instance type that is to be had; nimfleet's catalog of models and "
        "GPUs"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """What comes later does not run the model."""
    for fitting in cluster.once(fittings):
        worse = [(instance, unfit) for instance, unfit in fitting.bad if unfit.doubt > Doubt.TIGHT]
        if fitting.verdict is not None or not worse or fitting.service.model is None:
            continue
        instance, unfit = worse[0]
        selector = narrower(fitting, Doubt.MEMORY)
        fix = f"select {selector}" if selector else "select instance types that do"
        message = (
            f"NIMService `{fitting.service.name}` may also get {instance.name} with {gpu_of(instance)}, and "
            f"{fitting.service.model.id} {unfit.reason}: {fix}"
        )
        pods = fitting.pods
        yield at(pods.owner, message, pods.pointer("nodeSelector"))
