"""Reads the catalog's data files. They ship inside the package and are edited by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from nimfleet.catalog.model import (
    Catalog,
    Chart,
    Example,
    Gpu,
    InstanceType,
    Model,
    Profile,
    Tag,
    Weights,
)

_DATA = Path(__file__).resolve().parent / "data"
_T = TypeVar("_T")


@cache
def load_catalog() -> Catalog:
    """The catalog, read once a process.

    Raises ``KeyError`` for a malformed record: the data belongs to the package, so that is a defect of ours.
    """
    instances = _read("instances")
    return Catalog(
        models=_index(_read("models")["models"], _model, "id"),
        instances=_index(instances["instances"], _instance, "name"),
        gpus=_index(_read("gpus")["gpus"], _gpu, "name"),
        charts=_index(_read("charts")["charts"], _chart, "name"),
        sources=MappingProxyType(_read("sources")["sources"]),
        prices_region=instances["prices"]["region"],
        prices_date=instances["prices"]["date"],
        instance_sources=tuple(instances["sources"]),
    )


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((_DATA / f"{name}.json").read_bytes())
    return data


def _index(records: list[dict[str, Any]], make: Callable[[dict[str, Any]], _T], key: str) -> Mapping[str, _T]:
    return MappingProxyType({record[key]: make(record) for record in records})


def _gpu(record: dict[str, Any]) -> Gpu:
    return Gpu(
        name=record["name"],
        product=record["product"],
        manufacturer=record["manufacturer"],
        karpenter_name=record["karpenter_name"],
        label_needs_memory=record.get("label_needs_memory", False),
        memory_mib=record["memory_mib"],
        architecture=record["architecture"],
        compute_capability=record.get("compute_capability"),
        precisions=tuple(record["precisions"]),
        nvlink=record.get("nvlink", False),
        gfd_product=record.get("gfd_product"),
        nim_profile_tag=record.get("nim_profile_tag"),
        families=tuple(record["families"]),
        notes=tuple(record.get("notes", ())),
        sources=tuple(record["sources"]),
    )


def _instance(record: dict[str, Any]) -> InstanceType:
    accelerator = record.get("accelerator")
    return InstanceType(
        name=record["name"],
        family=record["family"],
        arch=record["arch"],
        vcpu=record["vcpu"],
        memory_mib=record["memory_mib"],
        gpu=record.get("gpu"),
        gpu_count=record.get("gpu_count", 0),
        gpu_memory_mib=record.get("gpu_memory_mib", 0),
        accelerator=None if accelerator is None else (accelerator["name"], accelerator["count"]),
        local_nvme_gb=record.get("local_nvme_gb", 0),
        network_mbps=record["network_mbps"],
        efa=record.get("efa", 0),
        max_pods=record["max_pods"],
        allocatable_cpu_millis=record["allocatable_cpu_millis"],
        allocatable_memory_mib=record["allocatable_memory_mib"],
        price_usd_hour=record.get("price_usd_hour"),
    )


def _model(record: dict[str, Any]) -> Model:
    tags = tuple(_tag(tag) for tag in record.get("tags", ()))
    return Model(
        id=record["id"],
        image=record["image"],
        kind=record["kind"],
        params_billion=record.get("params_billion"),
        active_params_billion=record.get("active_params_billion"),
        tags=tags,
        default_tag=tags[0].tag if tags else None,
        profiles=tuple(_profile(profile) for profile in record.get("profiles", ())),
        engines=tuple(record.get("engines", ())),
        http_port=record.get("http_port", 8000),
        grpc_port=record.get("grpc_port"),
        extra_ports=MappingProxyType(record.get("extra_ports", {})),
        health_ready=record.get("health_ready", "/v1/health/ready"),
        health_live=record.get("health_live", "/v1/health/live"),
        weights=tuple(Weights(w.get("precision"), w["gib"], w["source"]) for w in record.get("weights", ())),
        disk_gb=record.get("disk_gb"),
        cache_gib=record.get("cache_gib"),
        min_gpu_memory_gb=record.get("min_gpu_memory_gb"),
        min_compute_capability=record.get("min_compute_capability"),
        host_memory_gib=record.get("host_memory_gib"),
        verified_gpus=tuple(record.get("verified_gpus", ())),
        unsupported_gpus=tuple(record.get("unsupported_gpus", ())),
        examples=tuple(Example(e["instance"], e["source"], e.get("tag")) for e in record.get("examples", ())),
        env=MappingProxyType(record.get("env", {})),
        max_tokens=record.get("max_tokens"),
        dimension=record.get("dimension"),
        superseded_by=record.get("superseded_by"),
        notes=tuple(record.get("notes", ())),
        sources=tuple(record["sources"]),
    )


def _tag(record: dict[str, Any]) -> Tag:
    return Tag(tag=record["tag"], line=record["line"], source=record["source"], note=record.get("note", ""))


def _profile(record: dict[str, Any]) -> Profile:
    return Profile(
        gpu=record["gpu"],
        precision=record.get("precision"),
        tensor_parallelism=record["tp"],
        engine=record.get("engine"),
        line=record["line"],
        qos=record.get("qos"),
        lora=record.get("lora", False),
        name=record.get("name"),
        disk_gb=record.get("disk_gb"),
        source=record["source"],
        pipeline_parallelism=record.get("pp", 1),
        min_gpu_memory_gb=record.get("min_gpu_memory_gb"),
        tag=record.get("tag"),
        note=record.get("note", ""),
    )


def _chart(record: dict[str, Any]) -> Chart:
    return Chart(
        name=record["name"],
        repository=record["repository"],
        type=record["type"],
        version=record["version"],
        app_version=record.get("app_version"),
        namespace=record["namespace"],
        crds=tuple(record.get("crds", ())),
        values=MappingProxyType(record.get("values", {})),
        values_schema=record.get("values_schema", False),
        notes=tuple(record.get("notes", ())),
        sources=tuple(record["sources"]),
    )
