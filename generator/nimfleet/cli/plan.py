"""`nimfleet plan MODEL`: what runs a model, what it costs, and why the rest does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nimfleet.cli.instances import instance_document
from nimfleet.cli.models import profile_document
from nimfleet.cli.tables import Format, dollars, print_json, print_table, sources_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nimfleet.catalog.model import Catalog, InstanceType
    from nimfleet.plan.fit import FitResult, Option


def command(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model of `nimfleet models`.")],
    *,
    tag: Annotated[str | None, typer.Option("--tag", help="Image tag; default: the newest known.")] = None,
    gpu: Annotated[str | None, typer.Option("--gpu", help="Only this GPU.")] = None,
    engine: Annotated[str | None, typer.Option("--engine", help="Only this engine.")] = None,
    precision: Annotated[str | None, typer.Option("--precision", help="Only this precision.")] = None,
    tp: Annotated[int | None, typer.Option("--tp", min=1, help="Only this many GPUs a replica.")] = None,
    format_: Annotated[
        Format, typer.Option("--format", help="Text, or JSON with every option, reason and source.")
    ] = Format.TEXT,
) -> None:
    """Say what runs a model, what it costs, and why the rest does not.

    Exit code 1: nothing in the catalog runs it as asked.
    """
    from nimfleet.catalog.load import load_catalog
    from nimfleet.catalog.lookup import find_model, unknown
    from nimfleet.plan.fit import ENGINES, fit
    from nimfleet.plan.memory import BYTES_PER_PARAMETER

    catalog = load_catalog()
    found = find_model(catalog, model)
    if engine is not None and engine not in ENGINES:
        raise unknown("engine", engine, ENGINES)
    if precision is not None and precision not in BYTES_PER_PARAMETER:
        raise unknown("precision", precision, BYTES_PER_PARAMETER)
    result = fit(catalog, found, tag=tag, gpu=gpu, engine=engine, precision=precision, tensor_parallelism=tp)
    if format_ is Format.JSON:
        print_json(_document(catalog, result))
    else:
        _show(catalog, result)
    if result.choice is None:
        raise typer.Exit(1)


def _show(catalog: Catalog, result: FitResult) -> None:
    typer.secho(f"{result.model.id}:{result.tag}", bold=True)
    typer.echo()
    if result.choice is None:
        typer.echo("Nothing in the catalog runs it as asked.")
    else:
        _show_choice(catalog, result, result.choice)
        _show_alternatives(result, result.choice)
    _show_rejections(catalog, result)


def _show_choice(catalog: Catalog, result: FitResult, option: Option) -> None:
    instance = option.instance
    price = "price unknown" if option.price_usd_hour is None else f"${dollars(option.price_usd_hour)} an hour"
    typer.secho(f"{option.gpus} x {option.gpu.name} on {instance.name}: {price}", bold=True)
    typer.echo()
    facts = [("profile", f"{_profile(option)} ({option.basis})"), ("node", _node(option))]
    if option.gpu_memory_gib is None:
        facts.append(("GPU memory", f"need unknown, {option.gpu.memory_gib:.1f} GiB on each GPU"))
    else:
        room = "" if option.kv_cache_gib is None else f"; up to {option.kv_cache_gib:.1f} GiB for the KV cache"
        needed = f"{option.gpu_memory_gib:.1f} of {option.gpu.memory_gib:.1f} GiB needed on each GPU"
        facts.append(("GPU memory", needed + room))
    if option.weights_gib is not None:
        facts.append(("weights", f"{option.weights_gib:.1f} GiB"))
    shared = "" if option.shared_memory_gib is None else f", {option.shared_memory_gib} of it shared memory"
    cpus = f"{option.cpu_millis / 1000:g} CPUs"
    facts.append(("pod requests", f"{cpus} and {option.host_memory_gib} GiB of memory{shared}"))
    facts.append(("cache volume", f"{option.cache_gib} GiB"))
    others = [f"{i.name} ${dollars(i.price_usd_hour)}" for i in option.instances[1:]]
    if others:
        facts.append(("also on", ", ".join(others)))
    for name, value in facts:
        typer.echo(f"  {name:<13}{value}")
    typer.echo()
    for note in _notes(result, option):
        typer.echo(f"  {note}")
    typer.echo(f"  Source: {catalog.sources[option.profile.source]}")
    typer.echo(f"  Prices: on demand, Linux, {catalog.prices_region}, of {catalog.prices_date}.")
    _show_intent(result, option)


def _node(option: Option) -> str:
    instance = option.instance
    replicas = instance.gpu_count // option.gpus
    words = f"{option.gpus} of its {instance.gpu_count} GPUs"
    if replicas > 1:
        words += f", room for {replicas - 1} more {'replica' if replicas == 2 else 'replicas'}"
    return words if instance.gpu_count > 1 else "its only GPU"


def _notes(result: FitResult, option: Option) -> list[str]:
    notes = []
    profile = option.profile
    if not result.tag_known:
        notes.append(f"Tag {result.tag} was not seen; profiles are those known of the {result.line} line.")
    elif profile.tag is not None and profile.tag != result.tag:
        notes.append(f"This profile was seen in tag {profile.tag}; {result.tag} may name it differently.")
    if profile.note:
        notes.append(f"Profile: {profile.note}.")
    return notes + [f"Note: {note}." for note in result.model.notes]


def _show_intent(result: FitResult, option: Option) -> None:
    """What to write into environment.yaml, when a pool preset covers the instance type."""
    from nimfleet.catalog.pools import PRESETS

    pool = next((name for name, preset in PRESETS.items() if option.instance.family in preset.families), None)
    if pool is None:
        return
    profile = option.profile
    values = {
        "model": result.model.id,
        "pool": pool,
        "tag": result.tag,
        "engine": profile.engine,
        "precision": profile.precision,
        "tensorParallelism": option.gpus,
    }
    typer.echo()
    typer.echo("  In environment.yaml:")
    typer.echo()
    typer.echo("    pools:")
    typer.echo(f"      {pool}: {{}}")
    typer.echo("    models:")
    typer.echo(f"      {result.model.id.rpartition('/')[2].replace('.', '-').replace('_', '-')}:")
    for key, value in values.items():
        if value is not None:
            typer.echo(f"        {key}: {value}")


def _show_alternatives(result: FitResult, choice: Option) -> None:
    rest = [option for option in result.options if option is not choice]
    if not rest:
        return
    gpus = {option.gpu.name for option in rest}
    if len(gpus) > 1:
        # One line a GPU and precision, best first: the rest differs in parallelism or engine only.
        best: dict[tuple[str, str | None], Option] = {}
        for option in rest:
            best.setdefault((option.gpu.name, option.profile.precision), option)
        shown = list(best.values())
    else:
        shown = rest
    typer.echo()
    typer.secho("Alternatives", bold=True)
    typer.echo()
    numbers = ("GPUS", "$/HOUR", "KV GIB")
    rows = [
        (
            option.gpu.name,
            f"{option.gpus}/{option.instance.gpu_count}",
            option.instance.name,
            dollars(option.price_usd_hour),
            _profile(option),
            "" if option.kv_cache_gib is None else f"{option.kv_cache_gib:.0f}",
            option.basis.short,
        )
        for option in shown
    ]
    print_table(("GPU", "GPUS", "INSTANCE", "$/HOUR", "PROFILE", "KV GIB", "BASIS"), rows, right=numbers)
    if len(shown) < len(rest):
        typer.echo()
        typer.echo(f"{len(rest) - len(shown)} more: name a GPU with --gpu, or use --format json.")


def _show_rejections(catalog: Catalog, result: FitResult) -> None:
    reasons = {r.subject: r.reason for r in result.rejections if r.kind == "gpu"}
    grouped: dict[str, list[str]] = {}
    unasked: list[str] = []
    for name, reason in reasons.items():
        if reason.startswith("you asked for"):
            unasked.append(name)
        else:
            families = ", ".join(catalog.gpus[name].families)
            grouped.setdefault(reason, []).append(f"{name} ({families})")
    for rejection in result.rejections:
        if rejection.kind != "instance":
            continue
        instance = catalog.instances[rejection.subject]
        if instance.gpu is None or instance.gpu not in reasons:
            grouped.setdefault(rejection.reason, []).append(rejection.subject)
    typer.echo()
    typer.secho("Does not fit", bold=True)
    typer.echo()
    rows = [(_short(names, catalog), reason) for reason, names in grouped.items()]
    print_table(("WHAT", "WHY"), rows)
    if unasked:
        typer.echo()
        typer.echo(f"Not asked for: {', '.join(unasked)}.")


def _short(names: list[str], catalog: Catalog) -> str:
    """Names joined; instance types of a family that all appear become ``family.*``."""
    families: dict[str, list[str]] = {}
    words: list[str] = []
    for name in names:
        instance = catalog.instances.get(name)
        if instance is None:
            words.append(name)
        else:
            families.setdefault(instance.family, []).append(name)
    for family, members in families.items():
        whole = sum(i.family == family for i in catalog.instances.values())
        words += [f"{family}.*"] if whole == len(members) and whole > 1 else sorted(members, key=_size(catalog))
    return ", ".join(words)


def _size(catalog: Catalog) -> Any:
    return lambda name: (catalog.instances[name].vcpu, name)


def _profile(option: Option) -> str:
    from nimfleet.catalog.model import GENERIC
    from nimfleet.plan.fit import ENGINES

    profile = option.profile
    engine = "" if profile.engine is None else ENGINES.get(profile.engine, profile.engine)
    words = [engine, profile.precision or "", f"tp{profile.tensor_parallelism}", profile.qos or ""]
    return " ".join(word for word in ["generic" if profile.gpu == GENERIC else "", *words] if word)


def _document(catalog: Catalog, result: FitResult) -> dict[str, Any]:
    options = [_option(option) for option in result.options]
    ids = {*result.model.sources, *catalog.instance_sources, *(o.profile.source for o in result.options)}
    used: Iterable[InstanceType] = {i.name: i for o in result.options for i in o.instances}.values()
    return {
        "version": 1,
        "model": result.model.id,
        "image": result.model.image,
        "tag": result.tag,
        "line": result.line,
        "tagKnown": result.tag_known,
        "prices": {"region": catalog.prices_region, "date": catalog.prices_date, "currency": "USD"},
        "choice": options[0] if options else None,
        "options": options,
        "instances": [instance_document(instance) for instance in sorted(used, key=lambda i: i.name)],
        "rejections": [{"kind": r.kind, "subject": r.subject, "reason": r.reason} for r in result.rejections],
        "notes": list(result.model.notes),
        "sources": sources_of(ids, catalog.sources),
    }


def _option(option: Option) -> dict[str, Any]:
    return {
        "gpu": option.gpu.name,
        "gpus": option.gpus,
        "profile": profile_document(option.profile),
        "basis": option.basis.name.lower(),
        "instances": [
            {"name": i.name, "gpuCount": i.gpu_count, "priceUsdHour": i.price_usd_hour} for i in option.instances
        ],
        "priceUsdHour": option.price_usd_hour,
        "gpuMemoryGib": _rounded(option.gpu_memory_gib),
        "weightsGib": _rounded(option.weights_gib),
        "kvCacheGib": _rounded(option.kv_cache_gib),
        "cacheGib": option.cache_gib,
        "hostMemoryGib": option.host_memory_gib,
        "sharedMemoryGib": option.shared_memory_gib,
        "cpuMillis": option.cpu_millis,
    }


def _rounded(gib: float | None) -> float | None:
    return None if gib is None else round(gib, 2)
