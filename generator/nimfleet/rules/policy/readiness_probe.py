"""A model gets requests before it can answer them.

## What it checks

A NIMService, or an enabled service of a NIMPipeline, does not switch its readiness probe off; a container with
GPUs of a Deployment, StatefulSet or ReplicaSet that listens on a port has one. Asked from profile standard on.

## Why it matters

Without a readiness probe a pod counts as ready as soon as its process runs, minutes before the model has
loaded: clients get errors, and a rollout goes on to the next replica while the first one does not serve yet.

## Example

```yaml
kind: NIMService
spec:
  readinessProbe:
    enabled: false
```

## Use instead

```yaml
readinessProbe:
  enabled: true
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.pods import models, services
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/readiness-probe",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Configure Liveness, Readiness and Startup Probes; k8s-nim-operator 3.1.2, IsProbeEnabled",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Readiness probes that are off, or not there."""
    if not cluster.profile.covers(Profile.STANDARD):
        return
    for service in services(cluster):
        if get(service.spec, "readinessProbe", "enabled") is False:
            message = "`readinessProbe` is off: the model gets requests while it still loads; remove `enabled: false`"
            yield hit(service.object, message, (*service.at, "readinessProbe", "enabled"))
    for workload, pointer, container in models(cluster):
        if container.get("ports") and container.get("readinessProbe") is None:
            message = (
                f"container `{container.get('name')}` takes GPUs and has no `readinessProbe`: it gets requests while its "
                "model still loads; ask a path that answers only then, such as /v1/health/ready"
            )
            yield hit(workload.object, message, pointer)
