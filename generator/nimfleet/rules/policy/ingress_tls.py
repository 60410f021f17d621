"""Requests to a model cross the internet in plain text.

## What it checks

An Ingress, or the router or Ingress of a NIMService, with `alb.ingress.kubernetes.io/scheme: internet-facing` has
a certificate: `certificate-arn`, an HTTPS port in `listen-ports`, or `tls` with hosts, for which the AWS Load
Balancer Controller finds one. Asked from profile standard on.

## Why it matters

Prompts and answers are read, and changed, by anybody on the way; so are the tokens that clients send.

## Example

```yaml
annotations:
  alb.ingress.kubernetes.io/scheme: internet-facing
  alb.ingress.kubernetes.io/listen-ports: '[{"HTTP":80}]'
```

## Use instead

```yaml
annotations:
  alb.ingress.kubernetes.io/scheme: internet-facing
  alb.ingress.kubernetes.io/listen-ports: '[{"HTTPS":443}]'
  alb.ingress.kubernetes.io/certificate-arn: arn:aws:acm:us-east-1:123456789012:certificate/abc
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.exposure import ALB, entries
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/ingress-tls",
    subject=Cluster,
    severity=Severity.WARNING,
    source="AWS Load Balancer Controller: Ingress annotations (scheme, listen-ports, certificate-arn), certificate discovery",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Load balancers on the internet that speak HTTP only."""
    if not cluster.profile.covers(Profile.STANDARD):
        return
    for entry in entries(cluster):
        secure = entry.tls or f"{ALB}certificate-arn" in entry.annotations
        if entry.public and not secure and "HTTPS" not in text(entry.annotations.get(f"{ALB}listen-ports")):
            message = (
                "this load balancer is on the internet and has no certificate, so that prompts and answers travel in plain "
                f"text; set `{ALB}certificate-arn`, or scheme internal"
            )
            yield hit(entry.object, message, entry.scheme)
