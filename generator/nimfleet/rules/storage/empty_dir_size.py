"""A model does not fit into the emptyDir that it is downloaded to.

## What it checks

`storage.emptyDir.sizeLimit` of a NIMService is at least the smallest size that the catalog knows for its model.

## Why it matters

The kubelet evicts the pod as soon as it has written more. The next one begins its download anew.

## Example

```yaml
kind: NIMService
spec:
  image:
    repository: nvcr.io/nim/meta/llama-3.1-70b-instruct
    tag: 1.3.3
  storage:
    emptyDir:
      sizeLimit: 10Gi
```

## Use instead

A NIMCache, or a larger limit on nodes that have the disk for it:

```yaml
storage:
  emptyDir:
    sizeLimit: 200Gi
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import services
from nimfleet.cluster.storage.sizes import gib, least_of_service
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "storage/empty-dir-size",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Kubernetes, emptyDir sizeLimit; sizes of models: catalog/data/models.json",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Limits below the model's size."""
    for service in cluster.once(services):
        limit = get(service.spec, "storage", "emptyDir", "sizeLimit")
        size = gib(str(limit)) if isinstance(limit, str | int) and not isinstance(limit, bool) else None
        least = least_of_service(service) if size else None
        if size and least is not None and size < least:
            message = (
                f"NIMService `{service.name}` downloads at least {least:.0f} GiB into an emptyDir of {limit}: "
                "use a NIMCache, or raise `sizeLimit`"
            )
            yield hit(service.object, message, (*service.pointer, "storage", "emptyDir", "sizeLimit"))
