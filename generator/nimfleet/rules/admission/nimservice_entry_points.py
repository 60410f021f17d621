"""A NIMService is exposed in a way that is deprecated, or twice.

## What it checks

`expose` of a NIMService, or of an enabled service of a NIMPipeline: `ingress.enabled` is deprecated; a
Service of type LoadBalancer beside `router.ingress` or `router.gateway` makes two entry points.

## Why it matters

The operator's webhook warns of both. A second load balancer costs money, and usually has none of the
protection of the first.

## Example

```yaml
kind: NIMService
spec:
  expose:
    service:
      type: LoadBalancer
    router:
      ingress:
        ingressClass: alb
```

## Use instead

Keep one entry point, and use `expose.router` rather than `expose.ingress`.

```yaml
expose:
  service:
    type: ClusterIP
  router:
    hostDomainName: nim.example.com
    ingress:
      ingressClass: alb
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import enabled, get, hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/nimservice-entry-points",
    subject=AdmittedService,
    severity=Severity.WARNING,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimservice_webhook_validation_helper.go, "
        "validateExposeConfiguration, validateExposeRouterConfiguration"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """The deprecated ingress, and a load balancer beside a route."""
    expose = get(subject.spec, "expose")
    if enabled(expose, "ingress"):
        message = "`expose.ingress` is deprecated: use `expose.router`, with its `hostDomainName` and `ingress`"
        yield hit(subject, message, "expose", "ingress")
    if get(expose, "service", "type") == "LoadBalancer":
        for kind in ("ingress", "gateway"):
            if get(expose, "router", kind) is not None:
                message = f"a Service of type LoadBalancer beside `router.{kind}`: the model has two entry points"
                yield hit(subject, message, "expose", "service", "type")
                break
