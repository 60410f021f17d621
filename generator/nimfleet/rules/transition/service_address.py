"""The address of a Service is changed.

## What it checks

`clusterIP` of a Service that the base has (also to or from `None`), its first IP family, and `loadBalancerClass`
while the type stays LoadBalancer. Services of type ExternalName have no address, so that changes to and from it are
fine; leaving `clusterIP` out keeps the address.

## Why it matters

The API server refuses the update every time that Flux tries.

## Example

```yaml
kind: Service
spec:
  clusterIP: None   # was not written
```

## Use instead

A Service with another name. Where a moment without address is fine, the annotation
`kustomize.toolkit.fluxcd.io/force: enabled`.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import refused

_ADVICE = (
    "make a Service with another name, or annotate it with kustomize.toolkit.fluxcd.io/force: enabled, with which "
    "it is gone for a moment and gets a new address"
)


@rule(
    "transition/service-address",
    subject=Update,
    severity=Severity.ERROR,
    source="Kubernetes: ValidateServiceUpdate (pkg/apis/core/validation)",
)
def check(subject: Update) -> Iterator[Hit]:
    """Its address."""
    return refused(subject, "service-address", _ADVICE)
