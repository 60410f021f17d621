"""A route leads into another namespace without being allowed to.

## What it checks

Backends of HTTPRoutes and other routes, and certificates of Gateways, that are in another namespace: a ReferenceGrant
there allows it for the kind and namespace that ask.

## Why it matters

The reference is refused: requests are answered with 500, or the listener has no certificate.

## Example

```yaml
kind: HTTPRoute
metadata:
  namespace: gateways
spec:
  rules:
    - backendRefs:
        - name: llama
          namespace: nim-service
          port: 8000
```

## Use instead

```yaml
kind: ReferenceGrant
metadata:
  namespace: nim-service
spec:
  from:
    - group: gateway.networking.k8s.io
      kind: HTTPRoute
      namespace: gateways
  to:
    - group: ""
      kind: Service
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nimfleet.cluster.model import Cluster, World
from nimfleet.cluster.references.extract import namespace_of, references
from nimfleet.cluster.references.model import SECRET, SERVICE, Reference
from nimfleet.manifest.walk import items
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_GATEWAY = "gateway.networking.k8s.io"


@rule(
    "reference/reference-grant",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Gateway API 1.6: a reference into another namespace needs a ReferenceGrant there",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References into other namespaces that nothing allows."""
    for reference in cluster.once(references):
        source = reference.source
        if source.id.group != _GATEWAY or reference.target not in (SERVICE, SECRET):
            continue
        own = namespace_of(cluster, source)
        if not own or reference.namespace == own:
            continue
        grants = [item for item in cluster.kind(_GATEWAY, "ReferenceGrant") if item.id.namespace == reference.namespace]
        if not grants and cluster.world is not World.COMPLETE:
            continue
        if not any(_allows(grant.value, source.id.kind, own, reference) for grant in grants):
            message = (
                f"{reference.target.kind} `{reference.name}` is in namespace `{reference.namespace}`, and no ReferenceGrant "
                f"there allows it to {source.id.kind}s of `{own}`: the reference is refused"
            )
            yield hit(source, message, reference.pointer)


def _allows(grant: Any, kind: str, namespace: str, reference: Reference) -> bool:
    asks = any(
        entry.get("group") == _GATEWAY and entry.get("kind") == kind and entry.get("namespace") == namespace
        for _, entry in items(grant, "spec", "from")
    )
    return asks and any(
        not entry.get("group")
        and entry.get("kind") == reference.target.kind
        and entry.get("name") in (None, reference.name)
        for _, entry in items(grant, "spec", "to")
    )
