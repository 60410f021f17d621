"""What runs a model: the seed, the order, the reasons, and properties that hold for every model."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimfleet.catalog.load import load_catalog
from nimfleet.catalog.model import GENERIC, Model
from nimfleet.errors import UsageError
from nimfleet.plan.fit import ENGINES, Basis, FitResult, fit, suggested_cache_gib
from nimfleet.plan.memory import BYTES_PER_PARAMETER, kv_cache_gib, need, weights_gib

CATALOG = load_catalog()
LLAMA = CATALOG.models["meta/llama-3.1-8b-instruct"]
TAGGED = [model for model in CATALOG.models.values() if model.default_tag is not None]


def _reason(result: FitResult, subject: str) -> str:
    return next(r.reason for r in result.rejections if r.subject == subject)


def _triples(result: FitResult) -> set[tuple[object, ...]]:
    return {(o.profile, o.gpu.name, i.name) for o in result.options for i in o.instances}


# The seed's deployment


def test_the_seed_resolves_to_two_a10g_on_the_smallest_node_with_them() -> None:
    result = fit(CATALOG, LLAMA, tag="1.3.3", gpu="a10g", engine="tensorrt_llm", precision="fp16", tensor_parallelism=2)
    choice = result.choice
    assert choice is not None
    assert [i.name for i in choice.instances] == ["g5.12xlarge", "g5.24xlarge", "g5.48xlarge"]
    assert (choice.gpus, choice.instance.gpu_count, choice.price_usd_hour) == (2, 4, 5.672)
    assert choice.basis is Basis.PROFILE
    assert choice.profile.disk_gb == 16.21
    assert choice.shared_memory_gib == 16, "A10G has no NVLink"
    assert result.tag_known
    assert result.line == "1.x"


def test_the_seed_resolves_with_the_other_name_of_its_precision() -> None:
    result = fit(CATALOG, LLAMA, tag="1.3.3", gpu="a10g", engine="tensorrt_llm", precision="bf16", tensor_parallelism=2)
    assert [o.profile.qos for o in result.options] == ["throughput"]


def test_a_node_given_by_name_is_the_only_one() -> None:
    result = fit(CATALOG, LLAMA, tag="1.3.3", engine="tensorrt_llm", instance_types=("g5.12xlarge",))
    assert {i.name for o in result.options for i in o.instances} == {"g5.12xlarge"}
    assert _reason(result, "g5.24xlarge") == "not among the instance types asked for"


# Reasons


def test_a_missing_profile_comes_with_what_would_fit() -> None:
    result = fit(CATALOG, LLAMA, tag="1.3.3", engine="tensorrt_llm", precision="fp16", tensor_parallelism=2)
    assert _reason(result, "l4") == (
        "no TensorRT-LLM fp16 tp2 profile of tag 1.3.3 for it; generic vLLM fp16 tp2 would fit"
    )


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        ("g6f.2xlarge", "Karpenter reports 0 GPUs for a slice of one"),
        ("g5g.2xlarge", "arm64, NIM images are amd64"),
        ("t4g", "only on arm64 instances, NIM images are amd64"),
        ("t4", "no bf16 on Turing"),
        ("v100", "compute capability 7.0, 7.5 is needed"),
        ("radeon-pro-v520", "AMD Radeon Pro V520 runs no CUDA"),
        ("g4ad.xlarge", "radeon-pro-v520: AMD Radeon Pro V520 runs no CUDA"),
        ("inf2.xlarge", "inferentia2, not an NVIDIA GPU"),
        ("m6i.large", "no GPU"),
        ("g5.xlarge", "13.3 GiB of memory for pods, vllm fp8 tp1 needs 14"),
    ],
)
def test_reasons_name_the_fact(subject: str, reason: str) -> None:
    precision = "fp8" if subject.startswith("g5.") else None
    # An A10G has no fp8: widen its formats, to see what its smallest node lacks besides.
    gpus = {
        **CATALOG.gpus,
        "a10g": replace(CATALOG.gpus["a10g"], precisions=(*CATALOG.gpus["a10g"].precisions, "fp8")),
    }
    result = fit(replace(CATALOG, gpus=gpus), LLAMA, tag="2.0.13", precision=precision)
    assert _reason(result, subject) == reason


def test_too_little_gpu_memory_states_both_figures() -> None:
    llama70 = CATALOG.models["meta/llama-3.1-70b-instruct"]
    result = fit(CATALOG, llama70, gpu="a10g", precision="bf16")
    assert _reason(result, "g5.2xlarge") == "1 GPU, vllm bf16 tp8 needs 8"
    result = fit(CATALOG, llama70, gpu="a10g", precision="bf16", tensor_parallelism=4)
    assert _reason(result, "a10g") == "vllm bf16 tp4 needs 41.1 GiB a GPU, a10g has 22.35"


def test_a_model_over_several_nodes_is_out_of_scope() -> None:
    result = fit(CATALOG, CATALOG.models["deepseek-ai/deepseek-r1"])
    assert result.choice is None
    assert _reason(result, "h100") == "sglang bf16 tp8 pp2 spans nodes (16 GPUs): multi-node is out of scope"


def test_a_gpu_that_the_support_matrix_rules_out_is_refused() -> None:
    result = fit(CATALOG, CATALOG.models["nvidia/nemotron-parse"])
    assert "rules it out" in _reason(result, "rtx-pro-6000")


# Order and basis


def test_the_default_of_llama_is_one_verified_l40s() -> None:
    choice = fit(CATALOG, LLAMA).choice
    assert choice is not None
    assert (choice.gpu.name, choice.instance.name, choice.basis) == ("l40s", "g6e.xlarge", Basis.VERIFIED)
    assert choice.profile.precision == "bf16", "more bits win at the same price"


def test_the_verified_list_counts_for_its_own_line_only() -> None:
    result = fit(CATALOG, LLAMA, tag="1.3.3", gpu="rtx-pro-6000")
    assert {o.basis for o in result.options} == {Basis.GENERIC}


def test_a_published_memory_makes_a_generic_profile_as_good_as_a_specific_one() -> None:
    choice = fit(CATALOG, CATALOG.models["qwen/qwen3.8-27b"]).choice
    assert choice is not None
    assert (choice.gpu.name, choice.profile.precision, choice.basis) == ("l40s", "fp8", Basis.STATED)


def test_a_profile_for_the_gpu_beats_a_generic_one_at_the_same_price() -> None:
    choice = fit(CATALOG, CATALOG.models["nvidia/llama-3.2-nv-embedqa-1b-v2"], gpu="l4").choice
    assert choice is not None
    assert (choice.profile.engine, choice.basis) == ("tensorrt", Basis.PROFILE)


def test_an_example_beats_an_assumption() -> None:
    choice = fit(CATALOG, CATALOG.models["nvidia/nvidia-nemotron-nano-9b-v2"]).choice
    assert choice is not None
    assert (choice.instance.name, choice.basis) == ("g5.2xlarge", Basis.EXAMPLE)


def test_an_unknown_need_is_said() -> None:
    result = fit(CATALOG, CATALOG.models["nvidia/llm-nim"])
    assert {o.basis for o in result.options} == {Basis.UNKNOWN}
    assert {o.gpus for o in result.options} == {1, 2, 4, 8}


def test_unknown_prices_come_last_among_their_equals() -> None:
    result = fit(CATALOG, LLAMA, gpu="h200", instance_types=("p5e.48xlarge", "p5en.48xlarge"))
    assert result.choice is not None
    assert [i.name for i in result.choice.instances] == ["p5en.48xlarge", "p5e.48xlarge"]
    only = fit(CATALOG, LLAMA, gpu="h200", instance_types=("p5e.48xlarge",))
    assert only.choice is not None
    assert only.choice.price_usd_hour is None


# Errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gpu": "a10"}, "unknown GPU 'a10'; did you mean a10g?"),
        ({"instance_types": ("g5.11xlarge",)}, "did you mean g5."),
        ({"tag": "latest"}, "is neither of NIM 1.x nor of 2.x; known tags: 2.0.13"),
    ],
)
def test_what_cannot_be_searched_is_a_usage_error(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("?", r"\?").replace(".", r"\.")):
        fit(CATALOG, LLAMA, **arguments)  # type: ignore[arg-type]


def test_a_model_without_a_known_tag_needs_one() -> None:
    bge = CATALOG.models["baai/bge-m3"]
    with pytest.raises(UsageError, match="give one"):
        fit(CATALOG, bge)
    result = fit(CATALOG, bge, tag="1.0.0")
    assert result.options
    assert not result.tag_known


# Memory


@pytest.mark.parametrize(
    ("model", "precision", "tp", "published_gib"),
    [
        ("meta/llama-3.1-8b-instruct", "bf16", 1, 16.8),
        ("qwen/qwen3.8-27b", "bf16", 1, 59.6),
        ("qwen/qwen3.8-27b", "fp8", 1, 33.5),
        ("nvidia/nemotron-3-nano", "fp8", 1, 31.7),
        ("nvidia/nemotron-3-nano", "fp8", 4, 11.2),
        ("nvidia/nemotron-3-nano", "fp8", 8, 7.5),
    ],
)
def test_the_memory_rule_is_near_the_published_minima(
    model: str, precision: str, tp: int, published_gib: float
) -> None:
    record = CATALOG.models[model]
    profile = next(p for p in record.profiles if p.precision == precision and p.gpu == GENERIC and p.line == "2.x")
    ruled = need(record, replace(profile, tensor_parallelism=tp, min_gpu_memory_gb=None)).per_gpu_gib
    assert ruled is not None
    assert 0.9 <= ruled / published_gib <= 1.3


def test_a_published_minimum_wins_over_the_rule() -> None:
    qwen = CATALOG.models["qwen/qwen3.8-27b"]
    profile = next(p for p in qwen.profiles if p.min_gpu_memory_gb == 36)
    assert need(qwen, profile).per_gpu_gib == 33.53
    assert need(qwen, profile).stated


def test_the_memory_of_a_whole_replica_is_divided_over_its_gpus() -> None:
    safety = CATALOG.models["nvidia/llama-3.1-nemoguard-8b-content-safety"]
    per_gpu = {p.tensor_parallelism: need(safety, p).per_gpu_gib for p in safety.profiles}
    assert per_gpu == {1: 44.7, 2: 22.35, 4: 11.18}


def test_published_weights_win_over_parameters() -> None:
    assert weights_gib(CATALOG.models["openai/gpt-oss-120b"], "mxfp4") == 60.8
    assert weights_gib(CATALOG.models["nvidia/riva-tts"], "fp16") is None


def test_no_kv_cache_for_models_that_keep_none() -> None:
    embed = CATALOG.models["nvidia/llama-3.2-nv-embedqa-1b-v2"]
    assert kv_cache_gib(embed, embed.profiles[0], CATALOG.gpus["l4"]) is None


def test_the_cache_holds_the_download_with_room_to_spare() -> None:
    profile = next(p for p in LLAMA.profiles if p.disk_gb == 16.21)
    assert suggested_cache_gib(LLAMA, profile) == 40
    assert suggested_cache_gib(CATALOG.models["nvidia/llama-nemotron-embed-1b-v2"], profile) == 50


# Properties


MODELS = st.sampled_from(TAGGED)
CONSTRAINTS = st.fixed_dictionaries(
    {},
    optional={
        "gpu": st.sampled_from(sorted(CATALOG.gpus)),
        "engine": st.sampled_from(sorted(ENGINES)),
        "precision": st.sampled_from(sorted(BYTES_PER_PARAMETER)),
        "tensor_parallelism": st.sampled_from([1, 2, 3, 4, 8]),
        "qos": st.sampled_from(["latency", "throughput"]),
        "instance_types": st.lists(st.sampled_from(sorted(CATALOG.instances)), max_size=6).map(tuple),
    },
)


@settings(max_examples=80, deadline=None)
@given(MODELS, CONSTRAINTS, st.data())
def test_a_constraint_never_adds_an_option(model: Model, constraints: dict[str, object], data: st.DataObject) -> None:
    dropped = data.draw(st.sets(st.sampled_from(sorted(constraints)))) if constraints else set()
    fewer = {key: value for key, value in constraints.items() if key not in dropped}
    narrow = fit(CATALOG, model, **constraints)  # type: ignore[arg-type]
    wide = fit(CATALOG, model, **fewer)  # type: ignore[arg-type]
    assert _triples(narrow) <= _triples(wide)


@settings(max_examples=80, deadline=None)
@given(MODELS, CONSTRAINTS)
def test_everything_is_an_option_or_has_a_reason(model: Model, constraints: dict[str, object]) -> None:
    result = fit(CATALOG, model, **constraints)  # type: ignore[arg-type]
    used = {i.name for o in result.options for i in o.instances}
    rejected = {r.subject for r in result.rejections if r.kind == "instance"}
    assert used | rejected == set(CATALOG.instances)
    assert not used & rejected
    on = {o.gpu.name for o in result.options}
    off = {r.subject for r in result.rejections if r.kind == "gpu"}
    assert on | off == set(CATALOG.gpus)
    assert not on & off
    assert all(r.reason for r in result.rejections)


@settings(max_examples=80, deadline=None)
@given(MODELS, CONSTRAINTS)
def test_options_hold_and_come_in_order(model: Model, constraints: dict[str, object]) -> None:
    result = fit(CATALOG, model, **constraints)  # type: ignore[arg-type]
    infinity = float("inf")
    keys = [(o.basis.tier, infinity if o.price_usd_hour is None else o.price_usd_hour) for o in result.options]
    assert keys == sorted(keys)
    for option in result.options:
        prices = [infinity if i.price_usd_hour is None else i.price_usd_hour for i in option.instances]
        assert prices == sorted(prices)
        for instance in option.instances:
            assert instance.gpu == option.gpu.name
            assert instance.arch == "amd64"
            assert option.gpus <= instance.gpu_count
            assert option.host_memory_gib * 1024 < instance.allocatable_memory_mib
            assert option.cpu_millis < instance.allocatable_cpu_millis
        if option.profile.gpu == GENERIC and option.gpu_memory_gib is not None:
            assert option.gpu_memory_gib <= option.gpu.memory_gib
    assert result == fit(CATALOG, model, **constraints)  # type: ignore[arg-type]
