"""An annotation that repeats the values of a Secret.

## What it checks

The annotation `kubectl.kubernetes.io/last-applied-configuration` of an object that was exported from a cluster, where
it holds the `data` or `stringData` of a Secret.

## Why it matters

kubectl writes the whole object into it, also the values. SOPS encrypts only `data` and `stringData`, so the
annotation of an encrypted Secret still has them in plain text. Git keeps it for ever, also when the line is deleted,
in every clone and every fork. Whoever reads it can use it.

## Example

```yaml
kind: Secret
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"kind":"Secret","data":{"password":"…"}}
```

## Use instead

Remove the annotation, and change the value. `kubectl apply --server-side` makes none.

```yaml
kind: Secret
metadata:
  name: grafana-admin
```
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.secret import hit
from nimfleet.rules.subjects import LastApplied
from nimfleet.secrets.kubernetes import secret_values


@rule(
    "secret/last-applied",
    subject=LastApplied,
    severity=Severity.ERROR,
    source="Kubernetes documentation, Declarative management of objects using configuration files",
)
def check(subject: LastApplied) -> Iterator[Hit]:
    """A Secret inside of an annotation."""
    annotation = get(subject.document.value, *subject.pointer)
    try:
        inner = json.loads(annotation)
    except (ValueError, RecursionError):
        return
    if get(inner, "kind") == "Secret" and any(entry.real for entry in secret_values(inner)):
        message = "this annotation repeats the values of the Secret in plain text: remove it, and change the values"
        yield hit(subject.document, message, subject.pointer)
