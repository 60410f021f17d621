"""An ExternalSecret that is never refreshed.

## What it checks

`refreshInterval` of an ExternalSecret is not zero, unless `refreshPolicy` says that it is to be fetched once.

## Why it matters

A key that is rotated in the store, because it has leaked, never arrives in the cluster; pods go on with the old one
until it is refused.

## Example

```yaml
kind: ExternalSecret
spec:
  refreshInterval: 0s
```

## Use instead

```yaml
kind: ExternalSecret
spec:
  refreshInterval: 1h
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.duration import seconds
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.secret import hit
from nimfleet.rules.subjects import ExternalSecretManifest


@rule(
    "secret/external-secret-refresh",
    subject=ExternalSecretManifest,
    severity=Severity.WARNING,
    source=(
        'external-secrets v2.9.0, apis/externalsecrets/v1/externalsecret_types.go, RefreshInterval ("May be '
        'set to zero to fetch and create it once")'
    ),
)
def check(subject: ExternalSecretManifest) -> Iterator[Hit]:
    """An interval of nothing."""
    interval = get(subject.spec, "refreshInterval")
    policy = get(subject.spec, "refreshPolicy")
    if policy in (None, "Periodic") and seconds(interval) == 0:
        message = (
            f"`refreshInterval` is `{interval}`: the secret is fetched once, and a rotated key never arrives; write `1h`, or "
            "`refreshPolicy: CreatedOnce` if that is meant"
        )
        yield hit(subject.document, message, (*subject.pointer, "refreshInterval"))
