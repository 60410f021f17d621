"""NetworkPolicies shut the port of a model for everybody.

## What it checks

Where NetworkPolicies select the pods of a NIMService (or of an enabled service of a NIMPipeline) and restrict
ingress, one of them has a rule for the port that the service listens on, `expose.service.port`. Asked from profile
minimal on.

## Why it matters

The model becomes ready, as the kubelet's probes are not held back, and nobody reaches it: what no rule allows is
dropped without a word. Policies see the port of the pod; the NIM operator makes it the Service's.

## Example

```yaml
kind: NetworkPolicy
spec:
  podSelector:
    matchLabels:
      app: llama   # which listens on 8000
  ingress:
    - ports:
        - port: 80
```

## Use instead

```yaml
ingress:
  - ports:
      - port: 8000
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.network import foreign_policies, selecting
from nimfleet.rules.policy.pods import services
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/network-policy-blocks",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Network Policies (isolation, and the port of the pod); k8s-nim-operator 3.1.2, GetContainerPorts",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Ports of models that nothing opens."""
    if foreign_policies(cluster):
        return
    for service in services(cluster):
        if not service.plain:
            continue
        chosen = selecting(cluster, service.namespace, {"app": service.name})
        port = service.ports[0]
        if not chosen or any(entry.opens(port) for entry in chosen):
            continue
        item = chosen[-1].object
        others = f" (nor do {len(chosen) - 1} others)" if len(chosen) > 1 else ""
        message = (
            f"this policy selects the pods of `{service.name}` and has no rule for its port {port}{others}: nobody reaches "
            f"the model; add the port to a rule of `ingress`"
        )
        yield hit(item, message, ("spec", *(("ingress",) if get(item.value, "spec", "ingress") else ())))
