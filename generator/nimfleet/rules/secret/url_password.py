"""A password in a URL.

## What it checks

URLs with a user and a password before the host, `https://user:password@host`, anywhere in a text file. Variables and
placeholders are none.

## Why it matters

Git keeps it for ever, also when the line is deleted, in every clone and every fork. Whoever reads it can use it.

## Example

```yaml
kind: GitRepository
spec:
  url: https://flux:…@git.example.com/fleet
```

## Use instead

```yaml
kind: GitRepository
spec:
  url: https://git.example.com/fleet
  secretRef: {name: git-credentials}
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
    "secret/url-password",
    subject=FoundSecret,
    severity=Severity.ERROR,
    source="RFC 3986 section 3.2.1 (deprecates `user:password`)",
)
def check(subject: FoundSecret) -> Iterator[Hit]:
    """Secrets of this kind."""
    remedy = "take it out of the URL, change it, and give it by `secretRef` or by a variable from a Secret"
    yield from leaked(subject, Kind.URL_PASSWORD, remedy)
