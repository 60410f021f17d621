"""A Secret that SOPS has encrypted only in part.

## What it checks

Every value in `data` and `stringData` of a Secret with a `sops` block is encrypted. (Empty text stays as it is.)

## Why it matters

An `encrypted_regex` that misses `data` or `stringData`, or a value added by hand, leaves it in plain text, although
the file looks encrypted. Git keeps it for ever, also when the line is deleted, in every clone and every fork. Whoever
reads it can use it. When the value came later, Flux refuses the whole Secret: the value is not in the format of SOPS.

## Example

```yaml
kind: Secret
stringData:
  user: ENC[AES256_GCM,data:…]
  password: …
sops:
  encrypted_regex: ^user$
```

## Use instead

In `.sops.yaml`:

```yaml
creation_rules:
  - path_regex: clusters/[^/]+/custom/secrets/.*\\.ya?ml$
    encrypted_regex: ^(data|stringData)$
    age: age1…
```

Then encrypt the file again: `sops encrypt --in-place FILE`.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.secret import hit, keys
from nimfleet.rules.subjects import SopsDocument


@rule(
    "secret/sops-plain-value",
    subject=SopsDocument,
    severity=Severity.ERROR,
    source=(
        "getsops/sops README, Encrypting only parts of a file; Flux documentation, Manage Kubernetes secrets with SOPS"
    ),
)
def check(subject: SopsDocument) -> Iterator[Hit]:
    """Values in plain text."""
    if subject.plain and "sops" in subject.document.value:
        regex = text(get(subject.document.value, "sops", "encrypted_regex"))
        cause = f"`encrypted_regex` is `{regex}`" if regex else "the `sops` block says otherwise"
        message = (
            f"SOPS has left {keys(subject.plain)} in plain text ({cause}): change the value, and encrypt the file again with "
            "`encrypted_regex: ^(data|stringData)$`"
        )
        yield hit(subject.document, message, subject.plain[0].pointer)
