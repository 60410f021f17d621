"""A NIMService has no storage for its model, or several.

## What it checks

`storage` of a NIMService, or of an enabled service of a NIMPipeline, has exactly one of `nimCache`, `pvc`,
`emptyDir` and `hostPath`. A `nimCache` with a `profile` has a `name` too. Empty parts count as absent.

## Why it matters

The operator's webhook refuses the object; without the webhook, the controller ends with an error every
time, or takes the first of the parts silently.

## Example

```yaml
kind: NIMService
spec:
  storage:
    nimCache:
      name: llama
    emptyDir: {}
```

## Use instead

```yaml
storage:
  nimCache:
    name: llama
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, mapping, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService

_PARTS = ("nimCache", "pvc", "emptyDir", "hostPath")


def _is_defined(name: str, part: Any) -> bool:
    """As Go sees it: a structure whose fields are all empty is not there; a pointer is."""
    if part is None or name == "hostPath":
        return bool(text(part))
    if name == "emptyDir":
        return True
    return any(value not in (None, "", {}) for value in mapping(part).values())


@rule(
    "admission/nimservice-storage",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimservice_webhook_validation_helper.go, "
        "validateServiceStorageConfiguration"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """Other than one part, and a profile of no cache."""
    if not isinstance(subject.spec, dict):
        return
    storage = get(subject.spec, "storage")
    if storage is not None and not isinstance(storage, dict):
        return
    parts = mapping(storage)
    defined = [name for name in _PARTS if _is_defined(name, parts.get(name))]
    if not defined:
        where = ("storage",) if parts else ()
        yield hit(subject, f"no storage for the model: set one of {', '.join(_PARTS)} under `storage`", *where)
    for name in defined[1:]:
        message = f"`storage.{name}` beside `storage.{defined[0]}`: the operator's webhook takes exactly one of them"
        yield hit(subject, message, "storage", name)
    if text(get(parts, "nimCache", "profile")) and not text(get(parts, "nimCache", "name")):
        yield hit(subject, "`storage.nimCache` has a profile, but no name of a NIMCache", "storage", "nimCache")
