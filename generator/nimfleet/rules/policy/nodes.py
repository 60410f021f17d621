"""NodePools and EC2NodeClasses, seen as far as policy asks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, items, mapping, sequence, text
from nimfleet.repository.model import KubeObject

_FAMILY = re.compile(r"(?:g[0-9]|p[2-9]|gr[0-9]|inf[0-9]|trn[0-9]).*", re.ASCII)
_AWS = "karpenter.k8s.aws/"


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """A NodePool whose nodes have GPUs or Neuron devices."""

    object: KubeObject
    spec: Any

    @property
    def name(self) -> str:
        return self.object.id.name


def accelerated_pools(cluster: Cluster) -> Sequence[Pool]:
    """NodePools that are meant for models, as their requirements, taints, labels or limits say."""
    return cluster.once(_accelerated_pools)


def _accelerated_pools(cluster: Cluster) -> tuple[Pool, ...]:
    found = []
    for item in cluster.kind("karpenter.sh", "NodePool"):
        spec = get(item.value, "spec")
        if _accelerated(spec):
            found.append(Pool(item, spec))
    return tuple(found)


def _accelerated(spec: Any) -> bool:
    template = get(spec, "template")
    names = [text(taint.get("key")) for _, taint in items(template, "spec", "taints")]
    names += map(str, mapping(get(template, "metadata", "labels")))
    names += map(str, mapping(get(spec, "limits")))
    if any(name.startswith(("nvidia.com/", "aws.amazon.com/neuron")) for name in names):
        return True
    return any(_wants(mapping(entry)) for _, entry in items(template, "spec", "requirements"))


def _wants(requirement: Any) -> bool:
    key, operator = text(requirement.get("key")), requirement.get("operator")
    values = [text(value) for value in sequence(requirement.get("values"))]
    if key.startswith((f"{_AWS}instance-gpu-", f"{_AWS}instance-accelerator-")):
        return operator not in ("DoesNotExist", "NotIn", "Lt")
    if operator != "In" or not values:
        return False
    if key == f"{_AWS}instance-category":
        return all(value in ("g", "p", "inf", "trn") for value in values)
    if key in (f"{_AWS}instance-family", "node.kubernetes.io/instance-type"):
        return all(_FAMILY.fullmatch(value) for value in values)
    return False
