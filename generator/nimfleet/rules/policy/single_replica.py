"""A model that clients reach from outside has one replica.

## What it checks

A NIMService, or an enabled service of a NIMPipeline, that an Ingress, a route of the Gateway API, or a Service of
type LoadBalancer or NodePort exposes has two or more replicas; autoscaling keeps two at least. Asked in profile
production.

## Why it matters

Whatever ends its node, from a new AMI to a broken GPU, takes the model away for as long as it starts, 20
minutes and more. A PodDisruptionBudget cannot help a single replica.

## Example

```yaml
kind: NIMService
spec:
  replicas: 1
  expose:
    router:
      hostDomainName: nim.example.com
      ingress:
        ingressClass: alb
```

## Use instead

```yaml
replicas: 2
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get, integer
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.exposure import is_exposed
from nimfleet.rules.policy.pods import services
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/single-replica",
    subject=Cluster,
    severity=Severity.WARNING,
    source="k8s-nim-operator 3.1.2: one replica by default; Karpenter: Disruption (a drained pod is away until it starts anew)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Exposed models that one node takes with it."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for service in services(cluster):
        path = ("scale", "hpa", "minReplicas") if service.scaled else ("replicas",)
        if integer(get(service.spec, *path), 1) == 1 and is_exposed(cluster, service):
            message = (
                f"`{service.name}` is exposed and has one replica{' at least' if service.scaled else ''}: it is away for as long "
                f"as it starts whenever its node goes; set `{'.'.join(path)}` to 2"
            )
            yield hit(service.object, message, (*service.at, *path))
