"""A resource claim that the operator is to create is not whole.

## What it checks

`claimCreationSpec` under `draResources` of a NIMService, or of an enabled service of a NIMPipeline: at
least one device; a count above 0, a device class and a driver for each; every attribute and capacity is
selected once; an attribute is compared with exactly one value; a version has three numbers.

## Why it matters

The operator's webhook refuses the object.

## Example

```yaml
kind: NIMService
spec:
  draResources:
    - claimCreationSpec:
        devices:
          - name: gpu
            count: 0
```

## Use instead

```yaml
draResources:
  - claimCreationSpec:
      devices:
        - name: gpu
          count: 1
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, mapping, sequence, text, whole
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService

_VALUES = ("boolValue", "intValue", "stringValue", "versionValue")
_NUMBER = "(?:0|[1-9][0-9]*)"
_IDENTIFIERS = "[0-9A-Za-z-]+(?:[.][0-9A-Za-z-]+)*"
_VERSION = re.compile(f"{_NUMBER}[.]{_NUMBER}[.]{_NUMBER}(?:-{_IDENTIFIERS})?(?:[+]{_IDENTIFIERS})?")


def _device(subject: AdmittedService, device: Mapping[str, Any], *at: str | int) -> Iterator[Hit]:
    count = whole(device.get("count"))
    if count is not None and count < 1:
        yield hit(subject, f"{count} devices are no claim: `count` is at least 1", *at, "count")
    for part in ("deviceClassName", "driverName"):
        if device.get(part) == "":
            yield hit(subject, f"`{part}` is empty", *at, part)
    driver = text(device.get("driverName")) or "gpu.nvidia.com"
    for kind in ("attributeSelectors", "capacitySelectors"):
        seen: set[str] = set()
        for index, selector in enumerate(sequence(device.get(kind))):
            key = text(get(selector, "key"))
            qualified = key if "/" in key else f"{driver}/{key}"
            if qualified in seen:
                yield hit(subject, f"'{qualified}' is selected twice", *at, kind, index)
            seen.add(qualified)
            if kind == "attributeSelectors" and isinstance(selector, dict):
                yield from _value(subject, selector, *at, kind, index)


def _value(subject: AdmittedService, selector: Mapping[str, Any], *at: str | int) -> Iterator[Hit]:
    value = mapping(selector.get("value"))
    given = [name for name in _VALUES if value.get(name) is not None]
    if len(given) != 1:
        message = f"an attribute is compared with exactly one of {', '.join(_VALUES)}, and not with {len(given)}"
        yield hit(subject, message, *at, "value")
    version = value.get("versionValue")
    if isinstance(version, str) and not _VERSION.fullmatch(version):
        yield hit(subject, f"'{version}' is no semantic version, such as 12.4.0", *at, "value", "versionValue")


@rule(
    "admission/dra-claim",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimservice_webhook_validation_helper.go, "
        "validateDRAClaimCreationSpec and what it calls"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """What is wrong with the devices of each claim."""
    for index, entry in enumerate(sequence(get(subject.spec, "draResources"))):
        devices = get(entry, "claimCreationSpec", "devices")
        if devices == []:
            message = "a claim without devices: list at least one"
            yield hit(subject, message, "draResources", index, "claimCreationSpec", "devices")
        for number, device in enumerate(sequence(devices)):
            if isinstance(device, dict):
                yield from _device(subject, device, "draResources", index, "claimCreationSpec", "devices", number)
