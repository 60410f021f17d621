"""A service runs as another user than the one that filled its cache.

## What it checks

`userID` and `groupID` of a NIMService are those of the NIMCache that it uses (1000 and 2000 where they do not
say). Caches on EFS are left alone, where the access point decides on the user.

## Why it matters

The model's files belong to the user of the cache. A service that runs as another one cannot write locks and
indexes beside them, and with other groups not even read them.

## Example

```yaml
kind: NIMService
spec:
  userID: 0
  storage:
    nimCache:
      name: llama   # filled as 1000
```

## Use instead

```yaml
userID: 1000
groupID: 2000
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import services
from nimfleet.cluster.storage.claims import cache_claim, claims
from nimfleet.cluster.storage.classes import Driver
from nimfleet.manifest.walk import get, integer
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_DEFAULTS = (("userID", 1000), ("groupID", 2000))


@rule(
    "storage/cache-user",
    subject=Cluster,
    severity=Severity.WARNING,
    source="NIM operator, userID and groupID of NIMCache and NIMService (1000 and 2000 by default)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Services with another user or group than their caches."""
    drivers = {(claim.namespace, claim.name): claim.driver for claim in claims(cluster)}
    for service in cluster.once(services):
        cache = service.cache
        if cache is None or drivers.get((service.namespace, cache_claim(cache))) is Driver.EFS:
            continue
        for field, default in _DEFAULTS:
            own = integer(service.spec.get(field), default)
            filled = integer(get(cache.object.value, "spec", field), default)
            if own != filled:
                message = (
                    f"NIMService `{service.name}` runs with `{field}` {own}, and NIMCache `{cache.object.id.name}` is "
                    f"filled with {filled}: take the same"
                )
                there = service.spec.get(field) is not None
                item = service.object if there else cache.object
                yield hit(item, message, (*service.pointer, field) if there else ("spec", field))
                break
