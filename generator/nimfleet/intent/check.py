"""What must agree inside one environment.yaml: references between its parts, and keys that need each other."""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.catalog.load import load_catalog
from nimfleet.catalog.model import Catalog
from nimfleet.catalog.pools import PRESETS, PoolPreset
from nimfleet.intent.models import Autoscaling, Environment, ModelSettings, Pool
from nimfleet.manifest.pointer import Pointer
from nimfleet.suggest import did_you_mean, listing

Complaint = tuple[Pointer, str]
KUBERNETES = ("1.25", "1.37")
"""Oldest and newest Kubernetes minor version whose schemas come with kubernetes-validate."""


def check(environment: Environment, folder: str | None) -> Iterator[Complaint]:
    """Yield ``(pointer, message)`` for every disagreement; ``folder`` is the environment's folder name, when known."""
    yield from check_names(environment, folder)
    yield from _sections(environment)
    yield from _budget(environment)
    yield from _pools(environment)
    yield from _models(environment)
    yield from _pipelines(environment)


def check_names(environment: Environment, folder: str | None) -> Iterator[Complaint]:
    """The part of :func:`check` that only looks names up: true also where other settings are missing or wrong."""
    if folder is not None and environment.name != folder:
        yield (
            ("name",),
            f"the environment is named '{environment.name}', but its folder is '{folder}'; the two must be equal "
            "(Flux syncs clusters/<name>)",
        )
    yield from _catalog(environment)
    yield from _cluster(environment)
    yield from _pool_names(environment)


def _catalog(environment: Environment) -> Iterator[Complaint]:
    catalog = load_catalog()
    for name, model in environment.models.items():
        if model.model not in catalog.models:
            yield (
                ("models", name, "model"),
                f"model '{model.model}' is not in the catalog.{did_you_mean(model.model, catalog.models)} "
                "`nimfleet models` lists all.",
            )
    for chart in environment.charts:
        if chart not in catalog.charts:
            yield (
                ("charts", chart),
                f"chart '{chart}' is not in the catalog.{did_you_mean(chart, catalog.charts)} "
                f"Charts: {listing(catalog.charts)}.",
            )
    for name, pool in environment.pools.items():
        preset = PRESETS.get((pool.preset if pool else None) or name)
        if pool is None or preset is None:
            continue
        for index, wanted in enumerate(pool.instance_types or ()):
            yield from _instance(("pools", name, "instanceTypes", index), wanted, preset, catalog)


def _instance(where: Pointer, wanted: str, preset: PoolPreset, catalog: Catalog) -> Iterator[Complaint]:
    if wanted not in catalog.instances:
        possible = {instance.name for instance in catalog.instances.values() if instance.family in preset.families}
        yield (
            where,
            f"instance type '{wanted}' is not in the catalog.{did_you_mean(wanted, possible)} "
            f"Of preset {preset.name}: {listing(possible)}.",
        )
    elif catalog.instances[wanted].family not in preset.families:
        yield (
            where,
            f"instance type '{wanted}' is of family {catalog.instances[wanted].family}, but preset {preset.name} has "
            f"{listing(preset.families)}; change the preset or the instance type",
        )


def _cluster(environment: Environment) -> Iterator[Complaint]:
    cluster = environment.cluster
    version = _minor(cluster.kubernetes_version)
    if not _minor(KUBERNETES[0]) <= version <= _minor(KUBERNETES[1]):
        yield (
            ("cluster", "kubernetesVersion"),
            f"Kubernetes {cluster.kubernetes_version} is not known here; schemas reach from {KUBERNETES[0]} to "
            f"{KUBERNETES[1]}",
        )
    for index, zone in enumerate(cluster.zones):
        if not zone.startswith(cluster.region):
            yield (
                ("cluster", "zones", index),
                f"zone '{zone}' is not in region '{cluster.region}'; its zones look like {cluster.region}a",
            )
        elif zone in cluster.zones[:index]:
            yield ("cluster", "zones", index), f"zone '{zone}' is listed twice"


