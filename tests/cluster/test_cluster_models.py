"""What NIM services run, on how many GPUs according to whom, and which GPUs suit them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from nimfleet.catalog.load import load_catalog
from nimfleet.cluster.model import Cluster, Profile, World
from nimfleet.cluster.models import (
    ServiceFacts,
    caches,
    count,
    model_of_image,
    profile_named,
    services,
    services_by_pod,
    split_image,
)
from nimfleet.cluster.suitability import Doubt, suits, unfit
from nimfleet.manifest.identity import ObjectId
from nimfleet.repository.model import KubeObject, Place


def kube(kind: str, name: str, spec: Any, namespace: str = "nim") -> KubeObject:
    value = {
        "apiVersion": "apps.nvidia.com/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }
    identity = ObjectId("apps.nvidia.com", "v1alpha1", kind, namespace, name)
    return KubeObject(identity, value, None, "", lambda _: Place("x.yaml", 1, 1))


def cluster(*objects: KubeObject) -> Cluster:
    return Cluster("", World.PART, Profile.STANDARD, "1.34", {}, objects)


def service(gpus: Any = 1, image: str = "nvcr.io/nim/meta/llama-3.1-70b-instruct:2.0.1", **more: Any) -> KubeObject:
    repository, tag = split_image(image)
    spec = {
        "image": {"repository": repository, "tag": tag},
        "storage": {"nimCache": {"name": "cache", "profile": more.pop("profile", "")}},
        "resources": {"limits": {"nvidia.com/gpu": gpus}},
        **more,
    }
    return kube("NIMService", "llama", spec)


def cache(**model: Any) -> KubeObject:
    puller = "nvcr.io/nim/meta/llama-3.1-70b-instruct:2.0.1"
    return kube("NIMCache", "cache", {"source": {"ngc": {"modelPuller": puller, "model": model}}})


SMALL = "nvcr.io/nim/meta/llama-3.1-8b-instruct:2.0.13"


def facts(*objects: KubeObject) -> ServiceFacts:
    (found,) = cluster(*objects).once(services)
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("vllm-bf16-tp2-pp1", ("vllm", "bf16", 2, 1)),
        ("vllm-fp8-tp4-pp1-lora", ("vllm", "fp8", 4, 1)),
        ("tensorrt_llm-h100-fp8-tp8-pp2-throughput", ("tensorrt_llm", "fp8", 8, 2)),
        ("sglang-h100-bf16-tp8-pp2", ("sglang", "bf16", 8, 2)),
        ("tp2", (None, None, 2, 1)),
    ],
)
def test_the_name_of_a_profile_says_what_it_is(name: str, expected: tuple[Any, ...]) -> None:
    found = profile_named(name)
    assert found is not None
    assert (found.engine, found.precision, found.tensor, found.pipeline) == expected


@pytest.mark.parametrize(
    "name", ["", "8835c31752fbc67ef658b20a9f78e056914fdef0660206d82f252d62fd96064d", "tp0", "http2", "all"]
)
def test_other_names_say_nothing(name: str) -> None:
    assert profile_named(name) is None


@pytest.mark.parametrize(
    "repository",
    [
        "nvcr.io/nim/meta/llama-3.1-8b-instruct",
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/nvcr/nim/meta/llama-3.1-8b-instruct",
        "registry.example.com/Meta/Llama-3.1-8B-Instruct",
    ],
)
def test_a_mirrored_image_is_the_same_model(repository: str) -> None:
    model = model_of_image(repository)
    assert model is not None
    assert model.id == "meta/llama-3.1-8b-instruct"


@pytest.mark.parametrize("repository", ["", "llama-3.1-8b-instruct", "nvcr.io/nim/other/llama-3.1-8b-instruct"])
def test_another_image_is_no_model(repository: str) -> None:
    assert model_of_image(repository) is None


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("a/b:1.0", ("a/b", "1.0")),
        ("host:5000/a/b", ("host:5000/a/b", "")),
        ("host:5000/a/b:1@sha256:00", ("host:5000/a/b", "1")),
        ("", ("", "")),
    ],
)
def test_images_are_taken_apart(image: str, expected: tuple[str, str]) -> None:
    assert split_image(image) == expected


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({"limits": {"nvidia.com/gpu": 2}}, 2),
        ({"limits": {"nvidia.com/gpu": "4"}}, 4),
        ({"requests": {"nvidia.com/gpu": 1}}, 1),
        ({"limits": {"nvidia.com/gpu": 2}, "requests": {"nvidia.com/gpu": 1}}, 2),
        ({"limits": {"nvidia.com/gpu": True}}, None),
        ({"limits": {"nvidia.com/gpu": "500m"}}, None),
        ({"limits": {"nvidia.com/gpu": "many"}}, None),
        ({"limits": ["nvidia.com/gpu"]}, None),
        (None, None),
    ],
)
def test_devices_are_counted_whatever_the_shape(resources: Any, expected: int | None) -> None:
    assert count(resources, "nvidia.com/gpu") == expected


def claims(*objects: KubeObject) -> list[tuple[int, int, str]]:
    return [(claim.tensor, claim.pipeline, claim.text) for claim in facts(*objects).claims]


def test_everybody_who_says_a_tensor_parallelism_is_heard() -> None:
    found = claims(
        cache(tensorParallelism="4"),
        service(profile="vllm-bf16-tp2-pp1", env=[{"name": "NIM_MODEL_PROFILE", "value": "vllm-fp8-tp1-pp1"}]),
    )
    assert found == [
        (2, 1, "profile `vllm-bf16-tp2-pp1`"),
        (1, 1, "profile `vllm-fp8-tp1-pp1`"),
        (4, 1, '`tensorParallelism: "4"` of NIMCache `cache`'),
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"args": ["--tensor-parallel-size=8"]},
        {"args": ["--tensor-parallel-size", "8"]},
        {"args": ["-tp", "8"]},
        {"env": [{"name": "NIM_PASSTHROUGH_ARGS", "value": "--max-model-len 4096 --tensor-parallel-size 8"}]},
    ],
)
def test_an_argument_of_the_engine_wins(more: Mapping[str, Any]) -> None:
    found = claims(cache(tensorParallelism="4"), service(profile="vllm-bf16-tp2-pp1", **more))
    assert [(tensor, pipeline) for tensor, pipeline, _ in found] == [(8, 1)]


@pytest.mark.parametrize(
    ("profiles", "expected"),
    [
        (["vllm-bf16-tp2-pp1"], [2]),
        (["vllm-bf16-tp2-pp1", "vllm-fp8-tp2-pp1"], [2]),
        (["vllm-bf16-tp2-pp1", "vllm-fp8-tp1-pp1"], []),
        (["vllm-bf16-tp2-pp1", "8835c317"], []),
        (["all"], []),
    ],
)
def test_a_cache_claims_only_what_all_its_profiles_share(profiles: list[str], expected: list[int]) -> None:
    assert [tensor for tensor, _, _ in claims(cache(profiles=profiles), service())] == expected


def test_a_profile_that_the_cache_does_not_list_is_not_compared() -> None:
    found = claims(cache(profiles=["vllm-bf16-tp4-pp1"]), service(profile="vllm-bf16-tp2-pp1"))
    assert [tensor for tensor, _, _ in found] == [2]


def test_services_of_a_pipeline_have_their_own_place() -> None:
    spec = service().value["spec"]
    entries = [
        {"name": "a", "enabled": True, "spec": spec},
        {"name": "b", "spec": spec},
        "c",
        {"enabled": True, "spec": spec},
    ]
    pipeline = kube("NIMPipeline", "rag", {"services": entries})
    found = cluster(pipeline)
    (only,) = found.once(services)
    assert (only.name, only.pointer) == ("a", ("spec", "services", 0, "spec"))
    assert found.once(services_by_pod) == {(id(pipeline), "a"): only}


@pytest.mark.parametrize(
    "spec", [None, "x", [], {"image": 1, "storage": [], "resources": "x", "multiNode": 1, "env": {}}]
)
def test_no_shape_is_taken_for_granted(spec: Any) -> None:
    found = cluster(kube("NIMService", "a", spec), kube("NIMCache", "b", spec), kube("NIMPipeline", "c", spec))
    assert [one.claims for one in found.once(services)] in ([], [()])
    assert [one.source for one in found.once(caches).values()] == [""]


EIGHT = "nvcr.io/nim/meta/llama-3.1-8b-instruct:2.0.13"
SEVENTY = "nvcr.io/nim/meta/llama-3.1-70b-instruct:2.0.1"


@pytest.mark.parametrize(
    ("image", "profile", "gpus", "instance", "doubt"),
    [
        (SEVENTY, "vllm-bf16-tp2-pp1", 2, "p4d.24xlarge", Doubt.MEMORY),
        (SEVENTY, "vllm-bf16-tp2-pp1", 2, "p4de.24xlarge", Doubt.TIGHT),
        (SEVENTY, "vllm-bf16-tp4-pp1", 4, "p4de.24xlarge", None),
        (SEVENTY, "vllm-bf16-tp4-pp1", 4, "p5.48xlarge", None),
        (SEVENTY, "vllm-fp8-tp4-pp1", 4, "p4de.24xlarge", Doubt.UNSUPPORTED),
        (SEVENTY, "", 1, "g6e.xlarge", Doubt.MEMORY),
        (EIGHT, "vllm-fp8-tp1-pp1", 1, "g6.xlarge", None),
        (EIGHT, "vllm-fp8-tp1-pp1", 1, "g5.xlarge", Doubt.UNSUPPORTED),
        (EIGHT, "vllm-bf16-tp1-pp1", 1, "g5.xlarge", None),
        (EIGHT, "vllm-bf16-tp1-pp1", 1, "g4dn.xlarge", Doubt.UNSUPPORTED),
        (EIGHT, "vllm-bf16-tp1-pp1", 1, "g5g.xlarge", Doubt.UNSUPPORTED),
        (EIGHT, "", 1, "p3dn.24xlarge", Doubt.UNSUPPORTED),
        # No source says how large it is: nothing is held against a GPU.
        ("nvcr.io/nim/nvidia/llama-3.2-nv-rerankqa-1b-v2:1.8.0", "", 1, "g6.xlarge", None),
        ("registry.example.com/own/model:1.0", "", 1, "g4dn.xlarge", None),
    ],
)
def test_what_speaks_against_a_gpu(image: str, profile: str, gpus: int, instance: str, doubt: Doubt | None) -> None:
    found = unfit(facts(service(gpus, image, profile=profile)), load_catalog().instances[instance])
    assert (found.doubt if found is not None else None) == doubt


def test_a_published_profile_is_believed() -> None:
    """16 GiB of weights and 24 GB of GPU: tight by our rule, and published."""
    found = facts(service(1, "nvcr.io/nim/meta/llama3-8b-instruct:1.0.3"))
    assert unfit(found, load_catalog().instances["g5.xlarge"]) is None


def test_without_a_number_of_gpus_nothing_is_known() -> None:
    found = facts(service("x", SEVENTY))
    assert unfit(found, load_catalog().instances["g4dn.xlarge"]) is None


def test_nodes_of_one_replica_share_its_weights() -> None:
    spec = {"parallelism": {"tensor": 2, "pipeline": 2}}
    weights = cache(precision="bf16")
    alone, shared = facts(weights, service(2, SEVENTY)), facts(weights, service(2, SEVENTY, multiNode=spec))
    instance = load_catalog().instances["g6e.12xlarge"]
    first, second = unfit(alone, instance), unfit(shared, instance)
    assert first is not None
    assert first.doubt is Doubt.MEMORY
    assert second is None


def test_of_several_precisions_the_one_that_fits_best_counts() -> None:
    instance = load_catalog().instances["g6e.12xlarge"]
    any_precision, sixteen = (
        unfit(facts(service(2, SEVENTY)), instance),
        unfit(facts(cache(precision="bf16"), service(2)), instance),
    )
    assert any_precision is not None
    assert sixteen is not None
    assert (any_precision.doubt, sixteen.doubt) == (Doubt.TIGHT, Doubt.MEMORY)
    assert "fp8" in any_precision.reason


@pytest.mark.parametrize(
    ("objects", "instance", "expected"),
    [
        ((service(1, SMALL),), "g6.xlarge", True),
        ((service(4, SMALL),), "g6.xlarge", False),  # too few
        ((service(1, SMALL),), "g4dn.xlarge", False),  # no bf16
        ((service(1, SMALL),), "m7i.large", False),
        ((service(1, SMALL), cache(gpus=[{"product": "a10g"}])), "g6.xlarge", False),
        ((service(1, SMALL), cache(gpus=[{"product": "a10g"}])), "g5.xlarge", True),
        ((service(1, "example.com/own:1"),), "g6.xlarge", False),  # nothing is known
    ],
)
def test_what_can_be_proposed(objects: tuple[KubeObject, ...], instance: str, expected: bool) -> None:
    assert suits(facts(*objects), load_catalog().instances[instance]) == expected
