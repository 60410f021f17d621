"""Anybody on the internet may use a model.

## What it checks

An Ingress, or the router or Ingress of a NIMService, with `alb.ingress.kubernetes.io/scheme: internet-facing` says who
may come in: `auth-type`, `jwt-validation`, `mutual-authentication`, a WAF, security groups of its own, or
`inbound-cidrs` other than everything. Asked in profile production.

## Why it matters

NIM authenticates nobody. An address on the internet is found within hours, and then GPUs at tens of dollars an
hour work for strangers. Where something behind the load balancer authenticates, suppress this finding and say so.

## Example

```yaml
annotations:
  alb.ingress.kubernetes.io/scheme: internet-facing
```

## Use instead

```yaml
annotations:
  alb.ingress.kubernetes.io/scheme: internet-facing
  alb.ingress.kubernetes.io/inbound-cidrs: 203.0.113.0/24
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.exposure import ALB, Entry, entries
from nimfleet.rules.registry import Hit, rule

_GUARDS = (
    "jwt-validation",
    "mutual-authentication",
    "wafv2-acl-arn",
    "wafv2-acl-name",
    "waf-acl-id",
    "web-acl-id",
    "security-groups",
    "security-group-prefix-lists",
)
_EVERYBODY = frozenset({"0.0.0.0/0", "::/0", ""})


@rule(
    "policy/ingress-auth",
    subject=Cluster,
    severity=Severity.WARNING,
    source="AWS Load Balancer Controller: Ingress annotations (access control, authentication, WAF)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Load balancers on the internet that let everybody in."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for entry in entries(cluster):
        if entry.public and not _guarded(entry):
            message = (
                "this load balancer is on the internet, and nothing says who may come in, while NIM authenticates nobody; set "
                f"`{ALB}inbound-cidrs` or `{ALB}auth-type`, or scheme internal"
            )
            yield hit(entry.object, message, entry.scheme)


def _guarded(entry: Entry) -> bool:
    if any(f"{ALB}{name}" in entry.annotations for name in _GUARDS):
        return True
    if text(entry.annotations.get(f"{ALB}auth-type")) not in ("", "none"):
        return True
    ranges = {part.strip() for part in text(entry.annotations.get(f"{ALB}inbound-cidrs")).split(",")}
    return not ranges & _EVERYBODY
