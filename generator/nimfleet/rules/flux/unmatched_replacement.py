"""A replacement puts its value nowhere.

## What it checks

What `select` of each target of `replacements` in a kustomization.yaml asks for is among what is built: by group,
version, kind, name and namespace.

## Why it matters

kustomize complains about a source that it does not find, but passes over a target that selects nothing, without a
word. The value is not where it was to be.

## Example

```yaml
replacements:
  - source:
      kind: ConfigMap
      name: settings
      fieldPath: data.model
    targets:
      - select:
          kind: NIMService
          name: lama   # the service is named llama
        fieldPaths:
          - spec.image.repository
```

## Use instead

```yaml
targets:
  - select:
      kind: NIMService
      name: llama
    fieldPaths:
      - spec.image.repository
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.patches import unmatched_entries
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.repository.selectors import What
from nimfleet.rules.flux.words import nothing_with
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/unmatched-replacement",
    subject=Cluster,
    severity=Severity.WARNING,
    source="kustomize: ReplacementTransformer",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Targets of replacements that select nothing."""
    for found in subject.once(unmatched_entries):
        if found.what is What.REPLACEMENT:
            message = f"this replacement changes nothing: {nothing_with(found)}"
            yield Hit(found.place, message, found.object, found.pointer)
