"""`nimfleet instances`: the EC2 instance types that the catalog knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nimfleet.cli.tables import Format, dollars, print_json, print_table, sources_of

if TYPE_CHECKING:
    from nimfleet.catalog.model import Catalog, InstanceType


def command(
    gpu: Annotated[str | None, typer.Option("--gpu", help="Only types with this GPU: a10g, l4, h100, ...")] = None,
    format_: Annotated[Format, typer.Option("--format", help="A table, or JSON with sources.")] = Format.TEXT,
) -> None:
    """List EC2 instance types with GPUs and prices."""
    from nimfleet.catalog.load import load_catalog
    from nimfleet.catalog.lookup import unknown

    catalog = load_catalog()
    if gpu is not None and gpu not in catalog.gpus:
        raise unknown("GPU", gpu, catalog.gpus)
    instances = [instance for instance in catalog.instances.values() if gpu in (None, instance.gpu)]
    if format_ is Format.JSON:
        print_json(_document(catalog, instances))
        return
    rows = [
        (
            instance.name,
            _devices(instance),
            str(instance.vcpu),
            f"{instance.allocatable_memory_mib / 1024:.0f}",
            str(instance.local_nvme_gb or ""),
            f"{instance.network_mbps / 1000:g}",
            str(instance.max_pods),
            dollars(instance.price_usd_hour),
        )
        for instance in instances
    ]
    numbers = ("VCPU", "MEMORY GIB", "NVME GB", "GBIT/S", "PODS", "$/HOUR")
    print_table(("TYPE", "DEVICES", *numbers), rows, right=numbers)
    typer.echo()
    priced = f"Prices: on demand, Linux, {catalog.prices_region}, of {catalog.prices_date}."
    typer.echo(f"{len(instances)} types. {priced}")
    typer.echo("Memory is what Karpenter lets pods use on AL2023, before daemon sets.")
    if any(instance.gpu and instance.gpu_count == 0 for instance in instances):
        typer.echo("Types with a slice of a GPU count 0: a pod that asks for a GPU never lands on them.")


def _devices(instance: InstanceType) -> str:
    if instance.gpu is not None:
        return f"{instance.gpu_count} x {instance.gpu}, {instance.gpu_memory_mib / 1024:.1f} GiB"
    if instance.accelerator is not None:
        name, count = instance.accelerator
        return f"{count} x {name}"
    return ""


def _document(catalog: Catalog, instances: list[InstanceType]) -> dict[str, Any]:
    gpus = [catalog.gpus[name] for name in sorted({i.gpu for i in instances if i.gpu is not None})]
    ids = {*catalog.instance_sources, *(source for gpu in gpus for source in gpu.sources)}
    return {
        "version": 1,
        "prices": {"region": catalog.prices_region, "date": catalog.prices_date, "currency": "USD"},
        "gpus": [
            {
                "name": gpu.name,
                "product": gpu.product,
                "karpenterName": gpu.karpenter_name,
                "memoryMib": gpu.memory_mib,
                "architecture": gpu.architecture,
                "computeCapability": gpu.compute_capability,
                "precisions": list(gpu.precisions),
                "nvlink": gpu.nvlink,
                "gfdProduct": gpu.gfd_product,
                "notes": list(gpu.notes),
                "sources": list(gpu.sources),
            }
            for gpu in gpus
        ],
        "instances": [instance_document(instance) for instance in instances],
        "instanceSources": list(catalog.instance_sources),
        "sources": sources_of(ids, catalog.sources),
    }


def instance_document(instance: InstanceType) -> dict[str, Any]:
    """An instance type as JSON; ``priceUsdHour`` is null when the price is unknown."""
    accelerator = instance.accelerator
    return {
        "name": instance.name,
        "family": instance.family,
        "arch": instance.arch,
        "vcpu": instance.vcpu,
        "memoryMib": instance.memory_mib,
        "gpu": instance.gpu,
        "gpuCount": instance.gpu_count,
        "gpuMemoryMib": instance.gpu_memory_mib,
        "accelerator": None if accelerator is None else {"name": accelerator[0], "count": accelerator[1]},
        "localNvmeGb": instance.local_nvme_gb,
        "networkMbps": instance.network_mbps,
        "efa": instance.efa,
        "maxPods": instance.max_pods,
        "allocatableCpuMillis": instance.allocatable_cpu_millis,
        "allocatableMemoryMib": instance.allocatable_memory_mib,
        "priceUsdHour": instance.price_usd_hour,
    }
