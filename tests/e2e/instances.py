"""nimfleet's catalog of instance types, as tools/e2e/karpenter reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nimfleet.catalog.load import load_catalog
from nimfleet.catalog.model import InstanceType
from nimfleet.cluster.scheduling.nodes import NEURON, NEURON_CORE, NodeSettings, capacity

_UNKNOWN_PRICE = 1e6
"""Dearer than any: types without a price come last."""
Object = dict[str, Any]


def table(zones: Iterable[str], region: str) -> Object:
    """The catalog's instance types, as the program reads them."""
    rows = [_row(instance) for instance in load_catalog().instances.values()]
    return {"region": region, "zones": sorted(zones), "instances": rows}


def _row(instance: InstanceType) -> Object:
    row: Object = {
        "name": instance.name,
        "architecture": instance.arch,
        "vcpu": instance.vcpu,
        "memoryMiB": instance.memory_mib,
        "localNVMeGB": instance.local_nvme_gb,
        "efa": instance.efa,
        "maxPods": instance.max_pods,
        "price": _UNKNOWN_PRICE if instance.price_usd_hour is None else instance.price_usd_hour,
    }
    if instance.gpu is not None:
        gpu = load_catalog().gpus[instance.gpu]
        row["gpu"] = {
            "name": gpu.karpenter_name,
            "manufacturer": gpu.manufacturer.upper(),
            "count": instance.gpu_count,
            "memoryMiB": instance.gpu_memory_mib,
        }
    if instance.accelerator is not None:
        name, count = instance.accelerator
        has = capacity(instance, NodeSettings())
        if NEURON in has:
            row["neuron"] = {"name": name, "count": count, "cores": has[NEURON_CORE] // count}
        else:
            maker, _, _ = name.partition("-")
            row["accelerator"] = {"name": name, "manufacturer": maker, "count": count}
    return row
