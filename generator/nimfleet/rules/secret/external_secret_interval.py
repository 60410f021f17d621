"""The refresh interval of an ExternalSecret is no duration.

## What it checks

`refreshInterval` of an ExternalSecret is a duration as Go reads it: numbers with the units `h`, `m`, `s`, `ms`, `us` or `ns`,
such as `1h` or `1h30m`. There are no days.

## Why it matters

The field is text for the API server, so that anything is stored. The operator reads all ExternalSecrets of the cluster in
one list, and cannot read that list while one of them has an interval that is no duration: no secret is fetched any more.

## Example

```yaml
kind: ExternalSecret
spec:
  refreshInterval: 1d
```

## Use instead

```yaml
kind: ExternalSecret
spec:
  refreshInterval: 24h
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
    "secret/external-secret-interval",
    subject=ExternalSecretManifest,
    severity=Severity.ERROR,
    source="external-secrets v2.9.0, refreshInterval (metav1.Duration); Go, time.ParseDuration",
)
def check(subject: ExternalSecretManifest) -> Iterator[Hit]:
    """An interval that Go does not read."""
    interval = get(subject.spec, "refreshInterval")
    if isinstance(interval, str) and "${" not in interval and seconds(interval) is None:
        message = (
            f"`refreshInterval` is `{interval}`, which is no duration: the operator can read no ExternalSecret of the cluster; "
            "write hours, minutes and seconds, such as `1h`"
        )
        yield hit(subject.document, message, (*subject.pointer, "refreshInterval"))
