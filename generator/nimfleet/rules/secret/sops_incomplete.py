"""A document that nobody can decrypt.

## What it checks

A document with encrypted values (`ENC[AES256_GCM,…]`) has a `sops` block, and that has a `mac`, `lastmodified` and at
least one recipient.

## Why it matters

Flux cannot decrypt it: the Kustomization fails. Without a `mac` or any `sops` block, Flux does not see that it is encrypted,
and applies the text `ENC[…]` itself as the password.

## Example

```yaml
kind: Secret
stringData:
  password: ENC[AES256_GCM,data:…]
sops:
  lastmodified: "2026-11-01T00:00:00Z"
```

## Use instead

Encrypt the file again, from the value itself:

```sh
sops encrypt --in-place clusters/dev/custom/secrets/ngc.yaml
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.secret import hit
from nimfleet.rules.subjects import SopsDocument
from nimfleet.secrets.kubernetes import is_sops
from nimfleet.secrets.sops import MAC, missing_metadata


@rule(
    "secret/sops-incomplete",
    subject=SopsDocument,
    severity=Severity.ERROR,
    source="getsops/sops, stores/stores.go; fluxcd/kustomize-controller 1.9.4, internal/decryptor",
)
def check(subject: SopsDocument) -> Iterator[Hit]:
    """What SOPS needs and is not there."""
    value = subject.document.value
    if not is_sops(value):
        message = (
            "values here are encrypted by SOPS, but there is no `sops` block to decrypt them with: they would be applied as they "
            "are; encrypt the file again"
        )
        yield hit(subject.document, message)
        return
    missing = missing_metadata(value)
    if missing:
        # Flux tells by the mac what is encrypted.
        effect = "Flux would apply the encrypted text itself" if MAC in missing else "Flux cannot decrypt it"
        message = f"the `sops` block has no {' and no '.join(missing)}: {effect}; encrypt the file again"
        yield hit(subject.document, message, ("sops",))
