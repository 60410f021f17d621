"""The router of a NIMService lacks its host or its port.

## What it checks

`expose.router` of a NIMService, or of an enabled service of a NIMPipeline: an `ingress` or a `gateway`
needs `hostDomainName`; a gateway with `grpcRoutesEnabled` needs `expose.service.grpcPort`.

## Why it matters

The operator's webhook refuses the object: the host of the route is made of name, namespace and that domain,
and a GRPCRoute has no port to go to.

## Example

```yaml
kind: NIMService
spec:
  expose:
    router:
      ingress:
        ingressClass: alb
```

## Use instead

```yaml
expose:
  router:
    hostDomainName: nim.example.com
    ingress:
      ingressClass: alb
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/nimservice-router",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimservice_webhook_validation_helper.go, "
        "validateRouterConfiguration, validateExposeRouterConfiguration"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """A route without host, and a GRPC route without port."""
    expose = get(subject.spec, "expose")
    router = get(expose, "router")
    for kind in ("ingress", "gateway"):
        if get(router, kind) is not None and not text(get(router, "hostDomainName")):
            message = f"`router.{kind}` needs `router.hostDomainName`, the domain below which the service gets its host"
            yield hit(subject, message, "expose", "router")
            break
    if get(router, "gateway", "grpcRoutesEnabled") is True and get(expose, "service", "grpcPort") is None:
        message = "`grpcRoutesEnabled` needs `expose.service.grpcPort`, to which the route leads"
        yield hit(subject, message, "expose", "router", "gateway", "grpcRoutesEnabled")
