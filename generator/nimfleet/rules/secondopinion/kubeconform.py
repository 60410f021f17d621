"""kubeconform refuses an object that nimfleet takes.

## What it checks

kubeconform validates the same objects with the same schemas. Where it finds an error and nimfleet finds
none, one of the two is wrong, and both verdicts are shown. (kubeconform knows less: that it takes what
nimfleet refuses is usual and not reported.)

## Why it matters

A mistake of nimfleet's would otherwise be found by the cluster. kubeconform itself refuses some good
objects, as it does not fill in defaults before it looks for required fields.

## Example

```yaml
# no example: any object can be affected
```

## Use instead

Apply the object with `kubectl apply --dry-run=server`, whose verdict counts, and report the wrong one as a
defect.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import Opinion


@rule(
    "secondopinion/kubeconform",
    subject=Opinion,
    severity=Severity.WARNING,
    source="kubeconform, https://github.com/yannh/kubeconform",
)
def check(subject: Opinion) -> Iterator[Hit]:
    """Every disagreement."""
    message = "kubeconform refuses this object, nimfleet does not"
    if subject.object.id.kind != "Secret":  # its words could hold a value
        message += f": {subject.message}"
    place = subject.object.place(subject.pointer)
    yield Hit(place, message, str(subject.object.id), subject.pointer)
