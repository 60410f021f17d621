"""Nobody hears that AWS takes a spot node back.

## What it checks

Where a NodePool may make spot nodes (`karpenter.sh/capacity-type` names `spot`), the release of Karpenter sets
`settings.interruptionQueue`. Asked from profile standard on.

## Why it matters

AWS says two minutes before it takes a spot node, through EventBridge. Without the queue Karpenter does not hear it: pods
are not moved, and a model answers until the node is gone in the middle of its requests.

## Example

```yaml
kind: HelmRelease
spec:
  chart:
    spec:
      chart: karpenter
  values:
    settings:
      clusterName: nim
```

## Use instead

```yaml
settings:
  clusterName: nim
  interruptionQueue: nim   # the SQS queue of Karpenter's CloudFormation or Terraform
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.releases import releases_of
from nimfleet.cluster.model import Cluster, Profile
from nimfleet.cluster.scheduling.labels import CAPACITY_TYPE
from nimfleet.manifest.walk import items, sequence
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/spot-interruption",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Karpenter 1.14, Disruption, Interruption; chart karpenter 1.14, settings.interruptionQueue",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Releases of Karpenter without a queue."""
    if not cluster.profile.covers(Profile.STANDARD):
        return
    pool = next((pool for pool in cluster.kind("karpenter.sh", "NodePool") if _is_spot(pool)), None)
    if pool is None:
        return
    for release in releases_of(cluster, "karpenter"):
        # As older charts called it: that it is not read any more is told of at that line.
        if release.value("settings", "interruptionQueueName") not in (None, ""):
            continue
        if release.whole and release.value("settings", "interruptionQueue") in (None, ""):
            message = (
                f"NodePool `{pool.id.name}` makes spot nodes, and Karpenter does not hear when AWS takes one back: set "
                "`settings.interruptionQueue` to the name of its SQS queue"
            )
            item, pointer = release.at("settings", "interruptionQueue")
            yield hit(item, message, pointer)


def _is_spot(pool: KubeObject) -> bool:
    wishes = items(pool.value, "spec", "template", "spec", "requirements")
    return any(
        wish.get("key") == CAPACITY_TYPE and wish.get("operator") == "In" and "spot" in sequence(wish.get("values"))
        for _, wish in wishes
    )
