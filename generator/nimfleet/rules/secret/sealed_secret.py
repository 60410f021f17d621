"""A SealedSecret that seals nothing.

## What it checks

`spec.encryptedData` of a SealedSecret has entries, and each is sealed: base64 of at least 256 bytes.

## Why it matters

The controller cannot unseal it, and no Secret is made. A value that is not sealed is a secret in plain text.

## Example

```yaml
kind: SealedSecret
spec:
  encryptedData:
    password: …
```

## Use instead

```sh
kubeseal --format yaml < secret.yaml > sealed-secret.yaml
```
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, mapping
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.secret import hit
from nimfleet.rules.subjects import SealedSecretManifest
from nimfleet.secrets.placeholder import is_reference

_LEAST = 256


@rule(
    "secret/sealed-secret",
    subject=SealedSecretManifest,
    severity=Severity.ERROR,
    source=(
        "bitnami-labs/sealed-secrets, pkg/crypto/crypto.go, HybridEncrypt (2 bytes of length, the session key"
        " of the size of the RSA key, the text)"
    ),
)
def check(subject: SealedSecretManifest) -> Iterator[Hit]:
    """Entries that are missing or not sealed."""
    value = subject.document.value
    where: Pointer = ("spec", "encryptedData")
    entries = mapping(get(value, *where))
    if not entries:
        if not get(value, "spec", "data"):
            message = "`spec.encryptedData` is empty: no Secret can be made of it; seal one with `kubeseal`"
            yield hit(subject.document, message, where)
        return
    for key, entry in entries.items():
        if isinstance(entry, str) and not _sealed(entry):
            message = f"the value of `{key}` is not sealed: the controller cannot read it; seal the Secret again with `kubeseal`"
            yield hit(subject.document, message, (*where, key))


def _sealed(entry: str) -> bool:
    try:
        return len(base64.b64decode("".join(entry.split()), validate=True)) >= _LEAST
    except (binascii.Error, ValueError):
        return "..." in entry or is_reference(entry)
