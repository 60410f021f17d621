"""A service may land on GPUs that do not run its model.

## What it checks

Of the instance types that a NIMService (or an enabled service of a NIMPipeline) can get, and not only the one that
Karpenter takes first, all can run the model: their GPUs are large enough for the weights, and compute in the
precision. And where its NIMCache holds profiles for certain GPUs only, all have one of these.

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

from nimfleet.catalog.load import load_catalog
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import gpus_called, services_by_pod
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.cluster.suitability import Doubt
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.gpus import fittings, gpu_of, narrower
from nimfleet.suggest import listing


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
    """What comes later does not run the model, or not what its cache holds."""
    told: set[int] = set()
    for fitting in cluster.once(fittings):
        worse = [(instance, unfit) for instance, unfit in fitting.bad if unfit.doubt > Doubt.TIGHT]
        if fitting.verdict is not None or not worse or fitting.service.model is None:
            continue
        told.add(id(fitting.service))
        instance, unfit = worse[0]
        selector = narrower(fitting, Doubt.MEMORY)
        fix = f"select {selector}" if selector else "select instance types that do"
        message = (
            f"NIMService `{fitting.service.name}` may also get {instance.name} with {gpu_of(instance)}, and "
            f"{fitting.service.model.id} {unfit.reason}: {fix}"
        )
        pods = fitting.pods
        yield hit(pods.owner, message, pods.pointer("nodeSelector"))
    yield from _other_engines(cluster, told)


def _other_engines(cluster: Cluster, told: set[int]) -> Iterator[Hit]:
    """Services that may get a GPU for which their cache holds nothing; where the first is one, it is
    scheduling/cached-for-other-gpu."""
    gpus = load_catalog().gpus
    known = cluster.once(services_by_pod)
    for placement in cluster.once(schedule).placements:
        service = known.get((id(placement.pods.owner), placement.pods.name))
        if service is None or placement.chosen is None or service.cache is None or id(service) in told:
            continue
        products = service.cache.wish.gpus
        meant = [gpus_called(product) for product in products]
        if not products or not all(meant):
            continue
        cached = frozenset().union(*meant)
        offers = [offer.instance for verdict in placement.verdicts for offer in verdict.offers]
        other = next((each for each in offers if each.gpu is not None and each.gpu not in cached), None)
        if other is None or placement.chosen[1].instance.gpu not in cached:
            continue
        pods = placement.pods
        names = sorted({gpus[each.gpu].karpenter_name for each in offers if each.gpu in cached})
        message = (
            f"NIMService `{service.name}` may also get {other.name} with {gpu_of(other)}, and NIMCache "
            f"`{service.cache.object.id.name}` holds profiles for {listing(f'`{each}`' for each in products)} only: "
            f"select `karpenter.k8s.aws/instance-gpu-name: {names[0]}`"
        )
        yield hit(pods.owner, message, pods.pointer("nodeSelector"))
