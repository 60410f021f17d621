"""A Helm release gets another name or namespace: uninstalled, then installed.

## What it checks

`releaseName`, `targetNamespace` and `storageNamespace` of a HelmRelease that the base has; and a HelmRelease that is
gone while a new one has the same chart.

## Why it matters

Flux uninstalls the old release and installs the new one; nothing is moved. What the chart made is gone meanwhile,
CRDs among its templates take every object of their kinds with them, and where both are two HelmReleases their order
is left to chance: objects of the whole cluster belong to whoever comes last, or to nobody.

## Example

```yaml
kind: HelmRelease
metadata:
  name: karpenter
spec:
  targetNamespace: karpenter   # was kube-system
```

## Use instead

Leave names as they are: `metadata.name` can change while `releaseName`, `targetNamespace` and `storageNamespace` stay,
if the old HelmRelease is suspended first (Flux uninstalls nothing of a suspended one). Else two commits.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.manifest.pointer import Pointer
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import HELM, Cluster, Fate, at
from nimfleet.rules.transition.helm import chart_of, release_target

_FIELDS = ("releaseName", "targetNamespace", "storageNamespace")


@rule(
    "transition/helm-release-replaced",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux: HelmRelease spec.releaseName, spec.targetNamespace, spec.storageNamespace",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Releases with another target, and pairs of one chart."""
    if subject.removed:
        return
    for old, new in subject.kept_of(HELM, "HelmRelease"):
        if release_target(old) == release_target(new):
            continue
        changed = [field for field in _FIELDS if at(old.value, "spec", field) != at(new.value, "spec", field)]
        written = [field for field in changed if at(new.value, "spec", field) is not None]
        pointer: Pointer = ("spec", written[0]) if written else ("spec",)
        message = (
            f"{' and '.join(changed)} of HelmRelease {new.id.name} differs from {subject.base}: Flux uninstalls the old "
            "release and installs another; what it made is gone meanwhile, and CRDs among its templates take all objects "
            "of their kinds with them"
        )
        yield Hit(new.object.place(pointer), message, str(new.id), pointer)
    added = {
        chart_of(item, subject.after): item
        for item in subject.has(HELM, "HelmRelease")
        if subject.then(item.id) is None
    }
    for old in subject.gone(HELM, "HelmRelease"):
        successor = added.get(chart_of(old, subject.before))
        if successor is None or subject.fate(old)[0] is Fate.LEFT or at(old.value, "spec", "suspend") is True:
            continue
        message = (
            f"HelmRelease {successor.id.name} installs the chart that {old.id} of {subject.base} had: Flux uninstalls the "
            "one and installs the other in no certain order; suspend the old one in a commit before, or remove it in one "
            "commit and add the new one in the next"
        )
        pointer = ("metadata", "name")
        yield Hit(successor.object.place(pointer), message, str(successor.id), pointer)
