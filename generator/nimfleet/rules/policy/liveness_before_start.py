"""The liveness probe of a GPU container gives up before a model can have started.

## What it checks

A container with GPUs of a Deployment, StatefulSet or ReplicaSet that has a `livenessProbe` and no
`startupProbe`: `initialDelaySeconds` and `failureThreshold` times `periodSeconds` are 5 minutes or more
together. Asked from profile minimal on.

## Why it matters

A model is loaded for minutes before it answers: tens of GiB are read, engines compile. The kubelet kills
the container before, and the next one starts anew.

## Example

```yaml
livenessProbe:
  httpGet:
    path: /v1/health/live
    port: 8000
  periodSeconds: 10
  failureThreshold: 3
```

## Use instead

```yaml
startupProbe:
  httpGet:
    path: /v1/health/ready
    port: 8000
  periodSeconds: 10
  failureThreshold: 120
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.pods import LONG_START, models, patience
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/liveness-before-start",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Configure Liveness, Readiness and Startup Probes (a period is 10 s and 3 failures are taken by default)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Liveness probes that begin at once, and end soon."""
    for workload, pointer, container in models(cluster):
        probe = container.get("livenessProbe")
        if not isinstance(probe, dict) or container.get("startupProbe") is not None:
            continue
        granted = patience(probe)
        if granted < LONG_START:
            message = (
                f"the liveness probe of container `{container.get('name')}` gives up after {granted} seconds, and no "
                "`startupProbe` holds it back: a model takes minutes to load and is killed before it serves; add a "
                "`startupProbe` that grants them"
            )
            yield hit(workload.object, message, (*pointer, "livenessProbe"))
