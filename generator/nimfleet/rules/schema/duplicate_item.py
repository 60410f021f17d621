"""A list has the same item twice, where it may not.

## What it checks

Lists that the schema declares as a set must not repeat a value; those that it declares as a map must not
repeat a key, after defaults have been filled in.

## Why it matters

The API server refuses the object: with server-side apply, such lists are merged by key, and two items with
one key cannot be.

## Example

```yaml
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
spec:
  listeners:
    - {name: http, port: 80, protocol: HTTP}
    - {name: http, port: 8000, protocol: HTTP}
```

## Use instead

```yaml
spec:
  listeners:
    - {name: http, port: 80, protocol: HTTP}
    - {name: http-alt, port: 8000, protocol: HTTP}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.schema import claimed
from nimfleet.rules.subjects import Judged


@rule(
    "schema/duplicate-item",
    subject=Judged,
    severity=Severity.ERROR,
    source="x-kubernetes-list-type in the schema: `set` and `map` lists",
)
def check(subject: Judged) -> Iterator[Hit]:
    """The violations whose keyword belongs to this rule."""
    yield from claimed(subject, "schema/duplicate-item")
