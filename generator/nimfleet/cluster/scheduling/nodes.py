"""What a node of an instance type offers pods under an EC2NodeClass, as Karpenter works it out.

Sources: karpenter-provider-aws 1.14.1 pkg/providers/instancetype/types.go (computeCapacity, kubeReservedResources,
evictionThreshold, ephemeralStorage, pods), pkg/providers/amifamily (feature flags, block devices),
pkg/apis/v1/ec2nodeclass.go (AMIFamily).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from nimfleet.catalog import allocatable as formula
from nimfleet.catalog.model import InstanceType
from nimfleet.cluster.scheduling.quantities import CPU, EPHEMERAL, GIB, MEMORY, MIB, NVIDIA_GPU, PODS, amount
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, integer, items, mapping, sequence, text

AMD_GPU = "amd.com/gpu"
NEURON = "aws.amazon.com/neuron"
NEURON_CORE = "aws.amazon.com/neuroncore"
EFA = "vpc.amazonaws.com/efa"
KNOWN_RESOURCES = frozenset(
    {
        CPU,
        MEMORY,
        EPHEMERAL,
        PODS,
        NVIDIA_GPU,
        AMD_GPU,
        NEURON,
        NEURON_CORE,
        EFA,
        "habana.ai/gaudi",
        "vpc.amazonaws.com/pod-eni",
        "vpc.amazonaws.com/PrivateIPv4Address",
    }
)
"""Resources that Karpenter gives an instance type before its node exists."""
UNMEASURED = frozenset({"vpc.amazonaws.com/pod-eni", "vpc.amazonaws.com/PrivateIPv4Address"})
"""Of those, the ones of which the catalog says nothing."""
ACCELERATORS = (NVIDIA_GPU, AMD_GPU, NEURON, NEURON_CORE)

_CORES = {"inferentia": 4, "inferentia2": 2, "trainium": 2, "trainium2": 8}
"""Neuron cores of one device (AWS Neuron documentation, NeuronCore generations)."""
_DEFAULT_VOLUME = 20 * GIB
_ROOT_DEVICE = {"Bottlerocket": "/dev/xvdb", "Windows": "/dev/sda1"}
_DEFAULT_ROOT_DEVICE = "/dev/xvda"
_WINDOWS_VOLUME = 50 * GIB
_PODS_WITHOUT_ENI = 110


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """What an EC2NodeClass and Karpenter's own settings change about nodes; amounts as in ``quantities``.

    ``family`` is AL2, AL2023, Bottlerocket, Windows or Custom, ``""`` where it is not known. ``volume`` is the
    root volume in bytes, None where it is not known. ``raid`` says that local disks are used for ephemeral storage.
    ``*_reserved`` replace or add to what is kept back; ``evict_*`` are the thresholds as they are written, ``""`` for
    the default.
    """

    family: str = "AL2023"
    volume: int | None = _DEFAULT_VOLUME
    volume_pointer: Pointer = ("spec",)
    raid: bool = False
    max_pods: int | None = None
    pods_per_core: int = 0
    kube_reserved: tuple[tuple[str, int], ...] = ()
    system_reserved: tuple[tuple[str, int], ...] = ()
    evict_memory: str = ""
    evict_storage: str = ""
    overhead: float = formula.VM_MEMORY_OVERHEAD
    reservations: bool = True
    """Whether it selects capacity reservations, or may."""


def node_settings(node_class: Any, overhead: float) -> NodeSettings:
    """The settings of an EC2NodeClass (its whole value); ``overhead`` is ``settings.vmMemoryOverheadPercent``."""
    spec = get(node_class, "spec")
    family = ami_family(spec)
    kubelet = get(spec, "kubelet")
    volume, pointer = _root_volume(spec, family)
    max_pods = get(kubelet, "maxPods")
    return NodeSettings(
        family=family,
        volume=volume,
        volume_pointer=pointer,
        raid=get(spec, "instanceStorePolicy") == "RAID0",
        max_pods=integer(max_pods) if max_pods is not None else None,
        pods_per_core=max(0, integer(get(kubelet, "podsPerCore"))) if family != "Bottlerocket" else 0,
        kube_reserved=_reserved(get(kubelet, "kubeReserved")),
        system_reserved=_reserved(get(kubelet, "systemReserved")),
        evict_memory=text(get(kubelet, "evictionHard", "memory.available")),
        evict_storage=text(get(kubelet, "evictionHard", "nodefs.available")),
        overhead=overhead,
        reservations=bool(sequence(get(spec, "capacityReservationSelectorTerms"))),
    )


def ami_family(spec: Any) -> str:
    """The family of an EC2NodeClass's AMIs: what an alias names, else ``amiFamily``, else Custom."""
    named = text(get(spec, "amiFamily"))
    for term in sequence(get(spec, "amiSelectorTerms")):
        alias = text(get(term, "alias")).partition("@")[0]
        if alias:
            named = {"al2": "AL2", "al2023": "AL2023", "bottlerocket": "Bottlerocket"}.get(alias.lower(), alias)
            break
    if named.lower().startswith("windows"):
        return "Windows"
    return named if named in ("AL2", "AL2023", "Bottlerocket") else "Custom"


