"""A manifest without apiVersion or without kind.

## What it checks

A document with a name in its metadata is meant to be an object, and an object has both `apiVersion` and `kind`.

## Why it matters

Flux and the API server refuse it. Without both, nothing else about it can be checked.

## Example

```yaml
kind: Deployment
metadata:
  name: web
```

## Use instead

```yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.repository.model import Place
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import HalfObject


@rule(
    "yaml/half-object",
    subject=HalfObject,
    severity=Severity.ERROR,
    source="kubernetes.io/docs/concepts/overview/working-with-objects: required fields",
)
def check(subject: HalfObject) -> Iterator[Hit]:
    """The document, at the half that it has."""
    has = "kind" if subject.missing == "apiVersion" else "apiVersion"
    where = subject.document.position((has,))
    value = subject.document.value[has]
    yield Hit(
        Place(subject.document.file, where.line, where.column),
        f"this document has {has} `{value}` and a name, but no {subject.missing}: add it, or nothing else here is checked",
    )