def _budget(environment: Environment) -> Iterator[Complaint]:
    budget = environment.policy.budget
    steady, ceiling = budget.steady_usd_per_hour, budget.ceiling_usd_per_hour
    if steady is not None and ceiling is not None and steady > ceiling:
        yield (
            ("policy", "budget", "ceilingUsdPerHour"),
            f"ceilingUsdPerHour {ceiling:g} is below steadyUsdPerHour {steady:g}; the ceiling includes what is always there",
        )


def _sections(environment: Environment) -> Iterator[Complaint]:
    secrets, exposure, storage = environment.secrets, environment.exposure, environment.storage
    if secrets.sops is not None and secrets.method != "sops":
        yield (
            ("secrets", "sops"),
            f"secrets.sops is set, but secrets.method is '{secrets.method}'; use method sops or remove it",
        )
    if secrets.external_secrets is not None and secrets.method != "external-secrets":
        yield (
            ("secrets", "externalSecrets"),
            f"secrets.externalSecrets is set, but secrets.method is '{secrets.method}'; use that method or remove it",
        )
    if secrets.pull_secret == secrets.auth_secret:
        yield (
            ("secrets", "authSecret"),
            f"the image pull secret and the API key secret are both named '{secrets.auth_secret}'; their types differ, so they "
            "need two names",
        )
    if exposure.type == "ingress":
        if exposure.ingress is None:
            yield (
                ("exposure", "type"),
                "exposure.type is 'ingress', but exposure.ingress is missing; set at least its domain",
            )
        if environment.cluster.vpc_id is None:
            yield (
                ("exposure", "type"),
                "exposure.type is 'ingress', but cluster.vpcId is missing; the AWS Load Balancer Controller needs it",
            )
    elif exposure.ingress is not None:
        yield (
            ("exposure", "ingress"),
            f"exposure.ingress is set, but exposure.type is '{exposure.type}'; use type ingress or remove it",
        )
    if storage.efs is None and storage.fsx is None:
        yield ("storage",), "no storage for the model caches: declare storage.efs or storage.fsx"
    fsx = storage.fsx
    if fsx is not None and (fsx.per_unit_storage_throughput is not None) != (fsx.deployment_type == "PERSISTENT_2"):
        need = "needs" if fsx.deployment_type == "PERSISTENT_2" else "takes no"
        yield ("storage", "fsx"), f"deploymentType {fsx.deployment_type} {need} perUnitStorageThroughput"


def _pools(environment: Environment) -> Iterator[Complaint]:
    for name, pool in environment.pools.items():
        settings = pool or Pool()
        where: Pointer = ("pools", name)
        if settings.preset is None and name not in PRESETS:
            yield (
                where,
                f"pool '{name}' has no preset, and its name is none; add `preset:` with one of {listing(PRESETS)}."
                f"{did_you_mean(name, PRESETS)}",
            )
        for index, zone in enumerate(settings.zones or ()):
            if zone not in environment.cluster.zones:
                yield (
                    (*where, "zones", index),
                    f"zone '{zone}' is not one of cluster.zones ({listing(environment.cluster.zones)})",
                )
        preset = PRESETS.get(settings.preset or name)
        if preset is not None and preset.resource is None and settings.limits.gpus is not None:
            yield (*where, "limits", "gpus"), f"pool '{name}' has no GPUs (preset {preset.name}); use limits.cpus"
        if preset is not None and preset.resource is not None and settings.limits.cpus is not None:
            yield (*where, "limits", "cpus"), f"pool '{name}' is limited by its devices; use limits.gpus"


