"""A Secret that an ExternalSecret makes is made by something else, too.

## What it checks

ExternalSecrets that own their Secret (`creationPolicy: Owner`, the default): no other one of the namespace owns a
Secret of that name, and there is no such Secret among the objects.

## Why it matters

A Secret has one owner, and external-secrets refuses the second one: its keys are never there. A Secret that Flux
applies is written by both in turn, for ever.

## Example

```yaml
kind: ExternalSecret
metadata:
  name: ngc-secret
spec:
  target:
    name: ngc-api-secret
---
kind: ExternalSecret
metadata:
  name: ngc-api-secret
```

## Use instead

```yaml
kind: ExternalSecret
metadata:
  name: ngc-secret
spec:
  target:
    name: ngc-secret
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.units import in_one_cluster
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.registry import Hit, rule


@rule(
    "secret/external-secret-target",
    subject=Cluster,
    severity=Severity.ERROR,
    source="external-secrets v2.9.0, ExternalSecret spec.target.creationPolicy; Kubernetes, ownerReferences (controller)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Every owner after the first one, and those of a Secret that is applied."""
    first: dict[tuple[str, str], KubeObject] = {}
    for item in cluster.kind("external-secrets.io", "ExternalSecret"):
        if text(get(item.value, "spec", "target", "creationPolicy")) not in ("", "Owner"):
            continue
        written = text(get(item.value, "spec", "target", "name"))
        name = written or item.id.name
        pointer: Pointer = ("spec", "target", "name") if written else ("metadata", "name")
        other = first.setdefault((item.id.namespace, name), item)
        secret = cluster.find("", "Secret", item.id.namespace, name)
        if other.id != item.id and in_one_cluster(cluster, other, item):
            message = (
                f"ExternalSecrets `{other.id.name}` and `{item.id.name}` both make the Secret `{name}`, which has one owner: "
                "the second one is refused; give one another `target.name`"
            )
            yield Hit(item.place(pointer), message, str(item.id), pointer)
        elif secret is not None and in_one_cluster(cluster, secret, item):
            message = (
                f"ExternalSecret `{item.id.name}` makes the Secret `{name}`, which is a manifest here, too: each overwrites "
                "the other; remove one"
            )
            yield Hit(item.place(pointer), message, str(item.id), pointer)
