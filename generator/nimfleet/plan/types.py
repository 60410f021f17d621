"""The plan: intent resolved against the catalog. Rendering reads only this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nimfleet.catalog.model import Chart, InstanceType, Model
from nimfleet.catalog.pools import PoolPreset
from nimfleet.intent.models import Environment

EFS_STORAGE_CLASS = "efs-nim"
FSX_STORAGE_CLASS = "fsx-nim"


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """A NodePool.

    ``instance_types`` are all types that it may launch, cheapest first; ``pinned`` says that the user named them. ``limits``
    maps resource names to quantities.
    """

    name: str
    preset: PoolPreset
    instance_types: tuple[InstanceType, ...]
    pinned: bool
    capacity_types: tuple[str, ...]
    zones: tuple[str, ...]
    limits: Mapping[str, str]
    root_volume: str
    expire_after: str


@dataclass(frozen=True, slots=True)
class Startup:
    """Time that a model needs before it serves, in seconds, from an empty cluster.

    ``node``: Karpenter launches a node and its device plugin registers; ``volume``: the cache's storage is made;
    ``image``: the image is pulled and unpacked; ``download``: the cache is filled from NGC; ``load``: weights are read
    from the cache and the engine starts. ``probe`` is what the startup probe grants to ``load``.
    """

    node: int
    volume: int
    image: int
    download: int
    load: int
    probe_delay: int
    probe_period: int
    probe_failures: int

    @property
    def probe(self) -> int:
        return self.probe_delay + self.probe_period * self.probe_failures

    @property
    def total(self) -> int:
        """Seconds from applying NIMCache and NIMService to a ready service, at worst."""
        return self.volume + self.node + self.image + self.download + self.node + self.image + self.probe


@dataclass(frozen=True, slots=True)
class Scaling:
    """A HorizontalPodAutoscaler: ``target`` is the average value of ``metric`` a pod, as a quantity."""

    min_replicas: int
    max_replicas: int
    metric: str
    target: str


@dataclass(frozen=True, slots=True)
class CachePlan:
    """A NIMCache: ``size`` is a quantity, ``gpu_product`` the tag of GPU-specific profiles (None for generic ones)."""

    size: str
    storage_class: str
    engine: str | None
    precision: str | None
    tensor_parallelism: int | None
    qos: str | None
    gpu_product: str | None
    buildable: bool
    profiles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """A model on a pool.

    ``instance_types`` are those of the pool that can run a replica and have as many GPUs as the cheapest of them,
    cheapest first. ``gpus`` is for one replica; ``replicas`` is the number at the start (the minimum, when scaled).
    ``notes`` say what a user should know before relying on the model.
    """

    name: str
    model: Model
    image: str
    tag: str
    pool: PoolPlan
    instance_types: tuple[InstanceType, ...]
    gpus: int
    gpu: str
    profile: str
    cache: CachePlan
    cpu: str
    memory: str
    replicas: int
    scaling: Scaling | None
    port: int
    grpc_port: int | None
    metrics_port: int | None
    startup: Startup
    shared_memory: str | None
    env: Mapping[str, str]
    exposed: bool
    notes: tuple[str, ...]

    @property
    def max_replicas(self) -> int:
        return self.scaling.max_replicas if self.scaling else self.replicas


@dataclass(frozen=True, slots=True)
class PipelinePlan:
    """A NIMPipeline. ``urls`` has, for each service, the variables that hold the URL of another service."""

    name: str
    services: tuple[ModelPlan, ...]
    urls: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class ChartPlan:
    """A chart and the version that this environment pins."""

    chart: Chart
    version: str


@dataclass(frozen=True, slots=True)
class Nodes:
    """So many nodes of one instance type in one pool; ``usd_hour`` is for all of them, None when a price is unknown."""

    pool: str
    instance_type: str
    count: int
    usd_hour: float | None


@dataclass(frozen=True, slots=True)
class Cost:
    """Nodes for the models at their minimum and at their maximum, on demand. Nothing else is counted: no storage, no traffic."""

    floor: tuple[Nodes, ...]
    ceiling: tuple[Nodes, ...]
    region: str
    date: str

    @staticmethod
    def total(nodes: tuple[Nodes, ...]) -> float | None:
        """USD an hour, None when a price is unknown."""
        prices = [node.usd_hour for node in nodes]
        return None if None in prices else sum(price for price in prices if price is not None)


@dataclass(frozen=True, slots=True)
class EnvironmentPlan:
    """Everything that rendering needs; ``standalone`` are the models outside of pipelines."""

    intent: Environment
    pools: tuple[PoolPlan, ...]
    models: tuple[ModelPlan, ...]
    standalone: tuple[ModelPlan, ...]
    pipelines: tuple[PipelinePlan, ...]
    charts: Mapping[str, ChartPlan]
    ami_alias: str
    cost: Cost
