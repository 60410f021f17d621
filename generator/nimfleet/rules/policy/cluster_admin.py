"""Something in the cluster may do everything.

## What it checks

A ClusterRoleBinding of `cluster-admin` names no ServiceAccounts, but those of Flux in `flux-system`, which applies
everything. Asked in profile production.

## Why it matters

Whoever gets into a pod of that account has the cluster: every secret, every node. What a workload does needs a
handful of verbs on a handful of kinds.

## Example

```yaml
kind: ClusterRoleBinding
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - kind: ServiceAccount
    name: chat
    namespace: nim-service
```

## Use instead

```yaml
kind: RoleBinding
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: chat
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get, items
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/cluster-admin",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Role Based Access Control Good Practices (least privilege)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Accounts that are bound to cluster-admin."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for item in cluster.kind("rbac.authorization.k8s.io", "ClusterRoleBinding"):
        if get(item.value, "roleRef", "name") != "cluster-admin":
            continue
        for pointer, subject in items(item.value, "subjects"):
            if subject.get("kind") == "ServiceAccount" and subject.get("namespace") != "flux-system":
                message = (
                    f"ServiceAccount `{subject.get('name')}` of namespace `{subject.get('namespace')}` may do everything in the "
                    "cluster; bind a role with the verbs and kinds that it needs"
                )
                yield hit(item, message, pointer)
