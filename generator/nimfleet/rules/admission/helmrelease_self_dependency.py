"""A HelmRelease depends on itself.

## What it checks

No entry of `dependsOn` of a HelmRelease names that HelmRelease.

## Why it matters

Flux waits until every dependency is ready before it installs a release. This one never is.

## Example

```yaml
kind: HelmRelease
metadata:
  name: karpenter
spec:
  dependsOn:
    - name: karpenter
```

## Use instead

```yaml
dependsOn:
  - name: karpenter-crd
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, sequence, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedRelease


@rule(
    "admission/helmrelease-self-dependency",
    subject=AdmittedRelease,
    severity=Severity.ERROR,
    source="Flux, helm-controller 1.6, checkDependencies",
)
def check(subject: AdmittedRelease) -> Iterator[Hit]:
    """Dependencies with the object's own name."""
    own = (subject.object.id.namespace, subject.object.id.name)
    for index, entry in enumerate(sequence(get(subject.spec, "dependsOn"))):
        namespace = text(get(entry, "namespace")) or subject.object.id.namespace
        if (namespace, text(get(entry, "name"))) == own:
            message = "this depends on itself: it waits to be ready before it is applied, for ever"
            yield hit(subject, message, "dependsOn", index)
