"""Labels that Karpenter knows: which it sets itself, and which of them an instance type has.

Sources: sigs.k8s.io/karpenter 1.14 pkg/apis/v1/labels.go (WellKnownLabels, NormalizedLabels); karpenter-provider-aws 1.14.1
pkg/apis/v1/labels.go and pkg/providers/instancetype/types.go (computeRequirements).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from nimfleet.catalog.load import load_catalog
from nimfleet.catalog.model import InstanceType

ARCH = "kubernetes.io/arch"
OS = "kubernetes.io/os"
HOSTNAME = "kubernetes.io/hostname"
INSTANCE_TYPE = "node.kubernetes.io/instance-type"
ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
ZONE_ID = "topology.k8s.aws/zone-id"
NODEPOOL = "karpenter.sh/nodepool"
CAPACITY_TYPE = "karpenter.sh/capacity-type"
AWS = "karpenter.k8s.aws/"
CATEGORY = f"{AWS}instance-category"
FAMILY = f"{AWS}instance-family"
GENERATION = f"{AWS}instance-generation"
SIZE = f"{AWS}instance-size"
NODE_CLASS = f"{AWS}ec2nodeclass"
GPU_PRODUCT = "nvidia.com/gpu.product"
"""Written by NVIDIA's GPU feature discovery once the node is there."""
OF_KARPENTER = ("karpenter.sh/", AWS)
"""Domains in which only Karpenter itself makes labels: it refuses others in a NodePool's template."""

NORMALIZED: Mapping[str, str] = MappingProxyType(
    {
        "beta.kubernetes.io/arch": ARCH,
        "beta.kubernetes.io/instance-type": INSTANCE_TYPE,
        "beta.kubernetes.io/os": OS,
        "failure-domain.beta.kubernetes.io/region": REGION,
        "failure-domain.beta.kubernetes.io/zone": ZONE,
        "topology.ebs.csi.aws.com/zone": ZONE,
    }
)
"""Old names of labels, and what Karpenter reads them as."""

_UNKNOWN = (
    f"{AWS}instance-cpu-manufacturer",
    f"{AWS}instance-cpu-sustained-clock-speed-mhz",
    f"{AWS}instance-ebs-bandwidth",
    f"{AWS}instance-encryption-in-transit-supported",
    f"{AWS}instance-hypervisor",
    f"{AWS}instance-tenancy",
    f"{AWS}capacity-reservation-id",
    f"{AWS}capacity-reservation-interruptible",
    f"{AWS}capacity-reservation-type",
    f"{AWS}placement-group-id",
    f"{AWS}placement-group-partition",
)
"""Well-known labels about which the catalog says nothing: any wish for them may come true."""

_KNOWN = (
    INSTANCE_TYPE,
    ARCH,
    CATEGORY,
    FAMILY,
    GENERATION,
    SIZE,
    f"{AWS}instance-cpu",
    f"{AWS}instance-memory",
    f"{AWS}instance-network-bandwidth",
    f"{AWS}instance-local-nvme",
    f"{AWS}instance-capability-flex",
    f"{AWS}instance-gpu-name",
    f"{AWS}instance-gpu-manufacturer",
    f"{AWS}instance-gpu-count",
    f"{AWS}instance-gpu-memory",
    f"{AWS}instance-accelerator-name",
    f"{AWS}instance-accelerator-manufacturer",
    f"{AWS}instance-accelerator-count",
)
"""Well-known labels of which the catalog says for each type what they are, or that it has none."""

INSTANCE_LABELS: frozenset[str] = frozenset(_KNOWN)
WELL_KNOWN: frozenset[str] = frozenset(
    (
        *_KNOWN,
        *_UNKNOWN,
        OS,
        ZONE,
        REGION,
        ZONE_ID,
        NODEPOOL,
        CAPACITY_TYPE,
        "node.kubernetes.io/windows-build",
        f"{AWS}instance-gpu-partition",
    )
)
"""Labels that a pod may ask for although the NodePool does not mention them."""

_COMPLETE = (
    "dl2q, g4ad, g4dn, g5, g5g, g6, g6e, g6f, g7e, gr6, gr6f, inf2, p3dn, p4d, p4de, p5, p5e, p5en, p6-b200, p6-b300, "
    "trn1, trn1n"
)
COMPLETE_FAMILIES: frozenset[str] = frozenset(_COMPLETE.split(", "))
"""Instance families of which the catalog holds every size (karpenter-provider-aws 1.14.1, instance type reference)."""

CAPACITY_TYPES = ("reserved", "spot", "on-demand")
"""In the order of Karpenter's choice."""

WITHOUT_ACCELERATOR: frozenset[str] = frozenset(
    ["a", "c", "d", "h", "hpc", "i", "im", "is", "m", "mac", "r", "t", "u", "x", "z"]
)
"""Instance categories whose types, known or not, have no GPU and no accelerator (AWS, instance type naming)."""

_SCHEME = re.compile(r"^([a-z]+)(?:-[0-9]+tb)?([0-9]+).*\.")


def normal(key: str) -> str:
    """The label's name as Karpenter reads it."""
    return NORMALIZED.get(key, key)


def labels_of_name(name: str) -> dict[str, str]:
    """What an instance type's name alone says: family, size, category and generation."""
    labels = {INSTANCE_TYPE: name}
    family, dot, size = name.partition(".")
    if dot:
        labels[FAMILY] = family
        labels[SIZE] = size
    match = _SCHEME.match(name)
    if match is not None:
        labels[CATEGORY], labels[GENERATION] = match[1], match[2]
    return labels


@cache
def instance_labels(instance: InstanceType) -> Mapping[str, str]:
    """The labels of a type's nodes as far as the type decides them; a key of :data:`INSTANCE_LABELS` that is not there is
    a label that its nodes do not have."""
    labels = labels_of_name(instance.name)
    labels[ARCH] = instance.arch
    labels[f"{AWS}instance-cpu"] = str(instance.vcpu)
    labels[f"{AWS}instance-memory"] = str(instance.memory_mib)
    labels[f"{AWS}instance-network-bandwidth"] = str(instance.network_mbps)
    labels[f"{AWS}instance-capability-flex"] = "true" if "-flex" in instance.family else "false"
    if instance.local_nvme_gb:
        labels[f"{AWS}instance-local-nvme"] = str(instance.local_nvme_gb)
    if instance.gpu is not None:
        gpu = load_catalog().gpus[instance.gpu]
        labels[f"{AWS}instance-gpu-name"] = gpu.karpenter_name
        labels[f"{AWS}instance-gpu-manufacturer"] = gpu.manufacturer.lower()
        labels[f"{AWS}instance-gpu-count"] = str(instance.gpu_count)
        labels[f"{AWS}instance-gpu-memory"] = str(instance.gpu_memory_mib)
    if instance.accelerator is not None:
        name, count = instance.accelerator
        labels[f"{AWS}instance-accelerator-name"] = name
        labels[f"{AWS}instance-accelerator-manufacturer"] = "qualcomm" if name.startswith("qualcomm") else "aws"
        labels[f"{AWS}instance-accelerator-count"] = str(count)
    return MappingProxyType(labels)
