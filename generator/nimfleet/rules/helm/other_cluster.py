"""A controller is told that it runs in another cluster.

## What it checks

`settings.clusterName` of Karpenter, and `clusterName`, `region` and `vpcId` of the AWS Load Balancer Controller, are
those of `cluster` in environment.yaml. Where there is none, the charts name the same cluster.

## Why it matters

Karpenter looks the cluster up and ends, or makes nodes that never join. The load balancer controller finds no
subnets and no security groups of its cluster, or those of another one.

## Example

```yaml
kind: HelmRelease
metadata:
  name: karpenter
spec:
  values:
    settings:
      clusterName: nim-staging   # and the environment's cluster is nim-prod
```

## Use instead

```yaml
values:
  settings:
    clusterName: nim-prod
```
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nimfleet.cluster.helm.releases import Release, releases_of
from nimfleet.cluster.helm.units import together
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@dataclass(frozen=True, slots=True)
class _Said:
    """A value of a release that says ``what`` of the cluster."""

    release: Release
    path: tuple[str, ...]
    what: str
    value: str

    @property
    def words(self) -> str:
        """The value and whose it is."""
        return f"`{'.'.join(self.path)}` of {self.release.chart}"


_VALUES = (
    ("karpenter", ("settings", "clusterName"), "name"),
    ("aws-load-balancer-controller", ("clusterName",), "name"),
    ("aws-load-balancer-controller", ("region",), "region"),
    ("aws-load-balancer-controller", ("vpcId",), "VPC"),
)


@rule(
    "helm/other-cluster",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Karpenter 1.14.1, settings.clusterName; AWS Load Balancer Controller 3.5.0, values clusterName, region and vpcId"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Values that are not the cluster's, or not each other's."""
    right = _of_the_environment(cluster)
    for said in _said(cluster):
        known = right.get(said.what)
        if known is not None:
            if said.value != known:
                yield _hit(said, f"the {said.what} of the environment's cluster is `{known}`: write that")
            continue
        alike = (other for other in _said(cluster) if other.what == said.what)
        first = next(other for other in alike if together(cluster, said.release, other.release))
        if said.value != first.value:
            yield _hit(said, f"{first.words} is `{first.value}`: a cluster has one {said.what}, so correct one of them")


def _of_the_environment(cluster: Cluster) -> dict[str, str]:
    if cluster.plan is None:
        return {}
    intent = cluster.plan.intent.cluster
    found = {"name": intent.name, "region": intent.region}
    return found | ({"VPC": intent.vpc_id} if intent.vpc_id else {})


def _said(cluster: Cluster) -> Iterator[_Said]:
    for chart, path, what in _VALUES:
        for release in releases_of(cluster, chart):
            value = release.value(*path)
            if isinstance(value, str) and value and "${" not in value and not release.spec.get("kubeConfig"):
                yield _Said(release, path, what, value)


def _hit(said: _Said, why: str) -> Hit:
    item, pointer = said.release.at(*said.path)
    return hit(item, f"{said.words} is `{said.value}`, and {why}", pointer)
