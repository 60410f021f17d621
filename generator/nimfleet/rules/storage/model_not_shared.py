"""Every replica downloads the model for itself.

## What it checks

A NIMService with more than one replica (also after autoscaling), whose model is known to be large (10 GiB or
more), does not keep it in `emptyDir` or `hostPath`.

## Why it matters

Each new pod (each new node, with `hostPath`) downloads the model again before it serves: scaling up takes as
long as the first start, and NGC's limits are shared by all.

## Example

```yaml
kind: NIMService
spec:
  replicas: 4
  storage:
    emptyDir: {}
```

## Use instead

```yaml
storage:
  nimCache:
    name: llama
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import services
from nimfleet.cluster.storage.claims import most_replicas
from nimfleet.cluster.storage.sizes import least_of_service
from nimfleet.manifest.walk import mapping
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_LARGE_GIB = 10


@rule(
    "storage/model-not-shared",
    subject=Cluster,
    severity=Severity.WARNING,
    source=("NIM operator, NIMService storage.emptyDir and storage.hostPath: NIM downloads its model when it starts"),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Replicated services without shared storage."""
    for service in cluster.once(services):
        storage = mapping(service.spec.get("storage"))
        kind = next((name for name in ("emptyDir", "hostPath") if storage.get(name) is not None), None)
        replicas = most_replicas(service.spec)
        if kind is None or replicas < 2 or mapping(storage.get("nimCache")) or mapping(storage.get("pvc")):
            continue
        size = least_of_service(service)
        if size is not None and size >= _LARGE_GIB:
            each = "pod" if kind == "emptyDir" else "node"
            message = (
                f"NIMService `{service.name}` has up to {replicas} replicas, and every {each} downloads {size:.0f} GiB "
                f"or more into its own {kind}: use a NIMCache on EFS or FSx for Lustre"
            )
            yield hit(service.object, message, (*service.pointer, "storage", kind))
