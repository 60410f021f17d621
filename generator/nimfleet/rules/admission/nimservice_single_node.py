"""A NIMService of several nodes has one.

## What it checks

`multiNode.parallelism.pipeline` of a NIMService, or of an enabled service of a NIMPipeline, is at least 2.

## Why it matters

Pipeline parallelism is the number of nodes. With one, the pods are configured as for a single node, while
the operator waits for a LeaderWorkerSet, which needs its own controller in the cluster.

## Example

```yaml
kind: NIMService
spec:
  multiNode:
    parallelism:
      tensor: 8
```

## Use instead

```yaml
multiNode:
  parallelism:
    tensor: 8
    pipeline: 2
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, whole
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/nimservice-single-node",
    subject=AdmittedService,
    severity=Severity.WARNING,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, api/apps/v1alpha1/nimservice_types.go; "
        "internal/controller/platform/standalone/nimservice.go, isLeaderWorkerSetReady"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """One node, of which the operator makes a group."""
    parallelism = get(subject.spec, "multiNode", "parallelism")
    if not isinstance(parallelism, dict) or not parallelism.keys() <= {"pipeline", "tensor"}:
        return  # a field that there is not, such as `pp`, is told of, and was meant to be one of these
    nodes = parallelism.get("pipeline")
    if nodes is None or (whole(nodes) is not None and nodes < 2):
        message = "`multiNode` with `pipeline` below 2 is a single node that waits for a LeaderWorkerSet: leave `multiNode` out"
        where = ("pipeline",) if nodes is not None else ()
        yield hit(subject, message, "multiNode", "parallelism", *where)
