"""A StatefulSet is changed where it cannot be.

## What it checks

`selector`, `serviceName`, `podManagementPolicy` and `volumeClaimTemplates` of a StatefulSet that the base has.

## Why it matters

The API server refuses the update every time that Flux tries. A larger size in a template would not enlarge the
claims that exist either.

## Example

```yaml
kind: StatefulSet
spec:
  volumeClaimTemplates:
    - metadata: {name: data}
      spec:
        resources: {requests: {storage: 100Gi}}   # was 50Gi
```

## Use instead

Enlarge the claims themselves, delete the StatefulSet with `kubectl delete --cascade=orphan`, and let Flux create
it anew: pods and claims stay. Or give it another name.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import refused

_ADVICE = (
    "enlarge the claims themselves where that is meant, delete the StatefulSet with kubectl delete "
    "--cascade=orphan, and Flux creates it anew while pods and claims stay"
)


@rule(
    "transition/stateful-set",
    subject=Update,
    severity=Severity.ERROR,
    source="Kubernetes: ValidateStatefulSetUpdate (pkg/apis/apps/validation)",
)
def check(subject: Update) -> Iterator[Hit]:
    """The parts that the API server compares."""
    return refused(subject, "stateful-set", _ADVICE)
