"""An NGC API key in plain text.

## What it checks

NGC keys anywhere in a text file: those that begin with `nvapi-`, and the older ones in base64; also encoded in
base64, once or twice, as in Secrets and docker configs. Placeholders (`nvapi-your-key-here`) are none.

## Why it matters

Git keeps it for ever, also when the line is deleted, in every clone and every fork. Whoever reads it can use it.

## Example

```yaml
stringData:
  NGC_API_KEY: nvapi-…
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
    "secret/ngc-key",
    subject=FoundSecret,
    severity=Severity.ERROR,
    source=(
        "NVIDIA NGC user guide, API keys (prefix `nvapi-`); legacy keys by their form: base64 of 26 "
        "characters, a colon and a UUID"
    ),
)
def check(subject: FoundSecret) -> Iterator[Hit]:
    """Secrets of this kind."""
    remedy = (
        "revoke it at org.ngc.nvidia.com, and read the new one from an ExternalSecret or a Secret that SOPS "
        "has encrypted"
    )
    yield from leaked(subject, Kind.NGC_KEY, remedy)
