"""The root volume of a node is too small for a NIM.

## What it checks

The EC2NodeClass of a NodePool on which a NIMService, a NIMCache or another NIM runs has a root volume above 20 GiB
(`blockDeviceMappings`; without them it has 20), or keeps images on the local disks with `instanceStorePolicy: RAID0`.
Bottlerocket keeps images on `/dev/xvdb`, also where another device is marked as `rootVolume`.

## Why it matters

Of 20 GiB, 17 are left for images, logs and empty volumes. A NIM image does not fit beside what is there: the kubelet
evicts pods for disk pressure while the image is unpacked, again and again.

## Example

```yaml
kind: EC2NodeClass
spec:
  amiSelectorTerms:
    - alias: al2023@v20260903   # and no blockDeviceMappings
```

## Use instead

```yaml
blockDeviceMappings:
  - deviceName: /dev/xvda
    ebs:
      volumeSize: 200Gi
      volumeType: gp3
      encrypted: true
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.nim import NIM
from nimfleet.cluster.scheduling.gather import pools
from nimfleet.cluster.scheduling.nodes import data_device
from nimfleet.cluster.scheduling.quantities import EPHEMERAL, GIB, written
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_TOO_SMALL = 20 * GIB


@rule(
    "scheduling/root-volume",
    subject=Cluster,
    severity=Severity.WARNING,
    source=(
        "karpenter-provider-aws 1.14.1, pkg/providers/amifamily/resolver.go (DefaultEBS: 20Gi) and "
        "pkg/providers/instancetype/types.go (ephemeralStorage)"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Node classes of pools on which NIMs run, each once."""
    users = {
        placement.chosen[0].pool: placement.pods
        for placement in reversed(cluster.once(schedule).placements)
        if placement.chosen is not None and placement.pods.owner.id.group == NIM
    }
    seen: set[int] = set()
    for pool in cluster.once(pools):
        node_class, settings, user = pool.node_class, pool.view.settings, users.get(pool.view.name)
        if node_class is None or settings is None or user is None or id(node_class) in seen:
            continue
        if settings.volume is None or settings.raid:
            continue
        if settings.volume > _TOO_SMALL:
            device, size, place = data_device(get(node_class.value, "spec"))
            if size is not None and size <= _TOO_SMALL:
                seen.add(id(node_class))
                message = (
                    f"{settings.family} keeps images on `{device}`, which has {written(EPHEMERAL, size)} on the nodes of "
                    f"NodePool `{pool.view.name}`, although Karpenter counts on {written(EPHEMERAL, settings.volume)}, and "
                    f"the image of `{user.name}` does not fit: name `deviceName: {device}` in the mapping of 200Gi"
                )
                yield hit(node_class, message, place)
            continue
        seen.add(id(node_class))
        message = (
            f"the nodes of NodePool `{pool.view.name}` have a root volume of {written(EPHEMERAL, settings.volume)}, "
            "and the image of "
            f"`{user.name}` does not fit beside what is there: set `volumeSize` under `blockDeviceMappings` to 200Gi"
        )
        yield hit(node_class, message, settings.volume_pointer)
