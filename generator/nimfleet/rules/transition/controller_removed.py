"""A controller is removed together with, or before, what it works for.

## What it checks

HelmReleases of controllers that the base has and that are no longer here, while the base has objects that they work
for: aws-load-balancer-controller, k8s-nim-operator, karpenter, external-secrets, cert-manager, the EFS, FSx and EBS
CSI drivers, keda, prometheus-adapter, kube-prometheus-stack and nvidia-device-plugin.

## Why it matters

Flux does not wait: it uninstalls the controller while the objects are deleted, and what needs the controller to go
hangs in deletion (finalizers), leaving load balancers, instances and volumes that cost. For objects that stay, nobody
acts any more.

## Example

```yaml
# environment.yaml: exposure.type was ingress
exposure:
  type: cluster-ip
```

## Use instead

Two commits: first the objects, and when Flux has deleted them, the controller.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import HELM, Cluster, Fate, at
from nimfleet.rules.transition.consumers import CONTROLLERS
from nimfleet.rules.transition.helm import chart_of
from nimfleet.rules.transition.words import some


@rule(
    "transition/controller-removed",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Flux: HelmRelease deletion uninstalls; Kubernetes: finalizers",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Controllers that are gone, with those that the base has work for."""
    here = {chart_of(item, subject.after) for item in subject.has(HELM, "HelmRelease")}
    if subject.removed:
        return
    for release in subject.gone(HELM, "HelmRelease"):
        chart = chart_of(release, subject.before)
        controller = CONTROLLERS.get(chart)
        fate, why = subject.fate(release)
        if controller is None or chart in here or fate is Fate.LEFT or at(release.value, "spec", "suspend") is True:
            continue
        still = {item.id.unversioned: item for item in controller.of(subject.after)}
        consumers = list(controller.of(subject.before))
        stay = [item for item in consumers if item.id.unversioned in still]
        go = [item for item in consumers if item.id.unversioned not in still]
        if stay:
            trouble = f"is still needed by {some(stay)}: {controller.stops}"
        elif go and controller.waits:
            trouble = f"goes in the same commit as what it works for ({some(go)}): {controller.waits}"
        else:
            continue
        happens = why or "it is uninstalled when whoever applies it prunes"
        message = (
            f"HelmRelease {release.id.name} ({chart}) is in {subject.base} but no longer here ({happens}), and {trouble}; "
            "take two commits: first what it works for, then the controller"
        )
        yield Hit(subject.place_of(release), message, str(release.id))
