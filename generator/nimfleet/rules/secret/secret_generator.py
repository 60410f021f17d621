"""kustomize makes a Secret of values in plain text.

## What it checks

`literals`, `files` and `envs` of a `secretGenerator` whose values are in the repository, and are not encrypted. A value
with a shape of its own, such as an NGC key, has its own rule.

## Why it matters

Git keeps it for ever, also when the line is deleted, in every clone and every fork. Whoever reads it can use it.

## Example

```yaml
kind: Kustomization
secretGenerator:
  - name: grafana-admin
    literals:
      - admin=…
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
from nimfleet.rules.secret import hit
from nimfleet.rules.subjects import GeneratedSecret


@rule(
    "secret/secret-generator",
    subject=GeneratedSecret,
    severity=Severity.ERROR,
    source="kustomize documentation, secretGenerator; Flux documentation, Manage Kubernetes secrets with SOPS",
)
def check(subject: GeneratedSecret) -> Iterator[Hit]:
    """Values that everybody can read."""
    where = "stands here" if subject.source == "literals" else f"is in `{subject.value}`"
    message = (
        f"`{subject.key}` of the Secret that kustomize makes {where} in plain text: change the value, and use an "
        "ExternalSecret, or encrypt it with SOPS"
    )
    yield hit(subject.document, message, subject.pointer)
