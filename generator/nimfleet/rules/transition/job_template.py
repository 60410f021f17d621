"""A Job is changed where it cannot be.

## What it checks

The pod template of a Job that the base has, and `completions`, `selector`, `completionMode`, `podFailurePolicy`,
`successPolicy`, `backoffLimitPerIndex` and `managedBy`.

## Why it matters

The API server refuses the update every time that Flux tries, as long as the old Job is there, finished or not.

## Example

```yaml
kind: Job
metadata:
  name: migrate
spec:
  template:
    spec:
      containers:
        - name: migrate
          image: example/migrate:2   # was 1
```

## Use instead

A name that changes with the content (a version in it, or kustomize's `nameSuffix`). Where running it again is
meant, annotate the Job with `kustomize.toolkit.fluxcd.io/force: enabled`.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import refused

_ADVICE = (
    "put a version into the Job's name, or annotate it with kustomize.toolkit.fluxcd.io/force: enabled, with "
    "which Flux deletes it and runs it again"
)


@rule(
    "transition/job-template",
    subject=Update,
    severity=Severity.ERROR,
    source="Kubernetes: ValidateJobUpdate (pkg/apis/batch/validation)",
)
def check(subject: Update) -> Iterator[Hit]:
    """The parts that the API server compares."""
    return refused(subject, "job-template", _ADVICE)
