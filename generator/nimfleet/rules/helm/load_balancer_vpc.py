"""The load balancer controller has to ask a metadata service that its pods do not reach.

## What it checks

A release of aws-load-balancer-controller sets `vpcId` (or `vpcTags`, or `hostNetwork`) where a NodePool without
taints has nodes whose metadata service pods do not reach: `httpPutResponseHopLimit` of its EC2NodeClass is 1,
which is also the default.

## Why it matters

Without `vpcId` the controller asks the metadata service of its node, gets no answer, and ends. It works or not
with the node that it happens to land on.

## Example

```yaml
kind: HelmRelease
spec:
  values:
    clusterName: prod   # of aws-load-balancer-controller
```

## Use instead

```yaml
values:
  clusterName: prod
  region: us-west-2
  vpcId: vpc-0123456789abcdef0
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.releases import releases_of
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


def _deaf(cluster: Cluster) -> str:
    """A NodePool that takes any pod, and whose pods do not reach the metadata service; ``""`` when there is none."""
    for pool in cluster.kind("karpenter.sh", "NodePool"):
        spec = get(pool.value, "spec", "template", "spec")
        name = text(get(spec, "nodeClassRef", "name"))
        node_class = cluster.find("karpenter.k8s.aws", "EC2NodeClass", "", name)
        if get(spec, "taints") or node_class is None:
            continue
        limit = get(node_class.value, "spec", "metadataOptions", "httpPutResponseHopLimit")
        if limit in (None, 1):
            return pool.id.name
    return ""


@rule(
    "helm/load-balancer-vpc",
    subject=Cluster,
    severity=Severity.WARNING,
    source=(
        "AWS Load Balancer Controller, installation: --aws-vpc-id when the metadata service is out "
        "of reach; Karpenter, EC2NodeClass metadataOptions (default hop limit 1)"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Controllers that do not know their VPC."""
    for release in releases_of(cluster, "aws-load-balancer-controller"):
        known = release.value("vpcId") or release.value("vpcTags") or release.value("hostNetwork") is True
        pool = "" if known or not release.whole else _deaf(cluster)
        if pool:
            item, pointer = release.at("vpcId")
            if release.layers:
                item, pointer = release.layers[-1].object, release.layers[-1].pointer
            message = (
                f"`vpcId` is not set, and pods on nodes of NodePool `{pool}` do not reach the metadata service that "
                "would tell it (hop limit 1): set `vpcId`"
            )
            yield hit(item, message, pointer)