def _root_volume(spec: Any, family: str) -> tuple[int | None, Pointer]:
    """Size in bytes of the volume that holds images and logs, and where it is written."""
    default = _WINDOWS_VOLUME if family == "Windows" else _DEFAULT_VOLUME
    found = list(items(spec, "blockDeviceMappings"))
    device = _ROOT_DEVICE.get(family, _DEFAULT_ROOT_DEVICE)
    chosen = [entry for entry in found if entry[1].get("rootVolume") is True and get(entry[1], "ebs", "volumeSize")]
    if not chosen and found:
        named = [entry for entry in found if entry[1].get("deviceName") == device]
        chosen = found[-1:] if family == "Custom" else named[:1]
    for path, mapping_ in chosen:
        size = get(mapping_, "ebs", "volumeSize")
        pointer = ("spec", *path)
        if size is None:
            # Karpenter does not look at snapshots or AMIs.
            return default, pointer
        return amount(EPHEMERAL, size), (*pointer, "ebs", "volumeSize")
    return default, ("spec", "blockDeviceMappings") if found else ("spec",)


def data_device(spec: Any) -> tuple[str, int | None, Pointer]:
    """The device on which nodes of an EC2NodeClass keep images and logs, the size in bytes that it really has (None where that
    is not known), and where ``blockDeviceMappings`` are. Karpenter believes ``rootVolume: true`` of any device instead."""
    family = ami_family(spec)
    device = _ROOT_DEVICE.get(family, _DEFAULT_ROOT_DEVICE)
    place: Pointer = ("spec", "blockDeviceMappings")
    if family == "Custom":
        return device, None, place
    found = next((entry for _, entry in items(spec, "blockDeviceMappings") if entry.get("deviceName") == device), None)
    size = get(found, "ebs", "volumeSize")
    default = _WINDOWS_VOLUME if family == "Windows" else _DEFAULT_VOLUME
    return device, default if size is None else amount(EPHEMERAL, size), place


def _reserved(value: Any) -> tuple[tuple[str, int], ...]:
    return tuple(
        sorted(
            (name, number)
            for name, given in mapping(value).items()
            if isinstance(name, str) and (number := amount(name, given)) is not None
        )
    )


def capacity(instance: InstanceType, settings: NodeSettings) -> dict[str, int]:
    """What the node has, which is what counts against a NodePool's limits. Ephemeral storage is missing where it
    is not known."""
    size = instance.memory_mib - (formula.ARM64_RESERVED_MIB if instance.arch == "arm64" else 0)
    found = {
        CPU: instance.vcpu * 1000,
        MEMORY: (size - ceil(size * settings.overhead)) * MIB,
        PODS: _pods(instance, settings),
    }
    storage = instance.local_nvme_gb * 10**9 if settings.raid and instance.local_nvme_gb else settings.volume
    if storage is not None:
        found[EPHEMERAL] = storage
    if instance.gpu is not None:
        found[AMD_GPU if instance.gpu.startswith("radeon") else NVIDIA_GPU] = instance.gpu_count
    if instance.accelerator is not None:
        name, count = instance.accelerator
        if name in _CORES:
            found[NEURON] = count
            found[NEURON_CORE] = count * _CORES[name]
    if instance.efa:
        found[EFA] = instance.efa
    return found


def allocatable(instance: InstanceType, settings: NodeSettings) -> dict[str, int]:
    """What pods, daemons included, can take of the node."""
    found = capacity(instance, settings)
    eni = settings.family in ("", "AL2", "AL2023", "Custom")
    pods = instance.max_pods if eni else found[PODS]
    kube = {
        CPU: instance.vcpu * 1000 - formula.cpu_millis(instance.vcpu),
        MEMORY: (formula.KUBE_RESERVED_POD_MIB * pods + formula.KUBE_RESERVED_BASE_MIB) * MIB,
        EPHEMERAL: formula.KUBE_RESERVED_STORAGE_GIB * GIB,
        **dict(settings.kube_reserved),
    }
    system = dict(settings.system_reserved)
    evicted = {
        MEMORY: _threshold(settings.evict_memory, MEMORY, found[MEMORY], formula.EVICTION_MEMORY_MIB * MIB),
        EPHEMERAL: _evicted_storage(settings, found.get(EPHEMERAL, 0)),
    }
    for reserved in (kube, system, evicted):
        for name, value in reserved.items():
            if name in found:
                found[name] = max(0, found[name] - value)
    return found


def _threshold(given: str, resource: str, whole: int, default: int) -> int:
    if not given:
        return default
    if given.endswith("%"):
        try:
            percent = float(given.rstrip("%"))
        except ValueError:
            return default
        return 0 if percent == 100 else ceil(whole / 100 * percent)
    number = amount(resource, given)
    return default if number is None else number


def _evicted_storage(settings: NodeSettings, whole: int) -> int:
    default = ceil(whole / 100 * formula.EVICTION_STORAGE_PERCENT)
    return _threshold(settings.evict_storage, EPHEMERAL, whole, default)


def _pods(instance: InstanceType, settings: NodeSettings) -> int:
    if settings.max_pods is not None:
        count = settings.max_pods
    else:
        count = _PODS_WITHOUT_ENI if settings.family == "Windows" else instance.max_pods
    return min(count, settings.pods_per_core * instance.vcpu) if settings.pods_per_core else count


def volume_for(need: int, settings: NodeSettings) -> int:
    """The smallest root volume in whole GiB whose allocatable part is ``need`` bytes."""
    size = max(1, need // GIB)
    while True:
        left = size * GIB
        kube = dict(settings.kube_reserved).get(EPHEMERAL, formula.KUBE_RESERVED_STORAGE_GIB * GIB)
        left -= kube + dict(settings.system_reserved).get(EPHEMERAL, 0)
        left -= _evicted_storage(settings, size * GIB)
        if left >= need:
            return size
        size += max(1, (need - left) // GIB)
        if size > 65536:
            return size
