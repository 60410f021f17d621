"""Intent resolved against the catalog: everything that rendering needs to know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from nimfleet.catalog.model import Catalog
from nimfleet.errors import IntentError, Problem
from nimfleet.intent.load import LoadedEnvironment
from nimfleet.intent.models import Environment, PipelineService
from nimfleet.manifest.pointer import Pointer
from nimfleet.plan.cost import cost, gpus_of_nodes
from nimfleet.plan.model import Settings, UnplannableError, plan_model
from nimfleet.plan.pools import limits, plan_pool
from nimfleet.plan.types import ChartPlan, EnvironmentPlan, ModelPlan, PipelinePlan, PoolPlan

AMI_FAMILY = "al2023"
AMI_VERSION = "v20260903"
"""EKS-optimized AL2023 release; a dated one, so that a new AMI arrives as a commit. Seen in public Karpenter settings."""
_FOLLOWS = {"karpenter-crd": "karpenter"}
"""Charts that are released together: an override of the second holds for the first."""


def resolve(loaded: LoadedEnvironment, catalog: Catalog) -> EnvironmentPlan:
    """The plan of an environment.

    Raises:
        IntentError: something cannot be planned; carries all problems, in file order.
    """
    environment = loaded.environment
    problems: list[Problem] = []
    pools = {name: plan_pool(environment, name, catalog) for name in environment.pools}
    models: dict[str, ModelPlan] = {}
    in_pipelines = {service for pipeline in environment.pipelines.values() for service in pipeline.services}
    for name, intent in environment.models.items():
        settings = Settings(environment, name, intent, environment.defaults)
        try:
            models[name] = plan_model(settings, pools, name in in_pipelines)
        except UnplannableError as error:
            problems.append(loaded.problem(error.pointer, error.message))
    for name, pool in pools.items():
        users = [model for model in models.values() if model.pool.name == name]
        pools[name] = replace(pool, limits=MappingProxyType(dict(limits(environment, pool, gpus_of_nodes(users, 1)))))
        problems.extend(loaded.problem(*complaint) for complaint in _limit_complaints(environment, pools[name], users))
    if problems:
        raise IntentError(tuple(sorted(problems, key=lambda p: (p.line, p.column, p.message))))
    ordered = tuple(models[name] for name in sorted(models))
    return EnvironmentPlan(
        intent=environment,
        pools=tuple(pools[name] for name in sorted(pools)),
        models=ordered,
        standalone=tuple(model for model in ordered if model.name not in in_pipelines),
        pipelines=tuple(_pipeline(environment, name, models) for name in sorted(environment.pipelines)),
        charts=MappingProxyType({name: _chart(environment, name, catalog) for name in catalog.charts}),
        ami_alias=f"{AMI_FAMILY}@{environment.cluster.ami_version or AMI_VERSION}",
        cost=cost(ordered, catalog),
    )


def _chart(environment: Environment, name: str, catalog: Catalog) -> ChartPlan:
    chart = catalog.charts[name]
    version = environment.charts.get(name) or environment.charts.get(_FOLLOWS.get(name, ""), chart.version)
    # A tag of an OCI chart is matched to the letter: `v1.21.1` is not `1.21.1`.
    prefix = "v" if chart.version.startswith("v") else ""
    return ChartPlan(chart, prefix + version.removeprefix("v"))


def _limit_complaints(
    environment: Environment, pool: PoolPlan, users: list[ModelPlan]
) -> Iterator[tuple[Pointer, str]]:
    settings = environment.pools[pool.name]
    limit = settings.limits.gpus if settings else None
    needed = gpus_of_nodes(users, 0)
    if limit is not None and limit < needed:
        words = ", ".join(f"{model.max_replicas} x {model.name} with {model.gpus}" for model in users)
        yield (
            ("pools", pool.name, "limits", "gpus"),
            f"pool '{pool.name}' is limited to {limit} GPUs, but the nodes that its models need have {needed} ({words}); "
            f"raise the limit to {needed}, or to {gpus_of_nodes(users, 1)} to replace a node without a gap",
        )


def _pipeline(environment: Environment, name: str, models: Mapping[str, ModelPlan]) -> PipelinePlan:
    services = environment.pipelines[name].services
    return PipelinePlan(
        name=name,
        services=tuple(models[service] for service in sorted(services)),
        urls=MappingProxyType(
            {
                service: MappingProxyType(dict((settings or PipelineService()).urls))
                for service, settings in services.items()
            }
        ),
    )
