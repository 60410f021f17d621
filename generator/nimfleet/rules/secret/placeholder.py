"""A Secret with a placeholder in the place of its value.

## What it checks

Values such as `changeme`, `<NGC_API_KEY>` or `xxxx` in a Secret, also in base64, and in `literals` of a
`secretGenerator`. Variables (`${NGC_API_KEY}`) and
templates, which something fills in, are fine; so are files with `example`, `sample` or `template` in their name.

## Why it matters

The Secret is applied as it is: pulling the image, or the download of the model, fails with an authentication error
minutes later.

## Example

```yaml
kind: Secret
stringData:
  NGC_API_KEY: changeme
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
from nimfleet.rules.subjects import SecretPlaceholder


@rule(
    "secret/placeholder",
    subject=SecretPlaceholder,
    severity=Severity.WARNING,
    source="nimfleet's own; NVIDIA NIM documentation, NGC authentication",
)
def check(subject: SecretPlaceholder) -> Iterator[Hit]:
    """Values that somebody forgot."""
    message = (
        f"the value of `{subject.key}` is a placeholder, and this Secret would be applied with it: leave the Secret out and "
        "make it with `make secrets`, an ExternalSecret or SOPS"
    )
    yield hit(subject.document, message, subject.pointer)
