"""Nothing restarts a model that hangs.

## What it checks

A NIMService, or an enabled service of a NIMPipeline, does not switch its liveness probe off; a container with
GPUs of a Deployment, StatefulSet or ReplicaSet that listens on a port has one. Asked in profile production.

## Why it matters

An engine that hangs (a lost GPU, a deadlock between the GPUs of one replica) keeps its process. Readiness takes
the replica out of service, but only a liveness probe brings it back.

## Example

```yaml
kind: NIMService
spec:
  livenessProbe:
    enabled: false
```

## Use instead

```yaml
livenessProbe:
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
    "policy/liveness-probe",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Configure Liveness, Readiness and Startup Probes; k8s-nim-operator 3.1.2, IsProbeEnabled",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Liveness probes that are off, or not there."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for service in services(cluster):
        if get(service.spec, "livenessProbe", "enabled") is False:
            message = "`livenessProbe` is off: a model that hangs stays as it is; remove `enabled: false`"
            yield hit(service.object, message, (*service.at, "livenessProbe", "enabled"))
    for workload, pointer, container in models(cluster):
        if container.get("ports") and container.get("livenessProbe") is None:
            message = (
                f"container `{container.get('name')}` takes GPUs and has no `livenessProbe`: a model that hangs stays as it "
                "is; add one, with a `startupProbe` that holds it back while the model loads"
            )
            yield hit(workload.object, message, pointer)
