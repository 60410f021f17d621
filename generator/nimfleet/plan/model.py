"""One model of an environment: profile, instance types, cache, requests, probes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from nimfleet.catalog.load import load_catalog
from nimfleet.catalog.model import GENERIC, InstanceType, Model
from nimfleet.errors import UsageError
from nimfleet.intent.models import Environment, ModelSettings
from nimfleet.intent.models import Model as ModelIntent
from nimfleet.manifest.pointer import Pointer
from nimfleet.plan.fit import DAEMONS_GIB, DAEMONS_MILLIS, Basis, FitResult, Option, fit
from nimfleet.plan.memory import GENERATES_TEXT, weights_gib
from nimfleet.plan.startup import startup
from nimfleet.plan.types import EFS_STORAGE_CLASS, FSX_STORAGE_CLASS, CachePlan, ModelPlan, PoolPlan, Scaling
from nimfleet.suggest import listing

FSX_LEAST_GIB = 1200
"""The smallest FSx for Lustre file system."""
MANIFEST_ENGINES = frozenset({"tensorrt_llm", "vllm", "sglang", "tensorrt"})
"""Engines that NIM model manifests name (k8s-nim-operator, internal/nimparser)."""
_UNITS = {"Mi": 1 / 1024, "Gi": 1.0, "Ti": 1024.0}


class UnplannableError(Exception):
    """A model that cannot be planned, and where the intent says so."""

    def __init__(self, pointer: Pointer, message: str) -> None:
        super().__init__(message)
        self.pointer = pointer
        self.message = message


@dataclass(frozen=True, slots=True)
class Settings:
    """A model's settings over the environment's defaults; ``where`` finds the one that decided."""

    environment: Environment
    name: str
    own: ModelIntent
    defaults: ModelSettings

    def where(self, key: str) -> Pointer:
        """Pointer to the setting ``key`` (spelled alike in Python and YAML)."""
        if getattr(self.own, key) is None and getattr(self.defaults, key) is not None:
            return ("defaults", key)
        return ("models", self.name, key)


def plan_model(settings: Settings, pools: Mapping[str, PoolPlan], in_pipeline: bool) -> ModelPlan:
    """The plan of a model whose id is in the catalog.

    Raises:
        UnplannableError: the pool cannot run it, or its settings contradict each other.
    """
    own, defaults = settings.own, settings.defaults
    model = load_catalog().models[own.model]
    pool = _pool(settings, pools)
    tag = own.tag or defaults.tag or model.default_tag
    if tag is None:
        raise UnplannableError(
            ("models", settings.name),
            f"the catalog knows no image tag of {model.id}; add `tag:` (see the model's page in the NGC catalog)",
        )
    option, instances = _option(settings, model, tag, pool)
    scaling = _scaling(settings, model)
    weights = weights_gib(model, option.profile.precision)
    cache = _cache(settings, option, model)
    shared = own.shared_memory or defaults.shared_memory
    if shared is None and option.shared_memory_gib is not None:
        shared = f"{option.shared_memory_gib}Gi"
    expose = own.expose if own.expose is not None else defaults.expose
    port = own.service.port or model.http_port
    metrics_port = model.extra_ports.get("metrics")
    if port in (model.grpc_port, metrics_port):
        taken = "gRPC" if port == model.grpc_port else "metrics"
        raise UnplannableError(
            ("models", settings.name, "service", "port"),
            f"port {port} is the {taken} port of {model.id}; choose another",
        )
    fsx = cache.storage_class == FSX_STORAGE_CLASS
    minutes = own.startup_minutes or defaults.startup_minutes
    return ModelPlan(
        name=settings.name,
        model=model,
        image=model.image,
        tag=tag,
        pool=pool,
        instance_types=instances,
        gpus=option.gpus,
        gpu=option.gpu.name,
        profile=own.profile or option.profile.label,
        cache=cache,
        cpu=own.resources.cpu or defaults.resources.cpu or _cpu(option.cpu_millis),
        memory=own.resources.memory or defaults.resources.memory or f"{option.host_memory_gib}Gi",
        replicas=scaling.min_replicas if scaling else (own.replicas or defaults.replicas or 1),
        scaling=scaling,
        port=port,
        grpc_port=model.grpc_port,
        metrics_port=metrics_port,
        startup=startup(weights if weights is not None else option.cache_gib / 2, option.gpus, minutes, fsx),
        shared_memory=shared,
        env=MappingProxyType({**model.env, **defaults.env, **own.env}),
        exposed=expose if expose is not None else not in_pipeline,
        notes=tuple(_notes(model, tag, option, cache)),
    )


def _pool(settings: Settings, pools: Mapping[str, PoolPlan]) -> PoolPlan:
    name = settings.own.pool or settings.defaults.pool or next(iter(pools))
    pool = pools[name]
    if pool.preset.device != "nvidia":
        others = [other.name for other in pools.values() if other.preset.device == "nvidia"]
        where = (
            f"pools with NVIDIA GPUs here: {listing(others)}" if others else "add a pool with preset g5, g6, g6e or p5"
        )
        raise UnplannableError(
            settings.where("pool"),
            f"pool '{name}' has {pool.preset.description}, and NIM images run on NVIDIA GPUs only; {where}",
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


def _option(settings: Settings, model: Model, tag: str, pool: PoolPlan) -> tuple[Option, tuple[InstanceType, ...]]:
    """The best option on the pool, and its instance types that also hold what the user requests."""
    own, defaults = settings.own, settings.defaults
    pinned = own.profile is not None
    engine = None if pinned else own.engine or defaults.engine
    precision = None if pinned else own.precision or defaults.precision
    parallel = own.tensor_parallelism or defaults.tensor_parallelism
    qos = None if pinned else own.qos_profile or defaults.qos_profile
    names = tuple(instance.name for instance in pool.instance_types)
    gpu = pool.instance_types[0].gpu
    try:
        result = _cached_fit(model.id, tag, gpu, engine, precision, parallel, qos, names)
        for option in result.options:
            instances = [instance for instance in option.instances if _holds(settings, option, instance)]
            if instances:
                # A replica goes to nodes with this many GPUs only: see nim_service's node selector.
                gpus = instances[0].gpu_count
                return option, tuple(instance for instance in instances if instance.gpu_count == gpus)
        if result.options:
            raise UnplannableError(("models", settings.name, "resources"), _too_large(settings, result.options[0]))
        anywhere = _cached_fit(model.id, tag, None, engine, precision, parallel, qos, None)
    except UsageError as error:
        raise UnplannableError(settings.where("tag"), str(error)) from None
    reasons = [r.reason for r in result.rejections if r.kind == "gpu" and r.subject == gpu]
    wider = _cached_fit(model.id, tag, gpu, engine, precision, parallel, qos, None)
    if wider.options:
        raise UnplannableError(
            ("pools", pool.name),
            f"{model.id}:{tag} needs another instance type than pool '{pool.name}' allows ({listing(_short(names))}): "
            f"{'; '.join(reasons)}; add {wider.options[0].instance.name} to its instanceTypes",
        )
    words = (engine or "", precision or "", f"tp{parallel}" if parallel else "", qos or "")
    wanted = " ".join(word for word in words if word)
    raise UnplannableError(
        settings.where("pool"),
        f"{model.id}:{tag}{f' as {wanted}' if wanted else ''} does not run on pool '{pool.name}' "
        f"({listing(_short(names))}): {'; '.join(reasons)}. {_elsewhere(anywhere, gpu)}",
    )


def _requests(settings: Settings, option: Option) -> tuple[int, float]:
    """CPU (millis) and memory (GiB) that a replica requests; shared memory is part of the pod's memory."""
    own, defaults = settings.own, settings.defaults
    cpu = own.resources.cpu or defaults.resources.cpu
    memory = own.resources.memory or defaults.resources.memory
    millis = option.cpu_millis if cpu is None else _millis(cpu)
    gib = float(option.host_memory_gib) if memory is None else _gib(memory)
    shared = own.shared_memory or defaults.shared_memory
    return millis, max(gib, _gib(shared)) if shared else gib


