"""Data at rest, or on its way to EFS, is not encrypted.

## What it checks

Each EBS volume in `blockDeviceMappings` of an EC2NodeClass has `encrypted: true` (one from a snapshot has what the
snapshot has; without any mapping, Karpenter encrypts), and so has each StorageClass of `ebs.csi.aws.com`. A
StorageClass of `efs.csi.aws.com` does not mount without TLS. Asked in profile production.

## Why it matters

Root volumes hold images, swapped prompts and logs; caches hold licensed weights. Encryption costs nothing. It
also is what auditors ask for first, and a volume cannot be encrypted later.

## Example

```yaml
kind: EC2NodeClass
spec:
  blockDeviceMappings:
    - deviceName: /dev/xvda
      ebs:
        volumeSize: 200Gi
```

## Use instead

```yaml
ebs:
  volumeSize: 200Gi
  encrypted: true
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get, items, mapping, sequence
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/volume-encryption",
    subject=Cluster,
    severity=Severity.WARNING,
    source=(
        "Karpenter: NodeClasses, spec.blockDeviceMappings; aws-ebs-csi-driver: StorageClass parameters; "
        "aws-efs-csi-driver: encryption in transit"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Volumes in plain text."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for item in cluster.kind("karpenter.k8s.aws", "EC2NodeClass"):
        for pointer, entry in items(item.value, "spec", "blockDeviceMappings"):
            volume = mapping(entry.get("ebs"))
            if volume and volume.get("encrypted") is not True and not volume.get("snapshotID"):
                message = (
                    "this volume is not encrypted unless the AWS account does so by default; set `encrypted: true`"
                )
                path = (*pointer, "ebs", *(("encrypted",) if "encrypted" in volume else ()))
                yield hit(item, message, path)
    for item in cluster.kind("storage.k8s.io", "StorageClass"):
        parameters = mapping(get(item.value, "parameters"))
        provisioner = get(item.value, "provisioner")
        if provisioner == "ebs.csi.aws.com" and parameters.get("encrypted") != "true":
            message = 'volumes of this class are not encrypted unless the AWS account does so by default; set `encrypted: "true"`'
            yield hit(item, message, ("parameters", *(("encrypted",) if "encrypted" in parameters else ())))
        elif provisioner == "efs.csi.aws.com" and "notls" in sequence(get(item.value, "mountOptions")):
            message = "`notls` reads and writes the file system in plain text; remove it"
            yield hit(item, message, ("mountOptions",))