def _models(environment: Environment) -> Iterator[Complaint]:
    defaults = environment.defaults
    yield from _settings(environment, ("defaults",), defaults)
    if defaults.profile is not None:
        yield ("defaults", "profile"), "a profile belongs to one model; set it under that model"
    if defaults.autoscaling is not None:
        yield from _autoscaling(environment, ("defaults", "autoscaling"), defaults.autoscaling)
        if defaults.replicas is not None:
            yield (
                ("defaults", "replicas"),
                "replicas and autoscaling exclude each other; keep one of them as the default",
            )
    for name, model in environment.models.items():
        where: Pointer = ("models", name)
        yield from _settings(environment, where, model)
        if model.pool is None and defaults.pool is None and len(environment.pools) > 1:
            yield (
                where,
                f"model '{name}' names no pool, and there are {len(environment.pools)}: add `pool:` with one of "
                f"{listing(environment.pools)}",
            )
        if model.profile is not None and model.tensor_parallelism is None:
            yield (
                (*where, "profile"),
                "a profile needs tensorParallelism beside it: nimfleet cannot see from its id how many GPUs it takes",
            )
        if model.autoscaling is not None:
            if model.replicas is not None:
                yield (
                    (*where, "replicas"),
                    "replicas and autoscaling exclude each other (the NIMService would be refused); keep one of them",
                )
            yield from _autoscaling(environment, (*where, "autoscaling"), model.autoscaling)


def _pool_names(environment: Environment) -> Iterator[Complaint]:
    named: dict[Pointer, ModelSettings] = {("defaults",): environment.defaults}
    named.update({("models", name): model for name, model in environment.models.items()})
    for where, settings in named.items():
        if settings.pool is not None and settings.pool not in environment.pools:
            yield (
                (*where, "pool"),
                f"pool '{settings.pool}' is not declared; pools here: {listing(environment.pools)}."
                f"{did_you_mean(settings.pool, environment.pools)}",
            )


def _settings(environment: Environment, where: Pointer, settings: ModelSettings) -> Iterator[Complaint]:
    storage = settings.cache.storage
    if storage is not None and getattr(environment.storage, storage) is None:
        yield (
            (*where, "cache", "storage"),
            f"the cache wants storage '{storage}', but storage.{storage} is not declared",
        )
    if settings.expose and environment.exposure.type != "ingress":
        yield (
            (*where, "expose"),
            f"expose is true, but exposure.type is '{environment.exposure.type}'; use exposure type ingress or remove it",
        )
    for variable in settings.env:
        if variable in {"NGC_API_KEY", "HF_TOKEN", "NGC_CLI_API_KEY"}:
            yield (
                (*where, "env", variable),
                f"{variable} is a key and does not belong in a repository; it comes from the secret "
                f"'{environment.secrets.auth_secret}'",
            )


def _autoscaling(environment: Environment, where: Pointer, scaling: Autoscaling) -> Iterator[Complaint]:
    if scaling.min_replicas > scaling.max_replicas:
        yield where, f"minReplicas {scaling.min_replicas} is above maxReplicas {scaling.max_replicas}"
    if not environment.observability.prometheus:
        yield where, "autoscaling needs the models' metrics: set observability.prometheus to true"


def _pipelines(environment: Environment) -> Iterator[Complaint]:
    owner: dict[str, str] = {}
    for name, pipeline in environment.pipelines.items():
        where: Pointer = ("pipelines", name)
        if name in environment.models:
            yield (
                where,
                f"'{name}' names a model and a pipeline; their folders and Flux Kustomizations need different names",
            )
        for service, settings in pipeline.services.items():
            at: Pointer = (*where, "services", service)
            if service not in environment.models:
                yield (
                    at,
                    f"service '{service}' is not a model of this environment; models: {listing(environment.models)}."
                    f"{did_you_mean(service, environment.models)}",
                )
            if service in owner:
                yield at, f"model '{service}' already belongs to pipeline '{owner[service]}'"
            owner.setdefault(service, name)
            for variable, other in (settings.urls if settings else {}).items():
                if other not in pipeline.services:
                    yield (
                        (*at, "urls", variable),
                        f"'{other}' is not a service of pipeline '{name}'; services: {listing(pipeline.services)}."
                        f"{did_you_mean(other, pipeline.services)}",
                    )


def _minor(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
