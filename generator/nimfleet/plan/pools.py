"""Pools of the intent with their presets' families, instance types and defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from nimfleet.catalog.model import Catalog, InstanceType, by_price
from nimfleet.catalog.pools import PRESETS, PoolPreset
from nimfleet.intent.models import Environment, Pool
from nimfleet.plan.types import PoolPlan

DEFAULT_CPUS = 64
_ROOT_VOLUME = {True: "200Gi", False: "50Gi"}
_EXPIRE_AFTER = {True: "Never", False: "720h"}


def preset_of(environment: Environment, name: str) -> PoolPreset:
    """The preset of a pool; intent checks have made sure that there is one."""
    pool = environment.pools[name]
    return PRESETS[(pool.preset if pool else None) or name]


def plan_pool(environment: Environment, name: str, catalog: Catalog) -> PoolPlan:
    """A pool without its limits, which depend on the models (see :func:`with_limits`)."""
    settings = environment.pools[name] or Pool()
    preset = preset_of(environment, name)
    instances = _of_preset(preset, catalog)
    if settings.instance_types is not None:
        instances = tuple(instance for instance in instances if instance.name in settings.instance_types)
    accelerated = preset.resource is not None
    return PoolPlan(
        name=name,
        preset=preset,
        instance_types=instances,
        pinned=settings.instance_types is not None,
        capacity_types=tuple(dict.fromkeys(settings.capacity_types)),
        zones=tuple(settings.zones or environment.cluster.zones),
        limits=MappingProxyType({}),
        root_volume=settings.root_volume or _ROOT_VOLUME[accelerated],
        expire_after=settings.expire_after or _EXPIRE_AFTER[accelerated],
    )


def limits(environment: Environment, pool: PoolPlan, gpus_needed: int) -> Mapping[str, str]:
    """Limits of a NodePool: what the user says, else ``gpus_needed`` (one node of devices where no model uses the pool)."""
    settings = environment.pools[pool.name] or Pool()
    if pool.preset.resource is None:
        return {"cpu": str(settings.limits.cpus or DEFAULT_CPUS)}
    smallest = min(devices(instance) for instance in pool.instance_types)
    return {pool.preset.resource: str(settings.limits.gpus or gpus_needed or smallest)}


def devices(instance: InstanceType) -> int:
    """GPUs or Neuron devices of an instance type."""
    return instance.accelerator[1] if instance.accelerator is not None else instance.gpu_count


def _of_preset(preset: PoolPreset, catalog: Catalog) -> tuple[InstanceType, ...]:
    return tuple(
        sorted(
            (i for i in catalog.instances.values() if i.family in preset.families and i.arch == "amd64"),
            key=by_price,
        )
    )
