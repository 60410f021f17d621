"""Nothing registers the GPUs of a pool.

## What it checks

Where a whole cluster is known, and pods request GPUs (or Neuron devices) on nodes of a NodePool, there is a device
plugin: a HelmRelease of `nvidia-device-plugin`, `gpu-operator` or `neuron-helm-chart` in which it is enabled, or a
DaemonSet with its image. Bottlerocket has NVIDIA's built in, and EKS Auto Mode, too; a DaemonSet that comes from
elsewhere can be declared in nimfleet.toml.

## Why it matters

The AMI brings drivers, not the device plugin. Without it a node has no `nvidia.com/gpu`: the pods stay Pending on a
node that is paid for, which Karpenter never sees initialized.

## Example

```yaml
kind: EC2NodeClass
spec:
  amiSelectorTerms:
    - alias: al2023@latest   # and no device plugin in the cluster
```

## Use instead

```yaml
kind: HelmRelease
spec:
  chart:
    spec:
      chart: nvidia-device-plugin
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.device_plugins import brought_elsewhere, device_plugins
from nimfleet.cluster.helm.releases import releases
from nimfleet.cluster.helm.sources import REPOSITORIES, homes, normal
from nimfleet.cluster.model import Cluster, World
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.devices import bare_pools

_CHARTS = {"nvidia.com/gpu": "nvidia-device-plugin", "aws.amazon.com/neuron": "neuron-helm-chart"}


@rule(
    "scheduling/device-plugin-missing",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Karpenter 1.14, scheduling, accelerators: a node is initialized when its extended resource is registered; "
        "charts "
        "nvidia-device-plugin 0.20.0, gpu-operator 26.7.0, neuron-helm-chart"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Pools with devices that nothing registers."""
    if cluster.world is not World.COMPLETE:
        return
    registered = {plugin.resource for plugin in cluster.once(device_plugins)}
    for pool, resource, pods in cluster.once(bare_pools):
        if not pods or resource in registered or _misnamed(cluster, resource) or brought_elsewhere(cluster, resource):
            continue
        message = (
            f"no device plugin registers `{resource}` on the nodes of NodePool `{pool.id.name}`, and {pods} waits for "
            "it for ever: "
            f"install the chart `{_CHARTS[resource]}`"
        )
        yield hit(pool, message)


def _misnamed(cluster: Cluster, resource: str) -> bool:
    """Whether a release takes a chart that there is not from a repository of the plugin's: helm/unknown-chart speaks of
    it."""
    for release in releases(cluster):
        known = REPOSITORIES.get(normal(release.url))
        if known is None or _CHARTS[resource] not in known.charts or not release.chart:
            continue
        if release.chart not in known.charts and not homes(release.chart):
            return True
    return False
