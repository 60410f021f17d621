"""A chart is pinned to a version that there are no schemas for.

## What it checks

The verdict on custom resources uses the release that the pinned chart installs. This rule reports pins of
charts that bring known CRDs, but in a version that is not in the store.

## Why it matters

Fields come and go between releases. Checking with another release would be a guess, so objects of that
project stay unchecked until its schemas are there.

## Example

```yaml
kind: HelmRelease
spec:
  chart:
    spec:
      chart: k8s-nim-operator
      version: 9.9.9
```

## Use instead

Import the CRDs of that release, or pin a version that is known (`nimfleet schemas list`):

```sh
nimfleet schemas import k8s-nim-operator/9.9.9/crds
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import Pin


@rule(
    "schema/pin-without-schemas",
    subject=Pin,
    severity=Severity.WARNING,
    source="the index of schemas/; chart versions that equal the version of the CRDs they install",
)
def check(subject: Pin) -> Iterator[Hit]:
    """Every pin that has no schemas."""
    known = ", ".join(subject.known)
    message = (
        f"there are no schemas for {subject.project} {subject.version}, so its kinds are unchecked; known: {known}"
    )
    yield Hit(subject.place, message, subject.object, subject.pointer)
