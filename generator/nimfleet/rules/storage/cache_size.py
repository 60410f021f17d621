"""A cache is smaller than the model.

## What it checks

`size` of the claim of a NIMCache from NGC is at least what the catalog knows to be the smallest download of its
model, with the precision and profiles that it asks for. Claims that a NIMService makes count, too. EFS does not
enforce a size and is left alone, as are classes of which nothing is known.

## Why it matters

The download fills the volume and fails, is tried five times, and fails each time.

## Example

```yaml
kind: NIMCache
spec:
  source:
    ngc:
      modelPuller: nvcr.io/nim/meta/llama-3.1-70b-instruct:1.3.3
  storage:
    pvc:
      size: 20Gi
```

## Use instead

```yaml
size: 200Gi
```

`nimfleet models show` and `nimfleet plan` say what a model needs.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.storage.claims import Claim, claims, users
from nimfleet.cluster.storage.classes import Driver
from nimfleet.cluster.storage.sizes import gib, least_of_cache, least_of_service
from nimfleet.plan.fit import CACHE_BASE_GIB, CACHE_HEADROOM
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


def _least(cluster: Cluster, claim: Claim) -> float | None:
    """What is downloaded to the volume, at least."""
    if claim.cache is not None:
        return least_of_cache(claim.cache)
    own = [user.service for user in users(cluster, claim) if user.service is not None and user.service.cache is None]
    return max((size for service in own if (size := least_of_service(service)) is not None), default=None)


@rule(
    "storage/cache-size",
    subject=Cluster,
    severity=Severity.ERROR,
    source="sizes of models: catalog/data/models.json and plan/memory.py",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Claims that their model does not fit into."""
    for claim in claims(cluster):
        size = gib(claim.size)
        enforced = claim.driver in (Driver.EBS, Driver.FSX) or not claim.class_name
        least = _least(cluster, claim) if size is not None and enforced and claim.driver is not Driver.EFS else None
        if size is not None and least is not None and 0 < size < least:
            better = int(-(-(least * CACHE_HEADROOM + CACHE_BASE_GIB) // 10) * 10)
            message = (
                f"{claim.words} has a volume of {claim.size}, and its model is at least {least:.0f} GiB: set {better}Gi"
            )
            yield hit(claim.object, message, claim.size_pointer)
