"""An access token in plain text.

## What it checks

Tokens of GitHub, GitLab, Slack, Docker Hub, npm, PyPI, Google, Vault, Grafana, OpenAI, Anthropic and Stripe by their
prefix, and JSON Web Tokens (such as those of Kubernetes' ServiceAccounts), anywhere in a text file, also in base64.

## Why it matters

Git keeps it for ever, also when the line is deleted, in every clone and every fork. Whoever reads it can use it.

## Example

```yaml
stringData:
  token: eyJhbGciOi….eyJpc3MiOi….…
```

## Use instead

Keep the key in a store and name it, or encrypt the Secret with SOPS (`make secrets` does either).

```yaml
kind: ExternalSecret
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: aws-secrets-manager}
  data:
    - secretKey: key
      remoteRef: {key: nvidia-nim-eks/ngc, property: NGC_API_KEY}
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
    "secret/access-token",
    subject=FoundSecret,
    severity=Severity.ERROR,
    source="the vendors' documentation of their token formats; RFC 7519",
)
def check(subject: FoundSecret) -> Iterator[Hit]:
    """Secrets of this kind."""
    remedy = (
        "revoke it where it was made, and read the new one from an ExternalSecret or a Secret that SOPS has encrypted"
    )
    yield from leaked(subject, Kind.ACCESS_TOKEN, remedy)
