"""A cache holds profiles for another GPU than the service gets.

## What it checks

Where a NIMCache filters by `gpus`, the GPU on which Karpenter puts its NIMService (or the service of a NIMPipeline)
first is one of those products.

## Why it matters

With `gpus`, the operator caches profiles that are built for these GPUs, and no others. On another GPU, NIM finds
nothing in the cache that it could run: it ends, or downloads a profile of its own at every start.

## Example

```yaml
kind: NIMCache
spec:
  source:
    ngc:
      model:
        gpus:
          - product: l40s   # while the service selects a pool of g5, with A10G
```

## Use instead

```yaml
gpus:
  - product: a10g
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.catalog.load import load_catalog
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import gpus_called, services_by_pod
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.suggest import listing


@rule(
    "scheduling/cached-for-other-gpu",
    subject=Cluster,
    severity=Severity.ERROR,
    source="NVIDIA k8s-nim-operator 3.1.2, internal/nimparser/v1 and v2, MatchProfiles; nimfleet's catalog of GPUs",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Products that are not those of the nodes."""
    known = cluster.once(services_by_pod)
    for placement in cluster.once(schedule).placements:
        service = known.get((id(placement.pods.owner), placement.pods.name))
        if service is None or placement.chosen is None or service.cache is None or not service.cache.wish.gpus:
            continue
        verdict, offer = placement.chosen
        products = service.cache.wish.gpus
        meant = [gpus_called(product) for product in products]
        gpu = load_catalog().gpus.get(offer.instance.gpu or "")
        if gpu is None or not all(meant) or any(gpu.name in names for names in meant):
            continue
        cached = listing(f"`{product}`" for product in products)
        message = (
            f"NIMCache `{service.cache.object.id.name}` caches profiles for {cached}, and {offer.instance.name}, which "
            "NodePool "
            f"`{verdict.pool}` makes first for NIMService `{service.name}`, has {gpu.product}: cache for "
            f"`{gpu.nim_profile_tag or gpu.name}`, or select nodes with the GPU that is cached for"
        )
        yield hit(service.cache.object, message, ("spec", "source", "ngc", "model", "gpus"))
