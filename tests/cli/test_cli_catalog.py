"""`nimfleet models`, `nimfleet instances` and `nimfleet plan`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from nimfleet.catalog.load import load_catalog
from nimfleet.cli import instances, models, plan
from nimfleet.errors import UsageError

APP = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
APP.command("models")(models.command)
APP.command("instances")(instances.command)
APP.command("plan")(plan.command)
SEED = [
    "plan",
    "meta/llama-3.1-8b-instruct",
    "--tag",
    "1.3.3",
    "--engine",
    "tensorrt_llm",
    "--precision",
    "fp16",
]


def _run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(APP, list(arguments))
    assert result.exit_code == code, result.output
    return result


def _json(*arguments: str, code: int = 0) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_run(*arguments, "--format", "json", code=code).stdout)
    assert document["version"] == 1
    return document


def test_models_lists_every_model_on_one_line() -> None:
    lines = _run("models").stdout.splitlines()
    for model in load_catalog().models.values():
        assert sum(line.split()[:1] == [model.id] for line in lines) == 1
    assert lines[-2].startswith(f"{len(load_catalog().models)} models.")


def test_models_of_a_kind() -> None:
    document = _json("models", "--kind", "reranking")
    assert {model["kind"] for model in document["models"]} == {"reranking"}
    with pytest.raises(UsageError, match="did you mean reranking"):
        CliRunner().invoke(APP, ["models", "--kind", "rerank"], catch_exceptions=False)


def test_models_json_resolves_its_sources() -> None:
    document = _json("models")
    for model in document["models"]:
        for source in (*model["sources"], *(profile["source"] for profile in model["profiles"])):
            assert source in document["sources"]


def test_instances_of_a_gpu() -> None:
    output = _run("instances", "--gpu", "a10g").stdout
    row = next(line for line in output.splitlines() if line.startswith("g5.12xlarge "))
    assert row.split() == ["g5.12xlarge", "4", "x", "a10g,", "22.4", "GiB", "48", "169", "3800", "40", "737", "5.67"]
    assert "us-east-1, of 2026-07-20" in output
    assert "g6." not in output
    with pytest.raises(UsageError, match="did you mean a10g"):
        CliRunner().invoke(APP, ["instances", "--gpu", "a10"], catch_exceptions=False)


def test_instances_json_has_every_type_and_its_gpu() -> None:
    document = _json("instances")
    gpus = {gpu["name"] for gpu in document["gpus"]}
    assert {i["name"] for i in document["instances"]} == set(load_catalog().instances)
    assert {i["gpu"] for i in document["instances"]} - {None} == gpus
    assert document["prices"] == {"region": "us-east-1", "date": "2026-07-20", "currency": "USD"}
    assert set(document["instanceSources"]) <= set(document["sources"])


def test_plan_says_the_choice_first_then_its_price_and_what_to_write() -> None:
    lines = _run(*SEED, "--tp", "2", "--gpu", "a10g").stdout.splitlines()
    assert lines[0] == "meta/llama-3.1-8b-instruct:1.3.3"
    assert lines[2] == "2 x a10g on g5.12xlarge: $5.67 an hour"
    assert "  Prices: on demand, Linux, us-east-1, of 2026-07-20." in lines
    start = lines.index("    pools:")
    assert lines[start : start + 10] == [
        "    pools:",
        "      g5: {}",
        "    models:",
        "      llama-3-1-8b-instruct:",
        "        model: meta/llama-3.1-8b-instruct",
        "        pool: g5",
        "        tag: 1.3.3",
        "        engine: tensorrt_llm",
        "        precision: fp16",
        "        tensorParallelism: 2",
    ]


def test_plan_names_alternatives_and_reasons() -> None:
    output = _run(*SEED, "--tp", "2").stdout
    alternatives = output.partition("\nAlternatives\n")[2].partition("\nDoes not fit\n")
    assert [line.split()[0] for line in alternatives[0].splitlines() if line.strip()] == [
        "GPU",
        "l40s",
        "a100-80",
        "h100",
    ]
    assert "generic vLLM fp16 tp2 would fit" in alternatives[2]
    assert "g5.xlarge, g5.2xlarge, g5.4xlarge, g5.8xlarge, g5.16xlarge" in alternatives[2]


def test_plan_json_is_complete() -> None:
    document = _json(*SEED, "--tp", "2")
    assert document["choice"] == document["options"][0]
    assert document["choice"]["instances"][0] == {
        "name": "g5.12xlarge",
        "gpuCount": 4,
        "priceUsdHour": 5.672,
    }
    named = {r["subject"] for r in document["rejections"]} | {i["name"] for i in document["instances"]}
    assert set(load_catalog().instances) <= named
    assert all(option["profile"]["source"] in document["sources"] for option in document["options"])


def test_plan_ends_with_1_when_nothing_fits() -> None:
    output = _run("plan", "deepseek-ai/deepseek-r1", code=1).stdout
    assert "Nothing in the catalog runs it as asked." in output
    assert "multi-node is out of scope" in output
    assert _json("plan", "deepseek-ai/deepseek-r1", code=1)["choice"] is None


def test_plan_warns_of_a_tag_that_was_never_seen() -> None:
    output = _run("plan", "meta/llama-3.1-8b-instruct", "--tag", "1.99.0").stdout
    assert "Tag 1.99.0 was not seen; profiles are those known of the 1.x line." in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "llama-3.1-8b-instruct"], "did you mean meta/llama-3.1-8b-instruct"),
        (["plan", "openai/gpt-oss-20b", "--engine", "vlm"], "did you mean vllm"),
        (["plan", "openai/gpt-oss-20b", "--precision", "fp61"], "did you mean fp16"),
        (["plan", "baai/bge-m3"], "give one"),
    ],
)
def test_plan_refuses_names_that_it_does_not_know(arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        CliRunner().invoke(APP, arguments, catch_exceptions=False)


@pytest.mark.parametrize("model", [m.id for m in load_catalog().models.values() if m.default_tag])
def test_plan_prints_for_every_model(model: str) -> None:
    result = CliRunner().invoke(APP, ["plan", model], catch_exceptions=False)
    assert result.exit_code == (1 if model == "deepseek-ai/deepseek-r1" else 0)
    assert "…" not in result.stdout, "a cell was cut"
    assert all(line == line.rstrip() for line in result.stdout.splitlines())


def test_importing_the_verbs_loads_no_tables() -> None:
    code = "import sys, nimfleet.cli.plan; print([m for m in ('rich', 'yaml', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
