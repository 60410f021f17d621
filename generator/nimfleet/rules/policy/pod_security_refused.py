"""A namespace refuses the pods that are meant for it.

## What it checks

Where a Namespace has the label `pod-security.kubernetes.io/enforce`, pods for it keep to that level: with baseline no
host namespaces, privileges, further capabilities, host paths or host ports; with restricted also what a container
has to say of itself. The NIM operator does not say that, so that restricted refuses its pods. Asked from
profile minimal on.

## Why it matters

The API server takes the Deployment or NIMService, and refuses each of its pods. Nothing is ready, and the reason
only stands in the events of a ReplicaSet.

## Example

```yaml
kind: Namespace
metadata:
  name: nim-service
  labels:
    pod-security.kubernetes.io/enforce: restricted
```

## Use instead

```yaml
labels:
  pod-security.kubernetes.io/enforce: baseline
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.pods import services, workloads
from nimfleet.rules.policy.security import below_baseline, below_restricted, enforced
from nimfleet.rules.registry import Hit, rule

_LEVELS = {"baseline": below_baseline, "restricted": below_restricted}


@rule(
    "policy/pod-security-refused",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Kubernetes: Pod Security Standards, Pod Security Admission; k8s-nim-operator 3.1.2, manifests/deployment.yaml "
        "(runAsUser, runAsGroup and fsGroup are all it sets)"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Pods below the level of their namespace."""
    levels = enforced(cluster)
    for workload in workloads(cluster):
        level = levels.get(workload.namespace, "")
        fault = next(_LEVELS[level](workload), None) if level in _LEVELS else None
        if fault is not None:
            message = (
                f"namespace `{workload.namespace}` enforces `{level}` and refuses these pods because of {fault[1]}; change that, "
                "or use a namespace of their own"
            )
            yield hit(workload.object, message, fault[0])
    for service in services(cluster):
        level = levels.get(service.namespace, "")
        path = text(get(service.spec, "storage", "hostPath"))
        if level == "restricted":
            message = (
                f"namespace `{service.namespace}` enforces `restricted`, and the pods that the NIM operator makes do not "
                "say what that asks for: they are refused; enforce `baseline`"
            )
            yield hit(service.object, message, service.at)
        elif level == "baseline" and path:
            message = (
                f"namespace `{service.namespace}` enforces `baseline` and refuses these pods because of `hostPath` {path}; use a "
                "NIMCache"
            )
            yield hit(service.object, message, (*service.at, "storage", "hostPath"))
