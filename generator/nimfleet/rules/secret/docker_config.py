"""Registry credentials in plain text.

## What it checks

Docker configs with a password or `auth` for a registry: in Secrets of type `kubernetes.io/dockerconfigjson`, and in
other files. Where the password is an NGC API key, `secret/ngc-key` says so instead.

## Why it matters

Git keeps it for ever, also when the line is deleted, in every clone and every fork. Whoever reads it can use it.

## Example

```yaml
kind: Secret
type: kubernetes.io/dockerconfigjson
data:
  .dockerconfigjson: eyJhdXRocyI6…
```

## Use instead

```yaml
kind: ExternalSecret
spec:
  target:
    template:
      type: kubernetes.io/dockerconfigjson
      data:
        .dockerconfigjson: |
          {"auths":{"nvcr.io":{"username":"$oauthtoken","password":"{{ .key }}"}}}
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
    "secret/docker-config",
    subject=FoundSecret,
    severity=Severity.ERROR,
    source="Kubernetes documentation, Pull an Image from a Private Registry",
)
def check(subject: FoundSecret) -> Iterator[Hit]:
    """Secrets of this kind."""
    remedy = "change the password, and make the pull secret with an ExternalSecret or encrypt it with SOPS"
    yield from leaked(subject, Kind.DOCKER_CONFIG, remedy)
