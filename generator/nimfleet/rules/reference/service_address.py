"""An address leads to a Service that is not there.

## What it checks

Addresses in the cluster (`http://name.namespace.svc:8000/v1`): in variables of pods and NIM objects, endpoints of NIMCaches
and NeMo objects, `serverAddress` of KEDA's triggers, and values of HelmReleases, such as those of a chat front end. The
Service is in that namespace, and has the port.

## Why it matters

The name cannot be resolved, or the connection is refused, when the program first needs it: often long after it has
started.

## Example

```yaml
kind: NIMService
metadata:
  name: llama
  namespace: nim-service
---
env:
  - name: OPENAI_API_BASE_URL
    value: http://llama.nim.svc:8000/v1
```

## Use instead

```yaml
env:
  - name: OPENAI_API_BASE_URL
    value: http://llama.nim-service.svc:8000/v1
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/service-address",
    subject=Cluster,
    severity=Severity.ERROR,
    source=("Kubernetes DNS: <service>.<namespace>.svc is the name of a Service, with the ports of that Service"),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "service-address", "nothing answers at this address")
