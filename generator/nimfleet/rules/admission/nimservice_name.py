"""A NIMService has a name that a Service cannot have.

## What it checks

The name of a NIMService, or of an enabled service of a NIMPipeline, has no dots and at most 63 characters.
(A service of a NIMPipeline needs a name at all.)

## Why it matters

The operator creates a Service and a Deployment of that name, and the API server refuses the Service every
time.

## Example

```yaml
kind: NIMService
metadata:
  name: llama-3.1-8b-instruct
```

## Use instead

```yaml
metadata:
  name: llama-3-1-8b-instruct
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService

_LONGEST = 63


@rule(
    "admission/nimservice-name",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, internal/render Service (named as the NIMService); Kubernetes, "
        "pkg/apis/core/validation ValidateServiceCreate"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """Names that are no label of a host name."""
    name = text(subject.name)
    pointer = subject.name_pointer
    if "." in name:
        words = "has a dot, which the name of a Service cannot have"
    elif len(name) > _LONGEST:
        words = f"has {len(name)} characters, and the name of a Service at most {_LONGEST}"
    else:
        return
    message = f"the operator creates a Service of the name '{name}', which {words}"
    yield Hit(subject.object.place(pointer), message, str(subject.object.id), pointer)
