"""Two releases run the same controller in one cluster.

## What it checks

Charts of which a cluster holds one release, such as Karpenter, cert-manager, CSI drivers or the NIM operator,
have one. gpu-operator brings a device plugin and a DCGM exporter, so that the charts of these are not installed
beside it, unless they are off in gpu-operator.

## Why it matters

Both own the same CRDs, webhooks and cluster roles, and both reconcile every object: they undo each other's
work, and removing one of them takes away what the other needs.

## Example

```yaml
kind: HelmRelease
metadata:
  name: karpenter-2
spec:
  chartRef:
    kind: OCIRepository
    name: karpenter
```

## Use instead

One release. Beside gpu-operator:

```yaml
kind: HelmRelease
metadata:
  name: gpu-operator
spec:
  values:
    devicePlugin:
      enabled: false
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.releases import releases_of
from nimfleet.cluster.helm.units import together
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.helm import on
from nimfleet.rules.registry import Hit, rule

_ONCE = (
    "aws-ebs-csi-driver",
    "aws-efs-csi-driver",
    "aws-fsx-csi-driver",
    "aws-load-balancer-controller",
    "cert-manager",
    "external-secrets",
    "gpu-operator",
    "k8s-nim-operator",
    "karpenter",
    "karpenter-crd",
    "keda",
    "kube-prometheus-stack",
    "prometheus-adapter",
)
_PARTS = (
    ("nvidia-device-plugin", "devicePlugin", "a device plugin"),
    ("dcgm-exporter", "dcgmExporter", "a DCGM exporter"),
)


@rule(
    "helm/chart-twice",
    subject=Cluster,
    severity=Severity.WARNING,
    source="the charts' cluster-wide objects: CRDs, webhooks, APIServices, CSIDrivers, device plugins",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Second releases of such charts, and those of parts that another chart brings."""
    for chart in _ONCE:
        found = [release for release in releases_of(cluster, chart) if not release.spec.get("kubeConfig")]
        for release in found[1:]:
            first = found[0]
            same = first.name == release.name and first.storage == release.storage
            if not same and together(cluster, release, first):
                message = (
                    f"HelmReleases `{first.object.id.name}` and `{release.object.id.name}` both install {chart}, "
                    "of which a cluster holds one: remove one"
                )
                yield on(release, message, "chart", "spec", "chart")
    for whole in releases_of(cluster, "gpu-operator"):
        for chart, part, words in _PARTS:
            if whole.value(part, "enabled") is False or not whole.whole:
                continue
            for release in releases_of(cluster, chart):
                if together(cluster, release, whole):
                    message = (
                        f"HelmRelease `{whole.object.id.name}` (gpu-operator) already brings {words}: set its "
                        f"`{part}.enabled: false`, or remove {chart}"
                    )
                    yield on(release, message, "chart", "spec", "chart")
