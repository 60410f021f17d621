"""Intent against the catalog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nimfleet.catalog.load import load_catalog
from nimfleet.errors import IntentError
from nimfleet.intent.load import LoadedEnvironment
from nimfleet.plan.resolve import resolve
from nimfleet.plan.types import Cost, EnvironmentPlan

Load = Callable[[dict[str, Any]], LoadedEnvironment]


@pytest.fixture
def plan(load: Load) -> Callable[[dict[str, Any]], EnvironmentPlan]:
    return lambda value: resolve(load(value), load_catalog())


@pytest.fixture
def refused(load: Load) -> Callable[[dict[str, Any]], list[tuple[str, str]]]:
    def problems(value: dict[str, Any]) -> list[tuple[str, str]]:
        with pytest.raises(IntentError) as caught:
            resolve(load(value), load_catalog())
        return [(problem.pointer, problem.message) for problem in caught.value.problems]

    return problems


def test_the_blueprint_s_model(small: dict[str, Any], plan: Callable[..., EnvironmentPlan]) -> None:
    [model] = plan(small).models
    assert (model.gpus, model.gpu, model.tag) == (2, "a10g", "1.3.3")
    assert model.cache.gpu_product == "a10g"
    assert model.instance_types[0].name == "g5.12xlarge"
    assert all(instance.gpu_count >= 2 for instance in model.instance_types)
    assert model.shared_memory == "16Gi"
    assert model.startup.probe >= 1230


def test_cost_floor_and_ceiling(small: dict[str, Any], plan: Callable[..., EnvironmentPlan]) -> None:
    small["observability"] = {"prometheus": True}
    small["models"]["llama"]["autoscaling"] = {"minReplicas": 1, "maxReplicas": 5}
    cost = plan(small).cost
    # Two replicas of two GPUs share a g5.12xlarge with four.
    assert [(node.instance_type, node.count) for node in cost.floor] == [("g5.12xlarge", 1)]
    assert [(node.instance_type, node.count) for node in cost.ceiling] == [("g5.12xlarge", 3)]
    assert Cost.total(cost.ceiling) == pytest.approx(3 * 5.672)


def test_default_limit_holds_the_maximum_and_one_node_more(
    small: dict[str, Any], plan: Callable[..., EnvironmentPlan]
) -> None:
    small["models"]["llama"]["replicas"] = 3
    [pool] = plan(small).pools
    assert pool.limits == {"nvidia.com/gpu": "12"}


def test_models_inherit_defaults_and_override_them(small: dict[str, Any], plan: Callable[..., EnvironmentPlan]) -> None:
    small["defaults"] = {"replicas": 2, "env": {"A": "1", "B": "1"}, "cache": {"size": "80Gi"}}
    small["models"]["llama"]["env"] = {"B": "2"}
    small["models"]["other"] = {
        "model": "meta/llama-3.1-8b-instruct",
        "tag": "1.3.3",
        "tensorParallelism": 4,
        "replicas": 1,
    }
    models = {model.name: model for model in plan(small).models}
    assert dict(models["llama"].env) == {"A": "1", "B": "2"}
    assert (models["llama"].replicas, models["other"].replicas) == (2, 1)
    assert models["other"].cache.size == "80Gi"


def test_a_fixed_number_of_replicas_beats_default_autoscaling(
    small: dict[str, Any], plan: Callable[..., EnvironmentPlan]
) -> None:
    small["observability"] = {"prometheus": True}
    small["defaults"] = {"autoscaling": {"maxReplicas": 3}}
    small["models"]["fixed"] = {**small["models"]["llama"], "replicas": 2}
    models = {model.name: model for model in plan(small).models}
    assert models["llama"].scaling is not None
    assert models["fixed"].scaling is None


def test_retrieval_models_get_no_tensor_parallelism_filter(
    small: dict[str, Any], plan: Callable[..., EnvironmentPlan]
) -> None:
    small["pools"] = {"g6": {}}
    small["models"] = {"embed": {"model": "nvidia/llama-3.2-nv-embedqa-1b-v2", "engine": "tensorrt"}}
    [model] = plan(small).models
    assert model.cache.tensor_parallelism is None
    assert model.cache.gpu_product == "l4"
    assert (model.grpc_port, model.metrics_port) == (8001, 8002)


def test_generic_profiles_get_no_gpu_filter(small: dict[str, Any], plan: Callable[..., EnvironmentPlan]) -> None:
    small["pools"] = {"g6e": {}}
    small["models"] = {"llama": {"model": "meta/llama-3.1-8b-instruct", "precision": "bf16"}}
    [model] = plan(small).models
    assert model.tag.startswith("2.")
    assert model.cache.gpu_product is None


def test_large_weights_stretch_probe_and_timeout(small: dict[str, Any], plan: Callable[..., EnvironmentPlan]) -> None:
    small["pools"] = {"p5": {}}
    small["models"] = {"big": {"model": "meta/llama-3.1-70b-instruct", "precision": "bf16", "tensorParallelism": 8}}
    [model] = plan(small).models
    assert model.startup.probe > 1230
    assert model.startup.total > model.startup.probe + model.startup.download


def test_services_of_a_pipeline_are_not_standalone(small: dict[str, Any], plan: Callable[..., EnvironmentPlan]) -> None:
    small["models"]["embed"] = {"model": "nvidia/llama-3.2-nv-embedqa-1b-v2"}
    small["pipelines"] = {"rag": {"services": {"llama": {"urls": {"EMBED_URL": "embed"}}, "embed": None}}}
    result = plan(small)
    assert [model.name for model in result.pipelines[0].services] == ["embed", "llama"]
    assert result.pipelines[0].urls["llama"] == {"EMBED_URL": "embed"}
    assert result.standalone == ()
    assert not any(model.exposed for model in result.models)


def test_a_replica_goes_to_nodes_with_one_number_of_gpus(
    small: dict[str, Any], plan: Callable[..., EnvironmentPlan]
) -> None:
    [model] = plan(small).models
    assert {instance.gpu_count for instance in model.instance_types} == {4}


def test_larger_requests_choose_a_larger_node(small: dict[str, Any], plan: Callable[..., EnvironmentPlan]) -> None:
    small["models"]["llama"]["resources"] = {"memory": "300Gi"}
    [model] = plan(small).models
    assert model.instance_types[0].name == "g5.24xlarge"


def test_a_pinned_profile_replaces_the_filters(small: dict[str, Any], plan: Callable[..., EnvironmentPlan]) -> None:
    small["models"]["llama"] = {
        "model": "meta/llama-3.1-8b-instruct",
        "tag": "1.3.3",
        "profile": "abc123",
        "tensorParallelism": 4,
    }
    [model] = plan(small).models
    assert (model.gpus, model.profile, model.cache.profiles) == (4, "abc123", ("abc123",))


def test_charts_that_belong_together_move_together(small: dict[str, Any], plan: Callable[..., EnvironmentPlan]) -> None:
    small["charts"] = {"karpenter": "1.13.0", "cert-manager": "1.20.0"}
    charts = plan(small).charts
    assert (charts["karpenter"].version, charts["karpenter-crd"].version) == ("1.13.0", "1.13.0")
    assert charts["cert-manager"].version == "v1.20.0"


def test_every_model_that_fits_a_preset_says_what_is_doubtful(
    small: dict[str, Any], plan: Callable[..., EnvironmentPlan]
) -> None:
    """No cache selection may match the profiles of every GPU without a note."""
    catalog = load_catalog()
    small["pools"] = {name: {} for name in ("g5", "g6", "g6e", "g7e", "p4de", "p5")}
    checked = 0
    for model in catalog.models.values():
        small["models"] = {"m": {"model": model.id, "tag": model.default_tag or "1.0.0"}}
        for pool in small["pools"]:
            small["models"]["m"]["pool"] = pool
            try:
                [planned] = plan(small).models
            except IntentError:
                continue
            checked += 1
            cache = planned.cache
            assert cache.engine or cache.gpu_product or any("all are cached" in note for note in planned.notes)
            assert not (cache.engine == "tensorrt_llm" and not cache.gpu_product and not cache.buildable)
    assert checked > 100


MISTAKES: dict[str, tuple[Callable[[dict[str, Any]], object], str, str]] = {
    "does-not-fit": (
        lambda e: e["models"].update(
            llama={"model": "meta/llama-3.1-70b-instruct", "precision": "bf16", "tensorParallelism": 2}
        ),
        "/models/llama/pool",
        "does not run on pool 'g5'",
    ),
    "cpu-pool": (
        lambda e: (e["pools"].update(cpu={}), e["models"]["llama"].update(pool="cpu")),
        "/models/llama/pool",
        "NIM images run on NVIDIA GPUs only; pools with NVIDIA GPUs here: g5",
    ),
    "too-few-gpus-on-the-instance": (
        lambda e: e["pools"].update(g5={"instanceTypes": ["g5.xlarge"]}),
        "/pools/g5",
        "1 GPU, tensorrt_llm fp16 tp2 throughput needs 2; add g5.12xlarge to its instanceTypes",
    ),
    "limit-below-need": (
        lambda e: (e["pools"].update(g5={"limits": {"gpus": 4}}), e["models"]["llama"].update(replicas=3)),
        "/pools/g5/limits/gpus",
        "limited to 4 GPUs, but the nodes that its models need have 8 (3 x llama with 2)",
    ),
    "limit-within-a-node": (
        lambda e: (
            e["pools"].update(g5={"limits": {"gpus": 6}, "instanceTypes": ["g5.12xlarge"]}),
            e["models"]["llama"].update(replicas=3),
        ),
        "/pools/g5/limits/gpus",
        "limited to 6 GPUs, but the nodes that its models need have 8",
    ),
    "requests-above-the-node": (
        lambda e: e["models"]["llama"].update(resources={"memory": "900Gi"}),
        "/models/llama/resources",
        "the largest instance type of the pool, g5.48xlarge, leaves",
    ),
    "port-taken": (
        lambda e: e["models"].update(
            llama={"model": "nvidia/llama-3.2-nv-embedqa-1b-v2", "service": {"port": 8001}},
        ),
        "/models/llama/service/port",
        "port 8001 is the gRPC port",
    ),
    "scaled-without-the-metric": (
        lambda e: (
            e["models"].update(
                llama={"model": "nvidia/llama-3.2-nv-embedqa-1b-v2", "autoscaling": {"maxReplicas": 2}},
            ),
            e.update(observability={"prometheus": True}),
        ),
        "/models/llama/autoscaling",
        "does not publish gpu_cache_usage_perc",
    ),
    "limit-below-a-node": (
        lambda e: e["pools"].update(g5={"limits": {"gpus": 2}}),
        "/pools/g5/limits/gpus",
        "the nodes that its models need have 4",
    ),
    "cache-below-weights": (
        lambda e: e["models"]["llama"].update(cache={"size": "10Gi"}),
        "/models/llama/cache/size",
        "a cache of 10Gi is smaller than the weights",
    ),
    "no-tag-known": (
        lambda e: e["models"].update(llama={"model": "qwen/qwen3-32b"}),
        "/models/llama",
        "the catalog knows no image tag of qwen/qwen3-32b; add `tag:`",
    ),
    "tag-of-no-line": (
        lambda e: e["models"]["llama"].update(tag="latest"),
        "/models/llama/tag",
        "known tags: 2.0.13, 1.13.1, 1.3.3",
    ),
}


@pytest.mark.parametrize("fault", MISTAKES)
def test_mistake(fault: str, small: dict[str, Any], refused: Callable[..., list[tuple[str, str]]]) -> None:
    change, pointer, words = MISTAKES[fault]
    change(small)
    if fault == "cpu-pool":
        small["models"]["llama"].setdefault("pool", "g5")
    found = refused(small)
    assert len(found) == 1, found
    assert found[0][0] == pointer
    assert words in found[0][1]


def test_a_model_that_does_not_fit_is_told_where_it_would(
    small: dict[str, Any], refused: Callable[..., list[tuple[str, str]]]
) -> None:
    small["models"]["llama"] = {"model": "meta/llama-3.1-8b-instruct", "precision": "fp8"}
    [(_, message)] = refused(small)
    assert "It would run on g6" in message
    assert "nimfleet plan meta/llama-3.1-8b-instruct" in message
