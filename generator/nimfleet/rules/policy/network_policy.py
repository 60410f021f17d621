"""Every pod of the cluster reaches every port of a model.

## What it checks

A NIMService, an enabled service of a NIMPipeline, and a Deployment or StatefulSet with GPUs is selected by a
NetworkPolicy of its namespace that restricts ingress. The NIM operator labels pods with `app` and the service's name.
A selector that is misspelt is reference/network-policy-target. Not asked where the repository uses policies of Cilium or
Calico. Asked in profile production.

On EKS the VPC CNI enforces NetworkPolicies only when that is enabled (`enableNetworkPolicy` of the add-on).

## Why it matters

Model servers ask nobody for a key unless they are told to: whoever reaches the port uses the GPUs. One compromised
pod anywhere in the cluster is enough.

## Example

```yaml
kind: NIMService
metadata:
  name: llama   # and no NetworkPolicy selects app: llama
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: llama
spec:
  podSelector:
    matchLabels:
      app: llama
  policyTypes:
    - Ingress
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: chat
      ports:
        - protocol: TCP
          port: 8000
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile, World
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.network import foreign_policies, policies
from nimfleet.rules.policy.pods import meant, replicated, selects
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/network-policy",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Network Policies; Amazon EKS User Guide: limit Pod traffic with Kubernetes network policies",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Models that no policy selects."""
    if not cluster.profile.covers(Profile.PRODUCTION) or foreign_policies(cluster):
        return
    known = policies(cluster)
    if cluster.world is World.PART and not cluster.knows("NetworkPolicy"):
        return
    for entry in replicated(cluster):
        selectors = [policy.selector for policy in known.get(entry.namespace, ())]
        if not any(selects(selector, entry.labels) for selector in selectors) and not meant(entry, selectors, cluster):
            message = (
                f"no NetworkPolicy in namespace `{entry.namespace}` restricts who reaches `{entry.name}`: a model "
                "server asks nobody for a key; add one that selects its pods and opens its port to its clients"
            )
            yield hit(entry.object, message, entry.named)
