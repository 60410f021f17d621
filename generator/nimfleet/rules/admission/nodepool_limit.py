"""A limit of a NodePool is on a resource that no node has.

## What it checks

Keys of `limits` of a NodePool without a domain are `cpu`, `memory`, `ephemeral-storage`, `pods`, `nodes` or
huge pages, and those in the domain of a maker of devices are devices that Karpenter knows, unless nothing is near.

## Why it matters

Karpenter compares limits with what its nodes have. A name that no node has limits nothing, and the NodePool
grows without end.

## Example

```yaml
kind: NodePool
spec:
  limits:
    gpu: "8"
```

## Use instead

```yaml
limits:
  nvidia.com/gpu: "8"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.scheduling.nodes import KNOWN_RESOURCES
from nimfleet.report.finding import Severity
from nimfleet.rules.admission import GPU, get, hit, mapping
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedNodePool
from nimfleet.suggest import did_you_mean

_DOMAINS = ("nvidia.com/", "amd.com/", "aws.amazon.com/", "vpc.amazonaws.com/", "habana.ai/")
_OTHERS = ("nvidia.com/mig-", "nvidia.com/gpu.")
"""Slices and shares of GPUs, which a device plugin may be told to register."""
_NATIVE = frozenset({"cpu", "ephemeral-storage", "memory", "nodes", "pods"})


@rule(
    "admission/nodepool-limit",
    subject=AdmittedNodePool,
    severity=Severity.WARNING,
    source=(
        "Karpenter 1.14, sigs.k8s.io/karpenter pkg/apis/v1/nodepool.go, Limits.ExceededBy; Kubernetes: "
        "names of native resources"
    ),
)
def check(subject: AdmittedNodePool) -> Iterator[Hit]:
    """Names without a domain that are no native resources, and devices with a typo."""
    for name in mapping(get(subject.spec, "limits")):
        key = str(name)
        if "/" not in key and key not in _NATIVE and not key.startswith("hugepages-"):
            near = did_you_mean(key.removesuffix("s"), {*_NATIVE, GPU})
            yield hit(subject, f"no node has a resource '{key}', so that this limits nothing.{near}", "limits", name)
        elif key not in KNOWN_RESOURCES and key.startswith(_DOMAINS) and not key.startswith(_OTHERS):
            domain = key.partition("/")[0]
            near = did_you_mean(key, {other for other in KNOWN_RESOURCES if other.startswith(f"{domain}/")})
            if near:
                yield hit(
                    subject, f"no node has a resource '{key}', so that this limits nothing.{near}", "limits", name
                )
