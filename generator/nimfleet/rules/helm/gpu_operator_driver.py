"""gpu-operator installs a driver on nodes that have one.

## What it checks

A release of gpu-operator sets `driver.enabled: false` where an EC2NodeClass takes an AMI of AL2023 or
Bottlerocket, which Karpenter chooses with NVIDIA's driver for GPU instances.

## Why it matters

The driver container builds and loads a second driver on a system that it is not made for, fails, and holds up
everything of gpu-operator that comes after it: no GPU is registered.

## Example

```yaml
kind: HelmRelease
spec:
  values:
    mig:
      strategy: single   # of gpu-operator; driver.enabled is true by default
```

## Use instead

```yaml
values:
  driver:
    enabled: false
  toolkit:
    enabled: false
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.releases import releases_of
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, items, text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


def _with_driver(cluster: Cluster) -> tuple[str, str]:
    """A node class whose AMIs have the driver, and its AMI family; empty when there is none."""
    for item in cluster.kind("karpenter.k8s.aws", "EC2NodeClass"):
        value = item.value
        aliases = [text(term.get("alias")) for _, term in items(value, "spec", "amiSelectorTerms")]
        for family in (*aliases, text(get(value, "spec", "amiFamily"))):
            name = family.partition("@")[0].casefold()
            if name in ("al2023", "bottlerocket"):
                return item.id.name, family
    return "", ""


@rule(
    "helm/gpu-operator-driver",
    subject=Cluster,
    severity=Severity.WARNING,
    source=(
        "NVIDIA GPU Operator on Amazon EKS; EKS-optimized accelerated AMIs of AL2023 and "
        "Bottlerocket bring driver and toolkit"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Releases with the driver on."""
    for release in releases_of(cluster, "gpu-operator"):
        if release.value("driver", "enabled") is False or not release.whole:
            continue
        node_class, family = _with_driver(cluster)
        if node_class:
            item, pointer = release.at("driver", "enabled")
            message = (
                f"gpu-operator installs a driver, and nodes of EC2NodeClass `{node_class}` (`{family}`) have one: "
                "set `driver.enabled: false` and `toolkit.enabled: false`"
            )
            yield hit(item, message, pointer)
