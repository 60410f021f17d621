"""Karpenter moves models to save money, and each of them starts for many minutes.

## What it checks

The `consolidationPolicy` of a NodePool with GPUs or Neuron devices is WhenEmpty. Not reported where no models are
seen beside it, where every NIMService has the annotation `karpenter.sh/do-not-disrupt`, or where
`consolidateAfter` is Never. Asked from profile standard on; where it is left out, which means
WhenEmptyOrUnderutilized, in profile production.

## Why it matters

Consolidation ends a node as soon as its pods fit on others, or on a cheaper one, and does so again with every
change of load. A web server is back in seconds; a model pulls its image and loads its weights for 20 minutes
before the replica serves again.

## Example

```yaml
kind: NodePool
spec:
  disruption:
    consolidationPolicy: WhenEmptyOrUnderutilized
    consolidateAfter: 1m
```

## Use instead

```yaml
disruption:
  consolidationPolicy: WhenEmpty
  consolidateAfter: 10m
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.nodes import accelerated_pools
from nimfleet.rules.policy.pods import namespaces, services
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/consolidation",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Karpenter: Disruption (consolidation; the annotation karpenter.sh/do-not-disrupt)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Pools of models that are consolidated."""
    if not cluster.profile.covers(Profile.STANDARD) or not namespaces(cluster) or _held(cluster):
        return
    production = cluster.profile.covers(Profile.PRODUCTION)
    for pool in accelerated_pools(cluster):
        disruption = get(pool.spec, "disruption")
        if get(disruption, "consolidateAfter") == "Never":
            continue
        chosen = get(disruption, "consolidationPolicy")
        effect = (
            f"moves models of NodePool `{pool.name}` to other nodes whenever that is cheaper, and each starts for many "
            "minutes; use WhenEmpty"
        )
        if chosen in ("WhenEmptyOrUnderutilized", "Balanced"):
            path = ("spec", "disruption", "consolidationPolicy")
            yield hit(pool.object, f"`consolidationPolicy: {chosen}` {effect}", path)
        elif chosen is None and production:
            message = f"no `consolidationPolicy`, which means WhenEmptyOrUnderutilized, {effect}"
            yield hit(pool.object, message, ("spec", "disruption"))


def _held(cluster: Cluster) -> bool:
    found = services(cluster)
    return bool(found) and all(
        get(service.spec, "annotations", "karpenter.sh/do-not-disrupt") == "true" for service in found
    )
