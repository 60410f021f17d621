"""`nimfleet models`: the NIMs that the catalog knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nimfleet.cli.tables import Format, print_json, print_table, sources_of

if TYPE_CHECKING:
    from nimfleet.catalog.model import Catalog, Model, Profile


def command(
    kind: Annotated[
        str | None, typer.Option("--kind", help="Only this kind: llm, vlm, embedding, reranking, ...")
    ] = None,
    format_: Annotated[
        Format, typer.Option("--format", help="A table, or JSON with profiles and sources.")
    ] = Format.TEXT,
) -> None:
    """List the models of the catalog."""
    from nimfleet.catalog.load import load_catalog
    from nimfleet.catalog.lookup import unknown
    from nimfleet.catalog.model import KINDS

    if kind is not None and kind not in KINDS:
        raise unknown("kind", kind, KINDS)
    catalog = load_catalog()
    models = [model for model in catalog.models.values() if kind in (None, model.kind)]
    if format_ is Format.JSON:
        print_json(_document(catalog, models))
        return
    rows = [
        (
            model.id,
            model.kind,
            "" if model.params_billion is None else f"{model.params_billion:g}B",
            ", ".join(tag.tag for tag in model.tags) or "give one",
            _runs_on(model),
        )
        for model in models
    ]
    print_table(("MODEL", "KIND", "PARAMS", "TAGS", "PUBLISHED PROFILES FOR"), rows, right=("PARAMS",))
    typer.echo()
    typer.echo(f"{len(models)} models. Tags are quoted from public texts, newest first; no registry was asked.")
    typer.echo("`nimfleet plan MODEL` says what runs one and what that costs; `--format json` has the sources.")


def _runs_on(model: Model) -> str:
    gpus = dict.fromkeys(profile.gpu for profile in model.profiles)
    return ", ".join("any GPU" if gpu == "generic" else gpu for gpu in gpus) or "none known"


def _document(catalog: Catalog, models: list[Model]) -> dict[str, Any]:
    used: set[str] = set()
    for model in models:
        used |= {*model.sources, *(p.source for p in model.profiles), *(t.source for t in model.tags)}
    return {
        "version": 1,
        "models": [_model(model) for model in models],
        "sources": sources_of(used, catalog.sources),
    }


def _model(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "image": model.image,
        "kind": model.kind,
        "paramsBillion": model.params_billion,
        "activeParamsBillion": model.active_params_billion,
        "defaultTag": model.default_tag,
        "tags": [{"tag": tag.tag, "line": tag.line, "note": tag.note, "source": tag.source} for tag in model.tags],
        "engines": list(model.engines),
        "profiles": [profile_document(profile) for profile in model.profiles],
        "httpPort": model.http_port,
        "grpcPort": model.grpc_port,
        "extraPorts": dict(model.extra_ports),
        "health": {"live": model.health_live, "ready": model.health_ready},
        "weights": [{"precision": w.precision, "gib": w.gib, "source": w.source} for w in model.weights],
        "minGpuMemoryGb": model.min_gpu_memory_gb,
        "verifiedGpus": list(model.verified_gpus),
        "unsupportedGpus": list(model.unsupported_gpus),
        "examples": [{"instance": e.instance, "tag": e.tag, "source": e.source} for e in model.examples],
        "maxTokens": model.max_tokens,
        "dimension": model.dimension,
        "supersededBy": model.superseded_by,
        "notes": list(model.notes),
        "sources": list(model.sources),
    }


def profile_document(profile: Profile) -> dict[str, Any]:
    """A profile as JSON; null is "the source does not say"."""
    return {
        "gpu": profile.gpu,
        "precision": profile.precision,
        "tensorParallelism": profile.tensor_parallelism,
        "pipelineParallelism": profile.pipeline_parallelism,
        "engine": profile.engine,
        "line": profile.line,
        "qosProfile": profile.qos,
        "lora": profile.lora,
        "name": profile.name,
        "diskGb": profile.disk_gb,
        "minGpuMemoryGb": profile.min_gpu_memory_gb,
        "seenInTag": profile.tag,
        "note": profile.note,
        "source": profile.source,
    }
