"""A Secret with its values in plain text.

## What it checks

Secrets (and templates in SealedSecrets) whose `data` or `stringData` has values, where no rule of `.sops.yaml` is
about the file. Base64 hides nothing. Users' names, addresses and certificates are no secrets; placeholders have a
rule of their own, and keys of a known shape, too.

## Why it matters

Git keeps it for ever, also when the line is deleted, in every clone and every fork. Whoever reads it can use it.

## Example

```yaml
kind: Secret
stringData:
  password: …
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
from nimfleet.rules.secret import hit, keys
from nimfleet.rules.subjects import SecretManifest


@rule(
    "secret/plain-secret",
    subject=SecretManifest,
    severity=Severity.ERROR,
    source=(
        "Kubernetes documentation, Good practices for Kubernetes Secrets; Flux documentation, Manage "
        "Kubernetes secrets with SOPS"
    ),
)
def check(subject: SecretManifest) -> Iterator[Hit]:
    """Values that everybody can read."""
    if subject.real and not subject.encrypted_by:
        message = (
            f"this Secret has {keys(subject.real)} in plain text (base64 hides nothing): change the value, and use an "
            "ExternalSecret, or "
            "encrypt the file with SOPS"
        )
        yield hit(subject.document, message, subject.real[0].pointer)
