"""A Service puts a model into the internet.

## What it checks

A Service of type LoadBalancer in a namespace of models, and a NIMService with `expose.service.type: LoadBalancer`, are
not annotated as internet-facing (asked from profile standard on), unless they have `loadBalancerSourceRanges`. They say
that they are internal, or are left to the AWS Load Balancer Controller or EKS Auto Mode by class or type, which make
internal ones unless told otherwise (asked in profile production).

## Why it matters

Without an annotation, Kubernetes' own AWS provider makes a load balancer that the whole internet reaches, without
TLS. NIM authenticates nobody.

## Example

```yaml
kind: NIMService
spec:
  expose:
    service:
      type: LoadBalancer
      port: 8000
```

## Use instead

```yaml
expose:
  service:
    type: ClusterIP
    port: 8000
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get, mapping, text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.pods import namespaces, services
from nimfleet.rules.registry import Hit, rule

_AWS = "service.beta.kubernetes.io/aws-load-balancer-"
_INTERNAL_CLASSES = frozenset({"service.k8s.aws/nlb", "eks.amazonaws.com/nlb"})
_FIX = f"set the annotation `{_AWS}scheme: internal`, or use type ClusterIP and an Ingress"
_PUBLIC = f"a load balancer that the internet reaches, while NIM authenticates nobody; {_FIX}"
_UNSAID = (
    f"nothing says that this load balancer is internal, and without a word Kubernetes makes one that the internet reaches; "
    f"{_FIX}"
)


@rule(
    "policy/load-balancer-public",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Service, type LoadBalancer; AWS Load Balancer Controller: Service annotations (scheme)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Services whose load balancers are public."""
    if not cluster.profile.covers(Profile.STANDARD):
        return
    production = cluster.profile.covers(Profile.PRODUCTION)
    for item in cluster.kind("", "Service"):
        if (item.id.namespace or "default") not in namespaces(cluster):
            continue
        spec = mapping(get(item.value, "spec"))
        if spec.get("type") != "LoadBalancer" or spec.get("loadBalancerSourceRanges"):
            continue
        annotations = mapping(get(item.value, "metadata", "annotations"))
        message = _fault(annotations, text(spec.get("loadBalancerClass")), production)
        if message:
            yield hit(item, message, ("spec", "type"))
    for service in services(cluster):
        exposed = get(service.spec, "expose", "service")
        if get(exposed, "type") != "LoadBalancer":
            continue
        message = _fault(mapping(get(exposed, "annotations")), "", production)
        if message:
            yield hit(service.object, message, (*service.at, "expose", "service", "type"))


def _fault(annotations: Mapping[str, Any], chosen: str, production: bool) -> str:
    scheme = text(annotations.get(f"{_AWS}scheme"))
    if scheme:
        return _PUBLIC if scheme == "internet-facing" else ""
    internal = text(annotations.get(f"{_AWS}internal")) in ("true", "0.0.0.0/0")
    controlled = chosen in _INTERNAL_CLASSES or text(annotations.get(f"{_AWS}type")) in ("external", "nlb-ip")
    return _UNSAID if production and not internal and not controlled else ""
