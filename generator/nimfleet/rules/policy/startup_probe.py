"""The startup probe of a NIMService is off, while its liveness probe is on.

## What it checks

A NIMService, or an enabled service of a NIMPipeline, with `startupProbe.enabled: false`, unless
`livenessProbe.enabled` is false, too, or its own `probe` waits for 5 minutes or more. Asked from profile minimal on.

## Why it matters

Until the startup probe has succeeded, the kubelet does not ask for liveness. Without it the operator's liveness
probe gives up 45 seconds after the container's start, and the kubelet kills a model that takes many minutes to
load, again and again.

## Example

```yaml
kind: NIMService
spec:
  startupProbe:
    enabled: false
```

## Use instead

```yaml
startupProbe:
  enabled: true
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.pods import LONG_START, patience, services
from nimfleet.rules.registry import Hit, rule

_DEFAULT = 15 + 3 * 10


@rule(
    "policy/startup-probe",
    subject=Cluster,
    severity=Severity.ERROR,
    source="NVIDIA k8s-nim-operator 3.1.2, api/apps/v1alpha1/nimservice_types.go, GetDefaultLivenessProbe and IsProbeEnabled",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Startup probes that are switched off."""
    for service in services(cluster):
        if get(service.spec, "startupProbe", "enabled") is not False:
            continue
        own = get(service.spec, "livenessProbe", "probe")
        granted = patience(own) if isinstance(own, dict) else _DEFAULT
        if get(service.spec, "livenessProbe", "enabled") is not False and granted < LONG_START:
            message = (
                f"`startupProbe` is off, and the liveness probe gives up after {granted} seconds: the kubelet kills the "
                "model while it loads; remove `enabled: false`"
            )
            yield hit(service.object, message, (*service.at, "startupProbe", "enabled"))
