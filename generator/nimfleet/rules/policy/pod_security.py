"""The namespace of models takes any pod.

## What it checks

Each Namespace of the repository in which models run has the label `pod-security.kubernetes.io/enforce` with baseline
or restricted. Asked in profile production.

## Why it matters

Who may create pods in a namespace without it may create one that is root on a node with GPUs, with every key and
every model on it. NIM's own pods need nothing of the node.

## Example

```yaml
kind: Namespace
metadata:
  name: nim-service
```

## Use instead

```yaml
kind: Namespace
metadata:
  name: nim-service
  labels:
    pod-security.kubernetes.io/enforce: baseline
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.pods import namespaces
from nimfleet.rules.policy.security import ENFORCE, enforced
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/pod-security",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Pod Security Admission, Pod Security Standards",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Namespaces of models that enforce nothing."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    levels = enforced(cluster)
    for item in cluster.kind("", "Namespace"):
        level = levels[item.id.name]
        if level in ("", "privileged") and item.id.name in namespaces(cluster):
            said = f"enforces `{level}`, which is nothing" if level else "enforces no Pod Security Standard"
            message = f"models run in namespace `{item.id.name}`, which {said}; set the label `{ENFORCE}: baseline`"
            yield hit(item, message, ("metadata", "labels", *((ENFORCE,) if level else ())))
