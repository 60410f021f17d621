"""StorageClasses, and what kind of storage is behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, mapping, text
from nimfleet.repository.model import KubeObject

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


class Driver(Enum):
    """What stores the data."""

    EBS = "EBS"
    """A disk in one zone, which one node has."""
    EFS = "EFS"
    FSX = "FSx for Lustre"
    OTHER = ""


_DRIVERS = {
    "ebs.csi.aws.com": Driver.EBS,
    "ebs.csi.eks.amazonaws.com": Driver.EBS,
    "kubernetes.io/aws-ebs": Driver.EBS,
    "efs.csi.aws.com": Driver.EFS,
    "fsx.csi.aws.com": Driver.FSX,
}
_BY_NAME = {"gp2": Driver.EBS, "gp3": Driver.EBS}
"""Classes of EKS and its add-on, known by their names where they are not here."""


@dataclass(frozen=True, slots=True, eq=False)
class StorageClass:
    """A StorageClass. ``reclaim`` and ``binding`` are ``""`` where they are not written (then Delete and Immediate hold)."""

    object: KubeObject
    name: str
    provisioner: str
    driver: Driver
    reclaim: str
    binding: str
    parameters: Mapping[str, Any]
    default: bool


def classes(cluster: Cluster) -> Mapping[str, StorageClass]:
    """The StorageClasses of the cluster by name, in its order."""
    return cluster.once(_classes)


def _classes(cluster: Cluster) -> dict[str, StorageClass]:
    found: dict[str, StorageClass] = {}
    for item in cluster.kind("storage.k8s.io", "StorageClass"):
        value = item.value
        provisioner = text(get(value, "provisioner"))
        found.setdefault(
            item.id.name,
            StorageClass(
                object=item,
                name=item.id.name,
                provisioner=provisioner,
                driver=_DRIVERS.get(provisioner, Driver.OTHER),
                reclaim=text(get(value, "reclaimPolicy")),
                binding=text(get(value, "volumeBindingMode")),
                parameters=mapping(get(value, "parameters")),
                default=get(value, "metadata", "annotations", DEFAULT_CLASS) == "true",
            ),
        )
    return found


def static_classes(cluster: Cluster) -> frozenset[str]:
    """Classes that PersistentVolumes of the cluster name: claims of them get these volumes, and the class makes none."""
    return cluster.once(_static_classes)


def _static_classes(cluster: Cluster) -> frozenset[str]:
    volumes = cluster.kind("", "PersistentVolume")
    return frozenset(name for item in volumes if (name := text(get(item.value, "spec", "storageClassName"))))


def class_named(cluster: Cluster, name: str) -> StorageClass | None:
    """The class that makes the volume of a claim which names ``name``, or the only default one where it names none.

    None when it is not here, or only binds volumes that are.
    """
    known = classes(cluster)
    if name:
        return known.get(name) if name not in static_classes(cluster) else None
    defaults = [entry for entry in known.values() if entry.default]
    return defaults[0] if len(defaults) == 1 else None


def driver_of(cluster: Cluster, name: str) -> Driver:
    """What stores the data of a claim that names the class ``name`` (``""``: the default one)."""
    found = classes(cluster).get(name) if name else class_named(cluster, name)
    return found.driver if found is not None else _BY_NAME.get(name, Driver.OTHER)
