"""The device plugin does not run on the nodes of a pool.

## What it checks

The DaemonSet of the device plugin selects the nodes of every NodePool that has GPUs (or Neuron devices) and tolerates
their taints: its `nodeSelector`, `affinity` and `tolerations`, as they are written or as the chart has them by
default. NVIDIA's chart selects the label `nvidia.com/gpu.present`, or labels of node feature discovery, which must
itself run on those nodes to make them.

## Why it matters

On a node without the device plugin there is no `nvidia.com/gpu`: pods stay Pending on a node that is paid for, which
Karpenter never sees initialized.

## Example

```yaml
kind: NodePool
spec:
  template:
    metadata:
      labels:
        team: search   # while the device plugin selects nvidia.com/gpu.present
```

## Use instead

```yaml
labels:
  team: search
  nvidia.com/gpu.present: "true"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.device_plugins import absence, brought_elsewhere, device_plugins
from nimfleet.cluster.model import Cluster, World
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling import at
from nimfleet.rules.scheduling.devices import bare_pools


@rule(
    "scheduling/device-plugin-elsewhere",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "charts nvidia-device-plugin 0.20.0 (affinity, tolerations, nfd.worker), gpu-operator 26.7.0 (daemonsets) and "
        "neuron-helm-chart; Karpenter 1.14, scheduling, accelerators"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Pools from whose nodes every plugin is kept away."""
    for pool, resource, _ in cluster.once(bare_pools):
        plugins = [plugin for plugin in cluster.once(device_plugins) if plugin.resource == resource]
        absences = [absence(plugin, pool, whole=cluster.world is not World.PART) for plugin in plugins]
        if not absences or None in absences or brought_elsewhere(cluster, resource):
            continue
        plugin, why = plugins[0], absences[0]
        if why is None:
            continue
        if why.taint:
            message = (
                f"{plugin.name} does not tolerate the taint {why.taint} of NodePool `{pool.id.name}`, so that its "
                "nodes have no "
                f"`{resource}`: add the toleration to the device plugin"
            )
            owner, pointer = plugin.tolerations_place
            yield at(owner, message, pointer)
            continue
        labels = " and ".join(f"`{label.replace('=', ': ', 1)}`" for label in why.labels)
        message = (
            f"{plugin.name} runs only on nodes with the label {labels}, which NodePool `{pool.id.name}` does not give "
            "its nodes, so that "
            f"they have no `{resource}`: add it to the labels of the template"
        )
        template: Pointer = ("spec", "template")
        for part in ("metadata", "labels"):
            if isinstance(get(pool.value, *template, part), dict):
                template = (*template, part)
            else:
                break
        yield at(pool, message, template)
