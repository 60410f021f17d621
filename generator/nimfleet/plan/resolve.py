"""Intent resolved against the catalog: which profile, GPUs, instance types, storage, probes and cost each model gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from graphlib import TopologicalSorter
from types import MappingProxyType

from nimfleet.catalog.load import load_catalog
from nimfleet.catalog.model import GENERIC, Catalog, Model, Profile
from nimfleet.errors import IntentError, Problem, UsageError
from nimfleet.intent.load import LoadedEnvironment
from nimfleet.intent.models import Environment, ModelSettings
from nimfleet.intent.models import Model as ModelIntent
from nimfleet.manifest.pointer import Pointer
from nimfleet.plan import pools as pool_plans
from nimfleet.plan.cost import cost, gpus_of_nodes
from nimfleet.plan.fit import FitResult, Option, fit
from nimfleet.plan.memory import GENERATES_TEXT, weights_gib
from nimfleet.plan.startup import startup
from nimfleet.plan.types import (
    EFS_STORAGE_CLASS,
    FSX_STORAGE_CLASS,
    CachePlan,
    ChartPlan,
    EnvironmentPlan,
    ModelPlan,
    PipelinePlan,
    PoolPlan,
    Scaling,
)
from nimfleet.suggest import did_you_mean, listing

AMI_FAMILY = "al2023"
AMI_VERSION = "v20260903"
"""EKS-optimized AL2023 release; a dated one, so that a new AMI arrives as a commit. Seen in public Karpenter configurations."""
FSX_LEAST_GIB = 1200
"""The smallest FSx for Lustre file system."""
MANIFEST_ENGINES = frozenset({"tensorrt_llm", "vllm", "sglang", "tensorrt"})
"""Engines that NIM model manifests name (k8s-nim-operator, internal/nimparser)."""
_KUBERNETES = ("1.25", "1.37")
_UNITS = {"Mi": 1 / 1024, "Gi": 1.0, "Ti": 1024.0}


class _UnplannableError(Exception):
    """A model that cannot be planned; ``args`` are the pointer and the message."""

    def __init__(self, pointer: Pointer, message: str) -> None:
        super().__init__(message)
        self.pointer = pointer
        self.message = message


@dataclass(frozen=True, slots=True)
class _Settings:
    """A model's settings over the environment's defaults; ``where`` finds the one that decided."""

    environment: Environment
    name: str
    own: ModelIntent
    defaults: ModelSettings

    def get(self, key: str) -> object:
        value = getattr(self.own, key)
        return value if value is not None else getattr(self.defaults, key)

    def where(self, key: str, alias: str | None = None) -> Pointer:
        if getattr(self.own, key) is None and getattr(self.defaults, key) is not None:
            return ("defaults", alias or key)
        return ("models", self.name, alias or key)


def resolve(loaded: LoadedEnvironment, catalog: Catalog) -> EnvironmentPlan:
    """The plan of an environment.

    Raises:
        IntentError: something cannot be planned; carries all problems, in file order.
    """
    environment = loaded.environment
    problems = [loaded.problem(pointer, message) for pointer, message in _complaints(environment, catalog)]
    if problems:
        raise IntentError(_in_order(problems))
    pools = {name: pool_plans.plan_pool(environment, name, catalog) for name in environment.pools}
    models: dict[str, ModelPlan] = {}
    in_pipelines = {service for pipeline in environment.pipelines.values() for service in pipeline.services}
    for name, intent in environment.models.items():
        settings = _Settings(environment, name, intent, environment.defaults)
        try:
            models[name] = _model(settings, pools, name in in_pipelines)
        except _UnplannableError as error:
            problems.append(loaded.problem(error.pointer, error.message))
    for name, pool in pools.items():
        users = [model for model in models.values() if model.pool.name == name]
        needed = gpus_of_nodes(users)
        pools[name] = replace(pool, limits=MappingProxyType(dict(pool_plans.limits(environment, pool, needed))))
        problems.extend(loaded.problem(*complaint) for complaint in _limit_complaints(environment, pools[name], users))
    if problems:
        raise IntentError(_in_order(problems))
    ordered = tuple(models[name] for name in sorted(models))
    return EnvironmentPlan(
        intent=environment,
        pools=tuple(pools[name] for name in sorted(pools)),
        models=ordered,
        standalone=tuple(model for model in ordered if model.name not in in_pipelines),
        pipelines=tuple(_pipeline(environment, name, models) for name in sorted(environment.pipelines)),
        charts=MappingProxyType(
            {
                name: ChartPlan(chart, environment.charts.get(name, chart.version))
                for name, chart in catalog.charts.items()
            }
        ),
        ami_alias=f"{AMI_FAMILY}@{environment.cluster.ami_version or AMI_VERSION}",
        cost=cost(ordered, catalog),
    )


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda p: (p.line, p.column, p.message)))


def _complaints(environment: Environment, catalog: Catalog) -> Iterator[tuple[Pointer, str]]:
    yield from pool_plans.complaints(environment, catalog)
    version = tuple(map(int, environment.cluster.kubernetes_version.split(".")))
    if not tuple(map(int, _KUBERNETES[0].split("."))) <= version <= tuple(map(int, _KUBERNETES[1].split("."))):
        yield (
            ("cluster", "kubernetesVersion"),
            f"Kubernetes {environment.cluster.kubernetes_version} is not known here; schemas reach from {_KUBERNETES[0]} to "
            f"{_KUBERNETES[1]}",
        )
    for chart in environment.charts:
        if chart not in catalog.charts:
            yield (
                ("charts", chart),
                f"chart '{chart}' is not in the catalog.{did_you_mean(chart, catalog.charts)} Charts: {listing(catalog.charts)}.",
            )
    for name, model in environment.models.items():
        if model.model not in catalog.models:
            yield (
                ("models", name, "model"),
                f"model '{model.model}' is not in the catalog.{did_you_mean(model.model, catalog.models)} "
                "`nimfleet models` lists all.",
            )


def _model(settings: _Settings, pools: Mapping[str, PoolPlan], in_pipeline: bool) -> ModelPlan:
    own, defaults = settings.own, settings.defaults
    catalog = load_catalog()
    model = catalog.models[own.model]
    pool = _pool(settings, pools)
    tag = own.tag or defaults.tag or model.default_tag
    if tag is None:
        raise _UnplannableError(
            ("models", settings.name),
            f"the catalog knows no image tag of {model.id}; add `tag:` (see the model's page in the NGC catalog)",
        )
    result = _fit(settings, model, tag, pool)
    option = result.options[0]
    profile = option.profile
    scaling = _scaling(settings)
    weights = weights_gib(model, profile.precision)
    minutes = own.startup_minutes or defaults.startup_minutes
    storage_class, size = _cache(settings, option)
    shared = own.shared_memory or defaults.shared_memory
    if shared is None and option.shared_memory_gib is not None:
        shared = f"{option.shared_memory_gib}Gi"
    exposed = settings.get("expose")
    return ModelPlan(
        name=settings.name,
        model=model,
        image=model.image,
        tag=tag,
        pool=pool,
        instance_types=option.instances,
        gpus=option.gpus,
        gpu=option.gpu.name,
        profile=profile.label,
        cache=_cache_plan(settings, option, model, storage_class, size),
        cpu=own.resources.cpu or defaults.resources.cpu or _cpu(option.cpu_millis),
        memory=own.resources.memory or defaults.resources.memory or f"{option.host_memory_gib}Gi",
        replicas=scaling.min_replicas if scaling else (own.replicas or defaults.replicas or 1),
        scaling=scaling,
        port=own.service.port or defaults.service.port or model.http_port,
        grpc_port=model.grpc_port,
        metrics_port=model.extra_ports.get("metrics"),
        startup=startup(weights if weights is not None else option.cache_gib / 2, option.gpus, minutes),
        shared_memory=shared,
        env=MappingProxyType({**model.env, **defaults.env, **own.env}),
        exposed=exposed if isinstance(exposed, bool) else not in_pipeline,
    )


def _pool(settings: _Settings, pools: Mapping[str, PoolPlan]) -> PoolPlan:
    name = settings.own.pool or settings.defaults.pool or next(iter(pools))
    pool = pools[name]
    if pool.preset.device != "nvidia":
        others = [other.name for other in pools.values() if other.preset.device == "nvidia"]
        raise _UnplannableError(
            settings.where("pool"),
            f"pool '{name}' has {pool.preset.description}, and NIM images run on NVIDIA GPUs only; "
            + (
                f"pools with NVIDIA GPUs here: {listing(others)}"
                if others
                else "add a pool with preset g5, g6, g6e or p5"
            ),
        )
    return pool


@lru_cache(maxsize=4096)
def _cached_fit(
    model: str,
    tag: str,
    gpu: str | None,
    engine: str | None,
    precision: str | None,
    tensor_parallelism: int | None,
    qos: str | None,
    instance_types: tuple[str, ...] | None,
) -> FitResult:
    """A fleet asks the same question for every environment."""
    catalog = load_catalog()
    return fit(
        catalog,
        catalog.models[model],
        tag=tag,
        gpu=gpu,
        engine=engine,
        precision=precision,
        tensor_parallelism=tensor_parallelism,
        qos=qos,
        instance_types=instance_types,
    )


def _fit(settings: _Settings, model: Model, tag: str, pool: PoolPlan) -> FitResult:
    own, defaults = settings.own, settings.defaults
    engine = own.engine or defaults.engine
    precision = own.precision or defaults.precision
    parallel = own.tensor_parallelism or defaults.tensor_parallelism
    qos = own.qos_profile or defaults.qos_profile
    names = tuple(instance.name for instance in pool.instance_types)
    gpu = pool.instance_types[0].gpu
    try:
        result = _cached_fit(model.id, tag, gpu, engine, precision, parallel, qos, names)
        if result.options:
            return result
        anywhere = _cached_fit(model.id, tag, None, engine, precision, parallel, qos, None)
    except UsageError as error:
        raise _UnplannableError(settings.where("tag"), str(error)) from None
    reasons = [
        rejection.reason for rejection in result.rejections if rejection.kind == "gpu" and rejection.subject == gpu
    ]
    wanted = " ".join(
        word for word in (engine or "", precision or "", f"tp{parallel}" if parallel else "", qos or "") if word
    )
    raise _UnplannableError(
        settings.where("pool"),
        f"{model.id}:{tag}{f' as {wanted}' if wanted else ''} does not run on pool '{pool.name}' "
        f"({listing(_short(names))}): {'; '.join(reasons)}. {_elsewhere(anywhere, gpu)}",
    )


def _short(names: tuple[str, ...]) -> tuple[str, ...]:
    """Instance types by name where they are few, else by family."""
    return names if len(names) <= 3 else tuple(sorted({f"{name.split('.')[0]}.*" for name in names}))


def _elsewhere(result: FitResult, gpu: str | None) -> str:
    seen: dict[str, str] = {}
    for option in result.options:
        if option.gpu.name != gpu:
            seen.setdefault(option.gpu.name, f"{option.instance.family} ({option.gpu.name}, {option.profile.label})")
    if not seen:
        return f"Nothing in the catalog runs it so: `nimfleet plan {result.model.id}` says why."
    return f"It would run on {', or on '.join(list(seen.values())[:3])}. `nimfleet plan {result.model.id}` has the details."


def _cache_plan(settings: _Settings, option: Option, model: Model, storage_class: str, size: str) -> CachePlan:
    own, defaults, profile = settings.own, settings.defaults, option.profile
    text = model.kind in GENERATES_TEXT
    engine = own.engine or defaults.engine or (profile.engine if profile.engine in MANIFEST_ENGINES else None)
    # Manifests of embedding, reranking, OCR and speech NIMs have no tensor parallelism tag: the filter would match nothing.
    precision = own.precision or defaults.precision or (profile.precision if text else None)
    return CachePlan(
        size=size,
        storage_class=storage_class,
        engine=engine,
        precision=precision,
        tensor_parallelism=option.gpus if text else None,
        qos=own.qos_profile or defaults.qos_profile,
        gpu_product=_product(option, profile),
        profiles=(own.profile,) if own.profile else (),
    )


def _product(option: Option, profile: Profile) -> str | None:
    """The GPU filter of a GPU-specific profile; with generic ones the operator would find nothing."""
    if profile.gpu == GENERIC:
        return None
    return option.gpu.nim_profile_tag or option.gpu.name


def _cache(settings: _Settings, option: Option) -> tuple[str, str]:
    """Storage class and size of the cache."""
    environment, own, defaults = settings.environment, settings.own.cache, settings.defaults.cache
    kind = own.storage or defaults.storage or ("efs" if environment.storage.efs is not None else "fsx")
    given = own.size or defaults.size
    at: Pointer = (("models", settings.name) if own.size else ("defaults",)) + ("cache", "size")
    gib = option.cache_gib
    if kind == "fsx":
        gib = max(gib, FSX_LEAST_GIB)
    if given is not None:
        amount = float(given[:-2]) * _UNITS[given[-2:]]
        least = option.weights_gib
        if least is not None and amount < least:
            raise _UnplannableError(
                at,
                f"a cache of {given} is smaller than the weights of {option.profile.label}: {least:.1f} GiB; "
                f"{option.cache_gib}Gi would do",
            )
        if kind == "fsx" and amount < FSX_LEAST_GIB:
            raise _UnplannableError(
                at, f"a cache of {given} is smaller than FSx for Lustre's smallest file system, {FSX_LEAST_GIB}Gi"
            )
    return (EFS_STORAGE_CLASS if kind == "efs" else FSX_STORAGE_CLASS), given or f"{gib}Gi"


def _scaling(settings: _Settings) -> Scaling | None:
    intent = settings.own.autoscaling
    if intent is None and settings.own.replicas is None:
        intent = settings.defaults.autoscaling
    if intent is None:
        return None
    return Scaling(intent.min_replicas, intent.max_replicas, intent.metric, intent.target)


def _cpu(millis: int) -> str:
    return str(millis // 1000) if millis % 1000 == 0 else f"{millis}m"


def _limit_complaints(
    environment: Environment, pool: PoolPlan, users: list[ModelPlan]
) -> Iterator[tuple[Pointer, str]]:
    settings = environment.pools[pool.name]
    limit = settings.limits.gpus if settings else None
    if limit is None or not users:
        return
    needed = sum(model.gpus * model.max_replicas for model in users)
    if limit < needed:
        words = ", ".join(f"{model.max_replicas} x {model.name} with {model.gpus}" for model in users)
        yield (
            ("pools", pool.name, "limits", "gpus"),
            f"pool '{pool.name}' is limited to {limit} GPUs, but its models need {needed} ({words}); raise the limit",
        )
    smallest = min(min(i.gpu_count for i in model.instance_types) for model in users)
    if needed <= limit < smallest:
        yield (
            ("pools", pool.name, "limits", "gpus"),
            f"pool '{pool.name}' is limited to {limit} GPUs, but its smallest node has {smallest}; Karpenter would launch none",
        )


def _pipeline(environment: Environment, name: str, models: Mapping[str, ModelPlan]) -> PipelinePlan:
    services = environment.pipelines[name].services
    graph = {service: sorted(settings.depends_on) for service, settings in sorted(services.items())}
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order.extend(ready)
        sorter.done(*ready)
    return PipelinePlan(
        name=name,
        services=tuple(models[service] for service in order),
        depends_on=MappingProxyType({service: tuple(waits) for service, waits in graph.items()}),
    )
