"""A password, token or key with its value in plain text.

## What it checks

Fields, variables and options whose name says that their value is secret (`password`, `apiKey`, `HF_TOKEN`,
`--token`): in environments of containers, ConfigMaps, Helm values, `.env` and other settings, scripts, annotations
and comments. Names of Secrets, paths, variables, templates and placeholders are none. It is a warning because only
the name tells.

## Why it matters

Git keeps it for ever, also when the line is deleted, in every clone and every fork. Whoever reads it can use it.

## Example

```yaml
kind: HelmRelease
spec:
  values:
    grafana:
      adminPassword: …
```

## Use instead

```yaml
kind: HelmRelease
spec:
  valuesFrom:
    - kind: Secret
      name: grafana-admin
      valuesKey: password
      targetPath: grafana.adminPassword
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.secret import leaked
from nimfleet.rules.subjects import FoundSecret
from nimfleet.secrets.shapes import Kind


@rule(
    "secret/plain-value",
    subject=FoundSecret,
    severity=Severity.WARNING,
    source="Kubernetes documentation, Good practices for Kubernetes Secrets",
)
def check(subject: FoundSecret) -> Iterator[Hit]:
    """Secrets of this kind."""
    remedy = "if it is secret, change it, and read it from a Secret (`secretKeyRef`, `valuesFrom`)"
    yield from leaked(subject, Kind.PLAIN_VALUE, remedy)
