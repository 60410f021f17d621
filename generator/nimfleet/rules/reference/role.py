"""A binding names a role that is not there.

## What it checks

`roleRef` of RoleBindings and ClusterRoleBindings: a Role of the same namespace, or a ClusterRole. Roles that
Kubernetes makes are known; `system:` ones are not looked for.

## Why it matters

The binding gives no rights.

## Example

```yaml
kind: ClusterRole
metadata:
  name: model-reader
---
kind: RoleBinding
roleRef:
  kind: Role
  name: model-reader
```

## Use instead

```yaml
roleRef:
  kind: ClusterRole
  name: model-reader
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/role",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Kubernetes 1.34: rbac.authorization.k8s.io/v1, roleRef",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "role", "the binding gives no rights")
