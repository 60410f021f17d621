"""A service account is named that is not there.

## What it checks

`serviceAccountName` of pods and of Flux's objects, subjects of RoleBindings and ClusterRoleBindings, and accounts of
secret stores.

## Why it matters

Pods with an account that does not exist are refused; a binding gives its rights to nobody.

## Example

```yaml
kind: ServiceAccount
metadata:
  name: loader
  namespace: nim-service
---
kind: RoleBinding
metadata:
  namespace: nim-service
subjects:
  - kind: ServiceAccount
    name: loader
    namespace: default
```

## Use instead

```yaml
subjects:
  - kind: ServiceAccount
    name: loader
    namespace: nim-service
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.references.model import Reference
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/service-account",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Kubernetes 1.34: the admission plugin ServiceAccount refuses pods whose account does not exist; Flux "
        "impersonates serviceAccountName"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "service-account", _consequence)


def _consequence(reference: Reference) -> str:
    if "subjects" in reference.pointer:
        return "the rights go to nobody"
    return "its pods are refused" if "Account" in str(reference.pointer[-1]) else "it cannot act"
