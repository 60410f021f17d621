"""What must agree inside one environment.yaml: references between its parts, and keys that need each other."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from nimfleet.catalog.pools import PRESETS
from nimfleet.intent.models import Environment, Model, ModelSettings, Pool
from nimfleet.manifest.pointer import Pointer
from nimfleet.suggest import did_you_mean, listing

Complaint = tuple[Pointer, str]


def check(environment: Environment, folder: str | None) -> Iterator[Complaint]:
    """Yield ``(pointer, message)`` for every disagreement; ``folder`` is the environment's folder name, when known."""
    if folder is not None and environment.name != folder:
        yield (
            ("name",),
            f"the environment is named '{environment.name}', but its folder is '{folder}'; the two must be equal "
            "(Flux syncs clusters/<name>)",
        )
    yield from _cluster(environment)
    yield from _sections(environment)
    yield from _pools(environment)
    yield from _models(environment)
    yield from _pipelines(environment)


def _cluster(environment: Environment) -> Iterator[Complaint]:
    cluster = environment.cluster
    for index, zone in enumerate(cluster.zones):
        if not zone.startswith(cluster.region):
            yield ("cluster", "zones", index), f"zone '{zone}' is not in region '{cluster.region}'"
        elif zone in cluster.zones[:index]:
            yield ("cluster", "zones", index), f"zone '{zone}' is listed twice"


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
    yield from _settings(environment, ("defaults",), environment.defaults)
    if environment.defaults.profile is not None:
        yield ("defaults", "profile"), "a profile belongs to one model; set it under that model"
    for name, model in environment.models.items():
        where: Pointer = ("models", name)
        yield from _settings(environment, where, model)
        if model.pool is None and environment.defaults.pool is None and len(environment.pools) > 1:
            yield (
                where,
                f"model '{name}' names no pool, and there are {len(environment.pools)}: add `pool:` with one of "
                f"{listing(environment.pools)}",
            )
        yield from _autoscaling(environment, where, model)


def _settings(environment: Environment, where: Pointer, settings: ModelSettings) -> Iterator[Complaint]:
    if settings.pool is not None and settings.pool not in environment.pools:
        yield (
            (*where, "pool"),
            f"pool '{settings.pool}' is not declared; pools here: {listing(environment.pools)}."
            f"{did_you_mean(settings.pool, environment.pools)}",
        )
    storage = settings.cache.storage
    if storage is not None and getattr(environment.storage, storage) is None:
        yield (
            (*where, "cache", "storage"),
            f"the cache wants storage '{storage}', but storage.{storage} is not declared",
        )
    for variable in settings.env:
        if variable in {"NGC_API_KEY", "HF_TOKEN", "NGC_CLI_API_KEY"}:
            yield (
                (*where, "env", variable),
                f"{variable} is a key and does not belong in a repository; it comes from the secret "
                f"'{environment.secrets.auth_secret}'",
            )


def _autoscaling(environment: Environment, where: Pointer, model: Model) -> Iterator[Complaint]:
    scaling = model.autoscaling or environment.defaults.autoscaling
    if scaling is None:
        return
    at: Pointer = (*where, "autoscaling") if model.autoscaling is not None else ("defaults", "autoscaling")
    if model.replicas is not None and model.autoscaling is not None:
        yield (
            (*where, "replicas"),
            "replicas and autoscaling exclude each other (the NIMService would be refused); keep one of them",
        )
    if scaling.min_replicas > scaling.max_replicas:
        yield at, f"minReplicas {scaling.min_replicas} is above maxReplicas {scaling.max_replicas}"
    if not environment.observability.prometheus:
        yield at, "autoscaling needs the models' metrics: set observability.prometheus to true"


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
            for index, dependency in enumerate(settings.depends_on):
                if dependency not in pipeline.services:
                    yield (
                        (*at, "dependsOn", index),
                        f"'{dependency}' is not a service of pipeline '{name}'; services: {listing(pipeline.services)}."
                        f"{did_you_mean(dependency, pipeline.services)}",
                    )
        cycle = _cycle({service: settings.depends_on for service, settings in pipeline.services.items()})
        if cycle:
            yield (*where, "services"), f"the services depend on each other in a circle: {' -> '.join(cycle)}"


def _cycle(graph: dict[str, list[str]]) -> list[str]:

    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(node) for node in error.args[1]]
    return []
