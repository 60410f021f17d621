"""A Helm release gets another name or namespace: uninstalled, then installed.

## What it checks

`releaseName`, `targetNamespace`, `storageNamespace` and the chart itself of a HelmRelease that the base has; and a
HelmRelease that is gone while a new one installs the same release, or the same controller (of which a cluster has
one).

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
from nimfleet.rules.transition.change import HELM, Applied, Cluster, Fate, at
from nimfleet.rules.transition.consumers import CONTROLLERS
from nimfleet.rules.transition.helm import chart_of, release_target

_NAME: Pointer = ("metadata", "name")
_FIELDS = ("releaseName", "targetNamespace", "storageNamespace")


@rule(
    "transition/helm-release-replaced",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux, helm-controller: a change of the release target uninstalls first",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Releases with another target, and pairs of one chart."""
    if subject.removed:
        return
    for old, new in subject.kept_of(HELM, "HelmRelease"):
        charts = chart_of(old, subject.before), chart_of(new, subject.after)
        other_chart = all(charts) and charts[0] != charts[1]
        if release_target(old) == release_target(new) and not other_chart:
            continue
        changed = [field for field in _FIELDS if at(old.value, "spec", field) != at(new.value, "spec", field)]
        pointer: Pointer = next(
            (("spec", field) for field in changed if at(new.value, "spec", field) is not None), ("spec",)
        )
        if other_chart:
            changed.append("the chart")
            pointer = ("spec", "chart", "spec", "chart") if at(new.value, "spec", "chart") else ("spec", "chartRef")
        message = (
            f"{' and '.join(changed)} of HelmRelease {new.id.name} differs from {subject.base}: Flux uninstalls the old "
            "release and installs another; what it made is gone meanwhile, and CRDs among its templates take all objects "
            "of their kinds with them"
        )
        yield Hit(new.object.place(pointer), message, str(new.id), pointer)
    added = [item for item in subject.has(HELM, "HelmRelease") if subject.then(item.id) is None]
    for old in subject.gone(HELM, "HelmRelease"):
        chart = chart_of(old, subject.before)
        successor = next((item for item in added if _follows(old, item, chart, subject)), None)
        if successor is None or subject.fate(old)[0] is Fate.LEFT or at(old.value, "spec", "suspend") is True:
            continue
        message = (
            f"HelmRelease {successor.id.name} installs the chart that {old.id} of {subject.base} had: Flux uninstalls the "
            "one and installs the other in no certain order; suspend the old one in a commit before, or remove it in one "
            "commit and add the new one in the next"
        )
        yield Hit(successor.object.place(_NAME), message, str(successor.id), _NAME)


def _follows(old: Applied, new: Applied, chart: str, cluster: Cluster) -> bool:
    """Whether both are one release, or one controller of which a cluster has one."""
    if not chart or chart_of(new, cluster.after) != chart:
        return False
    return chart in CONTROLLERS or release_target(old) == release_target(new)
