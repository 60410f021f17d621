"""A NIMService names no secret for NGC.

## What it checks

`authSecret` of a NIMService, or of an enabled service of a NIMPipeline, is not empty, where the pinned
release of the operator needs it (before 3.1.3).

## Why it matters

The operator's webhook refuses the object; without the webhook, the container asks for a Secret without a
name and is not created.

## Example

```yaml
kind: NIMService
spec:
  authSecret: ""
```

## Use instead

Name the Secret that holds `NGC_API_KEY`.

```yaml
spec:
  authSecret: ngc-api-secret
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit
from nimfleet.rules.admission.behaviour import behaviour
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/nimservice-auth-secret",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimservice_webhook_validation_helper.go, validateAuthSecret; "
        "optional since 3.1.3"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """An empty authSecret."""
    if get(subject.spec, "authSecret") == "" and behaviour(subject.cluster.pins).needs_auth_secret:
        message = "`authSecret` is empty: this release of the operator needs the name of the Secret with NGC_API_KEY"
        yield hit(subject, message, "authSecret")
