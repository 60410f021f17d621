"""Makes copier/catalog.jinja: the part of the catalog that copier's questions need.

copier may run where nimfleet is not installed, so the questions cannot ask the catalog itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nimfleet.catalog.load import load_catalog
from nimfleet.catalog.model import KINDS, Catalog, Model
from nimfleet.catalog.pools import PRESETS, PoolPreset
from nimfleet.plan.fit import Option, fit
from nimfleet.version import __version__

ROOT = Path(__file__).resolve().parent.parent
FILE = "copier/catalog.jinja"

FIRST_PROJECT: dict[tuple[str, str], dict[str, Any]] = {
    ("meta/llama-3.1-8b-instruct", "g5"): {
        "tag": "1.3.3",
        "engine": "tensorrt_llm",
        "precision": "fp16",
        "tensorParallelism": 2,
        "cache": "50Gi",
    }
}
"""Settings that are written out, not left to the planner: the default answers are a deployment that ran."""


def generated_files() -> dict[str, str]:
    """Path below the project's root → content of each file that is made from the catalog for copier."""
    catalog = load_catalog()
    models = {
        model.id: entry
        for model in sorted(catalog.models.values(), key=lambda m: (KINDS.index(m.kind), m.id))
        if (entry := _model(catalog, model)) is not None
    }
    _refuse_clashes(models)
    tables = {
        "nimfleet_version": __version__,
        "charts": {"karpenter": catalog.charts["karpenter"].version},
        "pools": {name: preset.description for name, preset in PRESETS.items()},
    }
    lines = [
        "{#- Made from the catalog by tools/copier_questions.py (make generate): do not edit.",
        "    The pools of a model stand in the order in which they suit it. -#}",
        *(f"{{%- set {name} = {json.dumps(table)} -%}}" for name, table in tables.items()),
        "{%- set models = {",
        *(f"  {json.dumps(name)}: {json.dumps(entry)}," for name, entry in models.items()),
        "} -%}",
    ]
    return {FILE: "\n".join(lines) + "\n"}


def _model(catalog: Catalog, model: Model) -> dict[str, Any] | None:
    """What the questions need to know of a model; None when copier cannot offer it."""
    # Without a tag nothing can be pulled; a multi-LLM image serves nothing until its user brings weights.
    if model.default_tag is None or model.kind == "multi-llm":
        return None
    found = {
        name: option for name, preset in PRESETS.items() if (option := _option(catalog, model, preset)) is not None
    }
    order = sorted(found, key=lambda name: ((model.id, name) not in FIRST_PROJECT, *_suits(found[name]), name))
    pools = {name: _settings(FIRST_PROJECT.get((model.id, name)), found[name]) for name in order}
    if not pools:
        return None
    billions = model.params_billion
    size = "" if billions is None else f" {billions:.0f}B" if billions >= 10 else f" {billions:.2g}B"
    superseded = "" if model.superseded_by is None else f"; superseded by {model.superseded_by}"
    return {
        "name": _name(model.id),
        "about": f"{model.kind}{size}; {', '.join(name for name in PRESETS if name in pools)}{superseded}",
        "tag": model.default_tag,
        "pools": pools,
    }


def _option(catalog: Catalog, model: Model, preset: PoolPreset) -> Option | None:
    """The best way to run ``model`` on a pool of this preset."""
    types = tuple(name for name, instance in catalog.instances.items() if instance.family in preset.families)
    if preset.device != "nvidia" or not types:
        return None
    wanted = FIRST_PROJECT.get((model.id, preset.name), {})
    return fit(
        catalog,
        model,
        tag=wanted.get("tag"),
        engine=wanted.get("engine"),
        precision=wanted.get("precision"),
        tensor_parallelism=wanted.get("tensorParallelism"),
        instance_types=types,
    ).choice


def _suits(option: Option) -> tuple[int, float]:
    """Surest first, then cheapest."""
    price = option.price_usd_hour
    return option.basis.tier, float("inf") if price is None else price


def _settings(written: dict[str, Any] | None, option: Option) -> dict[str, Any]:
    # `narrow`: the pool is limited to the instance types that its models need.
    return {**({**written, "narrow": True} if written else {}), "instanceType": option.instance.name}


def _name(model_id: str) -> str:
    """Name of the NIMService: the id without its organization, as a DNS label."""
    return model_id.rpartition("/")[2].replace(".", "-").replace("_", "-").lower()


def _refuse_clashes(models: dict[str, dict[str, Any]]) -> None:
    names = [entry["name"] for entry in models.values()]
    clashes = sorted({name for name in names if names.count(name) > 1})
    if clashes:
        raise ValueError(f"two models of the catalog have the name {clashes[0]}")


if __name__ == "__main__":
    for path, content in generated_files().items():
        (ROOT / path).write_text(content, encoding="utf-8")
