"""GPUs under requests and limits differ.

## What it checks

Under `resources` of a NIMService, of an enabled service of a NIMPipeline and of a NIMBuild, every device (a name with
a domain, such as `nvidia.com/gpu`) has a limit, and the request, where there is one, is the same whole number.

## Why it matters

Devices cannot be overcommitted. The operator writes the resources into the pods as they are, and the API server
refuses pods whose limit for a device is missing or differs from the request: the Deployment makes none, and the
NIMService stays not ready.

## Example

```yaml
resources:
  requests:
    nvidia.com/gpu: 1
  limits:
    nvidia.com/gpu: 2
```

## Use instead

```yaml
resources:
  limits:
    nvidia.com/gpu: 2
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import services
from nimfleet.cluster.nim import NIM
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, mapping
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.schema.quantity import parse_quantity


@rule(
    "scheduling/gpu-amounts",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Kubernetes 1.34, pkg/apis/core/validation, ValidateResourceRequirements; k8s-nim-operator 3.1.2, "
        "internal/controller/platform/standalone/nimservice.go: resources are written into the pods"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Devices of NIM kinds; those of Kubernetes' own kinds are ``schema/native``'s."""
    for service in cluster.once(services):
        yield from _unequal(service.object, service.spec.get("resources"), (*service.pointer, "resources"))
    for item in cluster.kind(NIM, "NIMBuild"):
        yield from _unequal(item, get(item.value, "spec", "resources"), ("spec", "resources"))


def _unequal(item: KubeObject, resources: Any, pointer: Pointer) -> Iterator[Hit]:
    limits, requests = mapping(get(resources, "limits")), mapping(get(resources, "requests"))
    for name in [*limits, *(name for name in requests if name not in limits)]:
        if not isinstance(name, str) or "/" not in name:
            continue
        limit, request = _amount(limits.get(name)), _amount(requests.get(name))
        if name in limits and name in requests:
            if limit is not None and request is not None and limit != request:
                message = (
                    f"`{name}` is {requests[name]} under requests and {limits[name]} under limits, and the API server "
                    "refuses the pods: make both the same"
                )
                yield hit(item, message, (*pointer, "requests", name))
        elif name in requests and request is not None:
            message = (
                f"`{name}` is requested without a limit, and the API server refuses the pods: "
                f"set `limits` to {requests[name]}, too"
            )
            yield hit(item, message, (*pointer, "requests", name))


def _amount(value: Any) -> Any:
    quantity = parse_quantity(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else None
    return quantity.value if quantity is not None else None
