"""A volume of an EC2NodeClass is faster or slower than EBS has.

## What it checks

`blockDeviceMappings[].ebs` of an EC2NodeClass: `iops` within what its `volumeType` has, per volume and per
GiB; `throughput` only for gp3, from 125 to 2000 MiB/s and at most a quarter of its IOPS; `iops` for io1 and
io2, and none for other types.

## Why it matters

The API server and Karpenter take any number. EC2 refuses the launch, again and again, and the pods stay
Pending. EBS raises its bounds from time to time, so that this is a warning.

## Example

```yaml
kind: EC2NodeClass
spec:
  blockDeviceMappings:
    - deviceName: /dev/xvda
      ebs:
        volumeType: gp3
        volumeSize: 200Gi
        throughput: 1000
```

## Use instead

```yaml
ebs:
  volumeType: gp3
  volumeSize: 200Gi
  iops: 4000
  throughput: 1000
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, mapping, sequence, text, whole
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedNodeClass


@dataclass(frozen=True, slots=True)
class _Iops:
    least: int
    most: int
    each_gibibyte: int


_BOUNDS = {"gp3": _Iops(3_000, 80_000, 500), "io1": _Iops(100, 64_000, 50), "io2": _Iops(100, 256_000, 1_000)}
_SLOWEST, _FASTEST, _BASE_IOPS = 125, 2_000, 3_000
_SIZE = re.compile(r"([0-9]+)(Gi|G|Ti|T)")
_GIBIBYTES = {"Gi": 1.0, "G": 1e9 / 2**30, "Ti": 1024.0, "T": 1e12 / 2**30}
_LARGEST = 65_536


def _gibibytes(size: Any) -> int:
    """What a size is in GiB, rounded up; of a snapshot's size, which is not known, the largest."""
    match = _SIZE.fullmatch(text(size))
    return -int(-int(match[1]) * _GIBIBYTES[match[2]] // 1) if match else _LARGEST


@rule(
    "admission/nodeclass-volume",
    subject=AdmittedNodeClass,
    severity=Severity.WARNING,
    source=(
        "Amazon EBS User Guide: volume types (gp3 3,000 to 80,000 IOPS, 125 to 2,000 MiB/s; io1 100 to "
        "64,000; io2 100 to 256,000); karpenter-provider-aws 1.14.1, pkg/apis/v1/ec2nodeclass.go"
    ),
)
def check(subject: AdmittedNodeClass) -> Iterator[Hit]:
    """What EC2 would refuse of each volume."""
    for index, entry in enumerate(sequence(get(subject.spec, "blockDeviceMappings"))):
        volume = mapping(get(entry, "ebs"))
        kind = text(volume.get("volumeType"))
        bounds = _BOUNDS.get(kind)
        at = ("blockDeviceMappings", index, "ebs")
        iops, throughput = whole(volume.get("iops")), whole(volume.get("throughput"))
        if bounds is None:
            if kind and iops is not None:
                yield hit(subject, f"a volume of type {kind} takes no `iops`", *at, "iops")
        elif iops is not None:
            most = min(bounds.most, max(bounds.least, _gibibytes(volume.get("volumeSize")) * bounds.each_gibibyte))
            if not bounds.least <= iops <= most:
                message = f"{iops} IOPS: {kind} of this size has {bounds.least} to {most}"
                yield hit(subject, message, *at, "iops")
        elif kind != "gp3":
            yield hit(subject, f"a volume of type {kind} needs `iops`", *at)
        if throughput is None or not kind:
            continue
        most = min(_FASTEST, (iops or _BASE_IOPS) // 4)
        if kind != "gp3":
            yield hit(subject, f"a volume of type {kind} takes no `throughput`", *at, "throughput")
        elif not _SLOWEST <= throughput <= most:
            message = f"{throughput} MiB/s: gp3 with {iops or _BASE_IOPS} IOPS has {_SLOWEST} to {most}"
            yield hit(subject, message, *at, "throughput")
