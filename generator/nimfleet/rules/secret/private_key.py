"""A private key in plain text.

## What it checks

Private keys in PEM (PKCS#1, PKCS#8, EC, OpenSSH, PGP), and age keys (`AGE-SECRET-KEY-`) anywhere in a text file, also
in base64. Certificates and public keys are none.

## Why it matters

Git keeps it for ever, also when the line is deleted, in every clone and every fork. Whoever reads it can use it.

## Example

```yaml
# the key that decrypts every secret of this repository
AGE-SECRET-KEY-…
```

## Use instead

Keep it out of the repository: for SOPS, in a Secret that is made once by hand.

```sh
kubectl -n flux-system create secret generic sops-age --from-file=age.agekey=/dev/stdin
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
    "secret/private-key",
    subject=FoundSecret,
    severity=Severity.ERROR,
    source="RFC 7468 section 10; the age specification, C2SP.org/age; OpenSSH PROTOCOL.key",
)
def check(subject: FoundSecret) -> Iterator[Hit]:
    """Secrets of this kind."""
    remedy = "make a new pair, and keep the private half out of git"
    yield from leaked(subject, Kind.PRIVATE_KEY, remedy)
