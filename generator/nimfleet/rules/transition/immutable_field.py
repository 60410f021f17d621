"""A change of a field that cannot be changed on a living object.

## What it checks

Of objects that the base has: `value` and `preemptionPolicy` of a PriorityClass; `attachRequired` and
`volumeLifecycleModes` of a CSIDriver; driver and parameters of a VolumeAttributesClass; the controller of an
IngressClass; the handler of a RuntimeClass; `addressType` of an EndpointSlice; the spec of a ResourceClaim or
ResourceClaimTemplate; `scopes` of a ResourceQuota; the spec of a Pod but for images and what may be shortened or
added. Kinds with more to say have rules of their own.

## Why it matters

The API server refuses the update every time that Flux tries, and everything that depends on the Kustomization
waits for ever.

## Example

```yaml
kind: PriorityClass
metadata:
  name: inference
value: 2000   # was 1000
```

## Use instead

Give the object a new name and change who refers to it, in one commit; Flux creates the new and prunes the old.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import refused

_ADVICE = "give the object another name and change who refers to it in the same commit"


@rule(
    "transition/immutable-field",
    subject=Update,
    severity=Severity.ERROR,
    source="Kubernetes: validation of updates (pkg/apis/*/validation)",
)
def check(subject: Update) -> Iterator[Hit]:
    """The parts that the API server compares."""
    return refused(subject, "immutable-field", _ADVICE)
