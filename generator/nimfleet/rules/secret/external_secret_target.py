"""A Secret that an ExternalSecret makes is made by something else, too.

## What it checks

The Secret that an ExternalSecret owns (`creationPolicy: Owner`, the default): no other ExternalSecret of the
namespace makes it or merges into it, and it is not among the objects itself.

## Why it matters

external-secrets refuses whoever is not the owner, whatever its policy is: those keys are never there. A Secret that
Flux applies is written by both in turn, for ever.

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

from collections.abc import Iterator, Sequence

from nimfleet.cluster.helm.units import in_one_cluster
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "secret/external-secret-target",
    subject=Cluster,
    severity=Severity.ERROR,
    source="external-secrets v2.9.0, pkg/controllers/externalsecret (ErrSecretIsOwned), spec.target.creationPolicy",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Those that are not the first owner, and owners of a Secret that is applied."""
    targets: dict[tuple[str, str], list[KubeObject]] = {}
    for item in cluster.kind("external-secrets.io", "ExternalSecret"):
        targets.setdefault((item.id.namespace, _target(item)), []).append(item)
    for (namespace, name), items in targets.items():
        owner = _owner(items)
        if owner is None:
            continue
        secret = cluster.find("", "Secret", namespace, name)
        if secret is not None and in_one_cluster(cluster, secret, owner):
            message = (
                f"ExternalSecret `{owner.id.name}` makes the Secret `{name}`, which is a manifest here, too: each overwrites "
                "the other; remove one"
            )
            yield _hit(owner, message)
        for item in items:
            if item.id != owner.id and _policy(item) != "None" and in_one_cluster(cluster, owner, item):
                fix = (
                    "give it another `target.name`"
                    if _policy(item) == "Owner"
                    else f"take its data into `{owner.id.name}`, or make that one `creationPolicy: Orphan`"
                )
                message = (
                    f"the Secret `{name}` is owned by ExternalSecret `{owner.id.name}`, and `{item.id.name}` is refused to "
                    f"write to it: {fix}"
                )
                yield _hit(item, message)


def _owner(items: Sequence[KubeObject]) -> KubeObject | None:
    return next((item for item in items if _policy(item) == "Owner"), None)


def _policy(item: KubeObject) -> str:
    return text(get(item.value, "spec", "target", "creationPolicy")) or "Owner"


def _target(item: KubeObject) -> str:
    return text(get(item.value, "spec", "target", "name")) or item.id.name


def _hit(item: KubeObject, message: str) -> Hit:
    named = get(item.value, "spec", "target", "name") is not None
    pointer: Pointer = ("spec", "target", "name") if named else ("metadata", "name")
    return hit(item, message, pointer)