def _holds(settings: Settings, option: Option, instance: InstanceType) -> bool:
    millis, gib = _requests(settings, option)
    return (
        millis <= instance.allocatable_cpu_millis - DAEMONS_MILLIS
        and gib <= instance.allocatable_memory_mib / 1024 - DAEMONS_GIB
    )


def _too_large(settings: Settings, option: Option) -> str:
    millis, gib = _requests(settings, option)
    largest = max(option.instances, key=lambda instance: instance.memory_mib)
    return (
        f"a replica requests {_cpu(millis)} CPUs and {gib:g} GiB of memory, and the largest instance type of the pool, "
        f"{largest.name}, leaves {(largest.allocatable_cpu_millis - DAEMONS_MILLIS) / 1000:g} CPUs and "
        f"{largest.allocatable_memory_mib / 1024 - DAEMONS_GIB:.0f} GiB to pods; request less, or allow larger types"
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


def _cache(settings: Settings, option: Option, model: Model) -> CachePlan:
    own, defaults, profile = settings.own, settings.defaults, option.profile
    text = model.kind in GENERATES_TEXT
    generic = profile.gpu == GENERIC
    engine = own.engine or defaults.engine or (profile.engine if profile.engine in MANIFEST_ENGINES else None)
    if engine is None and text and generic:
        # Generic profiles of language models are vLLM's; without an engine, those of every GPU would be cached too.
        engine = "vllm"
    # Manifests of embedding, reranking, OCR and speech NIMs have no tensor parallelism tag: the filter would match nothing.
    precision = own.precision or defaults.precision or (profile.precision if text else None)
    storage_class, size = _storage(settings, option)
    return CachePlan(
        size=size,
        storage_class=storage_class,
        engine=engine,
        precision=precision,
        tensor_parallelism=option.gpus if text else None,
        qos=own.qos_profile or defaults.qos_profile,
        # With generic profiles the operator would find nothing for a GPU.
        gpu_product=None if generic else option.gpu.nim_profile_tag or option.gpu.name,
        buildable=generic and engine == "tensorrt_llm",
        profiles=(own.profile,) if own.profile else (),
    )


def _storage(settings: Settings, option: Option) -> tuple[str, str]:
    """Storage class and size of the cache."""
    environment, own, defaults = settings.environment, settings.own.cache, settings.defaults.cache
    kind = own.storage or defaults.storage or ("efs" if environment.storage.efs is not None else "fsx")
    given = own.size or defaults.size
    at: Pointer = (("models", settings.name) if own.size else ("defaults",)) + ("cache", "size")
    gib = max(option.cache_gib, FSX_LEAST_GIB) if kind == "fsx" else option.cache_gib
    if given is not None:
        least = option.weights_gib
        if least is not None and _gib(given) < least:
            raise UnplannableError(
                at,
                f"a cache of {given} is smaller than the weights of {option.profile.label}: {least:.1f} GiB; "
                f"{option.cache_gib}Gi would do",
            )
        if kind == "fsx" and _gib(given) < FSX_LEAST_GIB:
            raise UnplannableError(
                at, f"a cache of {given} is smaller than FSx for Lustre's smallest file system, {FSX_LEAST_GIB}Gi"
            )
    return (EFS_STORAGE_CLASS if kind == "efs" else FSX_STORAGE_CLASS), given or f"{gib}Gi"


def _scaling(settings: Settings, model: Model) -> Scaling | None:
    """The model's autoscaling, else the default where the model publishes the metric and has no fixed replicas."""
    text = model.kind in GENERATES_TEXT
    intent = settings.own.autoscaling
    if intent is not None and not text:
        raise UnplannableError(
            ("models", settings.name, "autoscaling"),
            f"{model.id} ({model.kind}) does not publish {intent.metric}; give it a fixed number of replicas",
        )
    if intent is None and settings.own.replicas is None and text:
        intent = settings.defaults.autoscaling
    if intent is None:
        return None
    return Scaling(intent.min_replicas, intent.max_replicas, intent.metric, intent.target)


def _notes(model: Model, tag: str, option: Option, cache: CachePlan) -> Iterator[str]:
    known = [known.tag for known in model.tags]
    if tag not in known:
        yield f"tag {tag} is not in the catalog, which knows {', '.join(known) or 'none'}; make sure that it exists"
    if option.basis in (Basis.ASSUMED, Basis.UNKNOWN):
        yield f"{option.basis}: try it before relying on it" if option.basis is Basis.ASSUMED else str(option.basis)
    if not (cache.engine or cache.gpu_product or cache.profiles):
        yield "no profile of this image is known, so that all are cached; name one with `profile:`"
    if cache.buildable:
        yield "TensorRT-LLM builds an engine at the first start, which may take longer than startupMinutes grants"


def _cpu(millis: int) -> str:
    return str(millis // 1000) if millis % 1000 == 0 else f"{millis}m"


def _millis(cpu: str) -> int:
    return int(cpu[:-1]) if cpu.endswith("m") else round(float(cpu) * 1000)


def _gib(size: str) -> float:
    return float(size[:-2]) * _UNITS[size[-2:]]
