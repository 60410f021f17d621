"""Feature discovery does not run on the GPU nodes.

## What it checks

A release of nvidia-device-plugin with `gfd.enabled` (or `nfd.enabled`), where a NodePool has the taint
`nvidia.com/gpu`: `nfd.worker.tolerations` tolerates it. The chart's default only tolerates the value `present`.

## Why it matters

GPU feature discovery leaves its labels to the worker of node feature discovery. Where that does not run, GPU
nodes never get `nvidia.com/gpu.product`, and a NIMCache that chooses profiles by GPU finds none.

## Example

```yaml
kind: HelmRelease
spec:
  values:
    gfd:
      enabled: true
```

## Use instead

```yaml
values:
  gfd:
    enabled: true
  nfd:
    worker:
      tolerations:
        - key: nvidia.com/gpu
          operator: Exists
          effect: NoSchedule
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.releases import releases_of
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.scheduling.taints import describe, keeps_away, read_taint
from nimfleet.manifest.walk import items, sequence
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_DEFAULT = ({"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"},)
_GPU = "nvidia.com/gpu"


@rule(
    "helm/feature-discovery-tolerations",
    subject=Cluster,
    severity=Severity.WARNING,
    source=("NVIDIA k8s-device-plugin 0.20.0 chart, nfd.worker.tolerations (default: nvidia.com/gpu Equal present)"),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Workers that a GPU pool's taint keeps away."""
    for release in releases_of(cluster, "nvidia-device-plugin"):
        on_path = ("gfd", "enabled") if release.value("gfd", "enabled") is True else ("nfd", "enabled")
        if release.value(*on_path) is not True or not release.whole:
            continue
        given = release.value("nfd", "worker", "tolerations")
        tolerations = _DEFAULT if given is None else sequence(given)
        for pool in cluster.kind("karpenter.sh", "NodePool"):
            taints = [read_taint(taint) for _, taint in items(pool.value, "spec", "template", "spec", "taints")]
            bad = next((taint for taint in taints if taint.key == _GPU and keeps_away(taint, tolerations)), None)
            if bad is not None:
                path = on_path if given is None else ("nfd", "worker", "tolerations")
                item, pointer = release.at(*path)
                message = (
                    f"the worker of node feature discovery does not tolerate `{describe(bad)}` of "
                    f"NodePool `{pool.id.name}`, so that its nodes get no GPU labels: tolerate it in "
                    "`nfd.worker.tolerations`"
                )
                yield hit(item, message, pointer)
                break
