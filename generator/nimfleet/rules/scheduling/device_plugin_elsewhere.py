"""The device plugin does not run on the nodes of a pool.

## What it checks

The DaemonSet of the device plugin selects the nodes of every NodePool that has GPUs (or Neuron devices) and tolerates
their taints: its `nodeSelector`, `affinity` and `tolerations`, as they are written or as the chart has them by
default. NVIDIA's chart selects the label `nvidia.com/gpu.present`, or labels of node feature discovery, which must
itself run on those nodes to make them. A plugin that selects a NodePool by name is not on the nodes of the others.

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

from collections.abc import Iterator, Mapping, Sequence

from nimfleet.cluster.device_plugins import DevicePlugin, absence, brought_elsewhere, device_plugins
from nimfleet.cluster.model import Cluster, World
from nimfleet.cluster.scheduling.labels import OF_KARPENTER
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.devices import bare_pools
from nimfleet.suggest import listing


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
    by_selector: dict[tuple[int, Pointer], list[tuple[DevicePlugin, str, str]]] = {}
    by_taint: dict[tuple[DevicePlugin, str], list[str]] = {}
    whole = cluster.world is not World.PART
    for pool, resource, _ in cluster.once(bare_pools):
        plugins = cluster.once(_distinct).get(resource, ())
        absences = [absence(plugin, pool, whole=whole) for plugin in plugins]
        why = absences[0] if absences and None not in absences else None
        if why is None or brought_elsewhere(cluster, resource):
            continue
        if why.taint:
            by_taint.setdefault((plugins[0], why.taint), []).append(pool.id.name)
            continue
        chosen = [label for label in why.labels if label.startswith(OF_KARPENTER)]
        if chosen:
            # Labels that nobody can give nodes: the choice of the plugin is wrong, and one place.
            item, pointer = plugins[0].selector_place
            by_selector.setdefault((id(item), pointer), []).append((plugins[0], pool.id.name, chosen[0]))
            continue
        labels = " and ".join(f"`{label.replace('=', ': ', 1)}`" for label in why.labels)
        message = (
            f"{plugins[0].name} runs only on nodes with the label {labels}, which NodePool `{pool.id.name}` does not "
            "give "
            f"its nodes, so that they have no `{resource}`: add it to the labels of the template"
        )
        yield hit(pool, message, _labels(pool))
    for (plugin, taint), names in by_taint.items():
        pools = listing(f"`{name}`" for name in names)
        message = (
            f"{plugin.name} does not tolerate the taint {taint} of NodePool {pools}, so that the nodes have no "
            f"`{plugin.resource}`: add the toleration to the device plugin"
        )
        item, pointer = plugin.tolerations_place
        yield hit(item, message, pointer)

    for users in by_selector.values():
        plugin, _, label = users[0]
        pools = listing(f"`{name}`" for _, name, _ in users)
        message = (
            f"{plugin.name} runs only on nodes with the label `{label.replace('=', ': ', 1)}`, which those of NodePool "
            f"{pools} do not have, so that they have no `{plugin.resource}`: let the device plugin run on them too"
        )
        item, pointer = plugin.selector_place
        yield hit(item, message, pointer)


def _distinct(cluster: Cluster) -> Mapping[str, Sequence[DevicePlugin]]:
    """The plugins by resource, of those that run on the same nodes the first."""
    found: dict[str, dict[str, DevicePlugin]] = {}
    for plugin in cluster.once(device_plugins):
        where = repr((plugin.selector, plugin.terms, plugin.tolerations, plugin.workers, plugin.certain))
        found.setdefault(plugin.resource, {}).setdefault(where, plugin)
    return {resource: tuple(plugins.values()) for resource, plugins in found.items()}


def _labels(pool: KubeObject) -> Pointer:
    """The labels of the template, or where they would be."""
    pointer: Pointer = ("spec", "template")
    for part in ("metadata", "labels"):
        if not isinstance(get(pool.value, *pointer, part), dict):
            break
        pointer = (*pointer, part)
    return pointer
