"""A role allows everything.

## What it checks

No rule of a Role or ClusterRole has `*` for groups, resources and verbs at once. Asked in profile production.

## Why it matters

It is cluster-admin by another name, and is overlooked where people look for that. It also covers the kinds that
are installed later.

## Example

```yaml
kind: ClusterRole
rules:
  - apiGroups: ["*"]
    resources: ["*"]
    verbs: ["*"]
```

## Use instead

```yaml
rules:
  - apiGroups: [apps.nvidia.com]
    resources: [nimservices]
    verbs: [get, list, watch]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import items, sequence
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/rbac-wildcard",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Role Based Access Control Good Practices (wildcards)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Rules for everything."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for kind in ("ClusterRole", "Role"):
        for item in cluster.kind("rbac.authorization.k8s.io", kind):
            for pointer, entry in items(item.value, "rules"):
                if all("*" in sequence(entry.get(part)) for part in ("apiGroups", "resources", "verbs")):
                    yield hit(
                        item,
                        f"a rule of {kind} `{item.id.name}` allows everything; name groups, resources and verbs",
                        pointer,
                    )
