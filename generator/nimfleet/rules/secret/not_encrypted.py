"""A Secret that is to be encrypted, and is not.

## What it checks

Secrets in a file that a creation rule of `.sops.yaml` is about, with values in plain text.

## Why it matters

Somebody has edited the file decrypted, or has never encrypted it. Git keeps it for ever, also when the line is
deleted, in every clone and every fork. Whoever reads it can use it.

## Example

```yaml
# clusters/dev/custom/secrets/ngc.yaml
kind: Secret
stringData:
  NGC_API_KEY: …
```

## Use instead

```sh
sops encrypt --in-place clusters/dev/custom/secrets/ngc.yaml
```

What was committed must be changed, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.secret import hit, keys
from nimfleet.rules.subjects import SecretManifest


@rule(
    "secret/not-encrypted",
    subject=SecretManifest,
    severity=Severity.ERROR,
    source=(
        "getsops/sops README, Using .sops.yaml conf to select keys; Flux documentation, Manage Kubernetes "
        "secrets with SOPS"
    ),
)
def check(subject: SecretManifest) -> Iterator[Hit]:
    """Values that should be encrypted."""
    if subject.real and subject.encrypted_by:
        file = subject.document.file
        message = (
            f"`{subject.encrypted_by}` tells to encrypt this file, but {keys(subject.real)} is plain: run "
            f"`sops encrypt --in-place {file}`, "
            "and change the value if it was ever committed"
        )
        yield hit(subject.document, message, subject.real[0].pointer)
