"""An object that could not be checked, as there is no schema for its kind.

## What it checks

Objects whose API group is in neither Kubernetes nor the stored schemas. They are counted as unchecked, and
said to be, and not passed over in silence. Kinds whose CRD is in the repository itself are checked with that.

## Why it matters

Nothing is known about the object: a typing error in it is found by the cluster only.

## Example

```yaml
apiVersion: example.com/v1
kind: Widget
```

## Use instead

Import the schema into the repository's own store:

```sh
nimfleet schemas import widgets-crd.yaml
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import Unjudged


@rule(
    "schema/no-schema",
    subject=Unjudged,
    severity=Severity.WARNING,
    source="the index of schemas/",
)
def check(subject: Unjudged) -> Iterator[Hit]:
    """Objects of an unknown group."""
    if not subject.known_group:
        identity = subject.object.id
        message = (
            f"{identity.api_version} {identity.kind} is unchecked: there is no schema for it.{subject.hint} "
            "Import its CRD with `nimfleet schemas import`"
        )
        yield Hit(subject.object.place(("apiVersion",)), message, str(identity), ("apiVersion",))
