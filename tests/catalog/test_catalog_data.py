"""The catalog's data: complete, consistent, sourced."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

import nimfleet.catalog.load as load_module
from nimfleet.catalog import allocatable
from nimfleet.catalog.load import load_catalog
from nimfleet.catalog.lookup import find_model
from nimfleet.catalog.model import GENERIC, KINDS, LINES, Model, gb_to_gib, line_of
from nimfleet.errors import UsageError
from nimfleet.suggest import nearest

CATALOG = load_catalog()
DATA = Path(load_module.__file__).parent / "data"
PRECISIONS = {"fp32", "bf16", "fp16", "fp8", "int4", "mxfp4", "nvfp4"}
ENGINES = {"tensorrt_llm", "vllm", "sglang", "tensorrt", "onnx", "native"}


def _sources(value: object) -> set[str]:
    """Every id below a ``source`` or ``sources`` key."""
    if isinstance(value, list):
        return set().union(*map(_sources, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    found: set[str] = set()
    for key, item in value.items():
        if key == "source":
            found.add(item)
        elif key == "sources" and isinstance(item, list):
            found |= set(item)
        else:
            found |= _sources(item)
    return found


def _files() -> dict[str, object]:
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(DATA.glob("*.json"))}


def test_the_catalog_covers_the_promised_kinds() -> None:
    kinds = {model.kind for model in CATALOG.models.values()}
    assert len(CATALOG.models) >= 25
    assert kinds == set(KINDS)


@pytest.mark.parametrize("model", CATALOG.models.values(), ids=lambda model: model.id)
def test_a_model_is_sourced_and_consistent(model: Model) -> None:
    assert model.sources, "no source"
    assert model.image == f"nvcr.io/nim/{model.id}"
    assert set(model.engines) <= ENGINES
    assert model.default_tag == (model.tags[0].tag if model.tags else None)
    for tag in model.tags:
        assert tag.line == line_of(tag.tag)
        assert tag.source in model.sources
    for profile in model.profiles:
        assert profile.line in LINES
        assert profile.gpu == GENERIC or profile.gpu in CATALOG.gpus
        assert profile.precision in PRECISIONS | {None}
        assert profile.engine in ENGINES | {None}
        assert profile.engine is None or profile.engine in model.engines
        assert profile.qos in {"latency", "throughput", None}
        assert profile.tensor_parallelism in {1, 2, 4, 8}
        assert profile.source in model.sources
        if profile.gpu != GENERIC and profile.precision is not None:
            assert profile.precision in CATALOG.gpus[profile.gpu].precisions
    for gpu in (*model.verified_gpus, *model.unsupported_gpus):
        assert gpu in CATALOG.gpus
    assert not set(model.verified_gpus) & set(model.unsupported_gpus)
    for example in model.examples:
        assert example.instance in CATALOG.instances
        assert example.source in model.sources
    assert {weights.source for weights in model.weights} <= set(model.sources)
    if model.superseded_by is not None:
        assert model.superseded_by in CATALOG.models


def test_profiles_of_a_model_are_distinct() -> None:
    for model in CATALOG.models.values():
        keys = [
            (
                p.line,
                p.gpu,
                p.precision,
                p.tensor_parallelism,
                p.pipeline_parallelism,
                p.engine,
                p.qos,
                p.note,
            )
            for p in model.profiles
        ]
        assert len(keys) == len(set(keys)), model.id


def test_models_without_a_tag_say_so() -> None:
    untagged = [model for model in CATALOG.models.values() if model.default_tag is None]
    assert untagged
    for model in untagged:
        assert "No tag was seen: give one" in model.notes


def test_every_source_resolves_and_is_used() -> None:
    files = _files()
    known = files.pop("sources")
    assert isinstance(known, dict)
    used = set().union(*map(_sources, files.values()))
    assert used <= set(known["sources"])
    package = DATA.parent.parent
    code = "".join(path.read_text("utf-8") for path in sorted(package.glob("*/*.py")))
    for name in set(known["sources"]) - used:
        assert f"``{name}``" in code, f"{name} supports no record and no rule"


def test_sources_link_or_say_that_they_cannot() -> None:
    for name, text in CATALOG.sources.items():
        assert "https://" in text or "not linkable" in text, name


def test_records_are_sorted() -> None:
    for name, file in _files().items():
        assert isinstance(file, dict)
        records = file[name]
        keys = list(records) if isinstance(records, dict) else [r.get("id") or r["name"] for r in records]
        if name == "instances":
            keys = [record["family"] for record in records]
        assert keys == sorted(keys), name
        for record in records if isinstance(records, list) else ():
            assert record.get("sources", []) == sorted(record.get("sources", [])), record


def test_every_gpu_has_instances_and_every_instance_a_known_gpu() -> None:
    for gpu in CATALOG.gpus.values():
        families = {instance.family for instance in CATALOG.instances_of(gpu.name)}
        assert families == set(gpu.families), gpu.name
        whole = {i.gpu_memory_mib for i in CATALOG.instances_of(gpu.name) if i.gpu_count > 0}
        assert whole == {gpu.memory_mib}, gpu.name
    for instance in CATALOG.instances.values():
        assert instance.gpu is None or instance.gpu in CATALOG.gpus
        assert instance.name.startswith(f"{instance.family}.")


def test_gpus_that_share_a_karpenter_name_say_that_memory_tells_them_apart() -> None:
    names = [gpu.karpenter_name for gpu in CATALOG.gpus.values()]
    for gpu in CATALOG.gpus.values():
        assert gpu.label_needs_memory == (names.count(gpu.karpenter_name) > 1)


def test_number_formats_follow_the_compute_capability() -> None:
    for gpu in CATALOG.gpus.values():
        assert ("bf16" in gpu.precisions) == (gpu.capability >= (8, 0)), gpu.name
        assert ("fp8" in gpu.precisions) == (gpu.capability >= (8, 9)), gpu.name
        assert ("nvfp4" in gpu.precisions) == (gpu.capability >= (10, 0)), gpu.name


def test_instances_come_cheapest_first_and_unknown_prices_last() -> None:
    prices = [i.price_usd_hour for i in CATALOG.instances_of("h200")]
    assert prices == [63.296, None]
    known = [i.price_usd_hour for i in CATALOG.instances_of("a10g")]
    assert all(a <= b for a, b in pairwise(known) if a is not None and b is not None)


def test_prices_carry_region_and_date() -> None:
    assert CATALOG.prices_region == "us-east-1"
    assert CATALOG.prices_date == "2026-07-20"
    unpriced = {i.name for i in CATALOG.instances.values() if i.price_usd_hour is None}
    assert unpriced == {"dl2q.24xlarge", "p5e.48xlarge", "trn2.48xlarge"}


def test_the_allocatable_formula_gives_the_recorded_figures() -> None:
    for i in CATALOG.instances.values():
        memory = allocatable.memory_mib(i.memory_mib, i.arch, i.max_pods)
        # Karpenter's table is rounded from bytes: one MiB of tolerance.
        assert abs(memory - i.allocatable_memory_mib) <= 1, i.name
        assert allocatable.cpu_millis(i.vcpu) == i.allocatable_cpu_millis, i.name


def test_charts_are_pinned_and_typed() -> None:
    for chart in CATALOG.charts.values():
        assert chart.repository.startswith("oci://" if chart.type == "oci" else "https://"), chart.name
        assert chart.type in {"oci", "https"}
        if chart.type == "oci":
            assert chart.repository.endswith(f"/{chart.name}")
        assert re.fullmatch(r"v?\d+\.\d+\.\d+", chart.version), chart.name
        assert chart.sources
        assert list(chart.crds) == sorted(chart.crds)
    assert {
        "k8s-nim-operator",
        "karpenter",
        "karpenter-crd",
        "nvidia-device-plugin",
        "aws-efs-csi-driver",
    } <= set(CATALOG.charts)
    assert CATALOG.charts["k8s-nim-operator"].version == "3.1.2"


@pytest.mark.parametrize(
    ("tag", "line"),
    [
        ("1.3.3", "1.x"),
        ("v1.8.0", "1.x"),
        ("2.0.11-variant", "2.x"),
        ("2", "2.x"),
        ("latest", None),
        ("24.05", None),
        ("3.0.0", None),
        ("", None),
    ],
)
def test_a_tag_names_its_line(tag: str, line: str | None) -> None:
    assert line_of(tag) == line


def test_24_gb_is_what_an_a10g_reports() -> None:
    assert gb_to_gib(24) <= CATALOG.gpus["a10g"].memory_gib


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("llama-3.1-8b-instruct", "meta/llama-3.1-8b-instruct"),
        ("Meta/Llama-3.1-8B-Instruct", "meta/llama-3.1-8b-instruct"),
        ("meta/lama-3.1-8b-instrct", "meta/llama-3.1-8b-instruct"),
        ("gpt-oss-21b", "openai/gpt-oss-20b"),
        ("zzz", None),
    ],
)
def test_a_mistyped_name_finds_its_model(name: str, meant: str | None) -> None:
    assert nearest(name, CATALOG.models) == meant


def test_an_unknown_model_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="did you mean openai/gpt-oss-20b"):
        find_model(CATALOG, "gpt-oss-20b")


def test_no_source_names_a_tool_of_ours() -> None:
    text = "".join(path.read_text("utf-8") for path in DATA.glob("*.json"))
    assert not re.search(r"code index|\bIDX|\bid \d{6}|shared/", text)
    # A path on somebody's machine; what begins with a slash here is a path of a service or in a container.
    local = set(re.findall(r"(?<![\w:/.}{>-])/\w+/\w*", text))
    assert local == {"/v1/classify", "/etc/dcgm"}
