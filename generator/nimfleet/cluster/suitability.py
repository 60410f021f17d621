"""Whether a GPU runs a model in the way that is asked for, and how sure that is.

Only what the catalog knows counts against a GPU: a published profile for it is believed, and what no source says (the
size of a model, a precision) is never held against it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from nimfleet.catalog.load import load_catalog
from nimfleet.catalog.model import GENERIC, Catalog, Gpu, InstanceType, Model, Profile, line_of
from nimfleet.cluster.models import ServiceFacts, Wish, gpus_called, recorded_profiles
from nimfleet.plan.fit import LEAST_CAPABILITY
from nimfleet.plan.memory import BYTES_PER_PARAMETER, need


class Doubt(IntEnum):
    """How bad it is; the larger, the worse."""

    TIGHT = 1
    """The weights fit, but what is left is less than a start needs by our rule (``plan/memory.py``)."""
    MEMORY = 2
    """The weights do not fit, or a source states a larger minimum."""
    UNSUPPORTED = 3
    """The GPU does not compute this, or NVIDIA rules it out."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a GPU does not run a model: ``reason`` is a clause such as "needs 65.2 GiB for its weights on each GPU"."""

    doubt: Doubt
    reason: str


def unfit(service: ServiceFacts, instance: InstanceType) -> Unfit | None:
    """What speaks against the GPUs of ``instance`` for one pod of ``service``; None when nothing is known to.

    The service must have a model of the catalog and a number of GPUs; else nothing is known.
    """
    if service.model is None or not service.gpus or instance.gpu is None:
        return None
    wish = Wish(service.wish.engine, service.wish.precision, None, service.wish.qos)
    return _judge(service.model.id, service.line or "", wish, service.gpus * service.nodes, instance.gpu)


def suits(service: ServiceFacts, instance: InstanceType) -> bool:
    """Whether an instance type can be proposed for a pod of ``service``: it has as many GPUs, of those that its cache holds
    profiles for where that names any, nothing speaks against them, and where nothing says in which precision the model runs,
    they compute bf16, as most profiles do."""
    if service.model is None or not service.gpus or instance.gpu is None or instance.gpu_count < service.gpus:
        return False
    cached = [gpus_called(product) for product in service.wish.gpus]
    if any(cached) and not any(instance.gpu in names for names in cached):
        return False
    usual = service.wish.precision is not None or "bf16" in load_catalog().gpus[instance.gpu].precisions
    return usual and unfit(service, instance) is None


@lru_cache(maxsize=4096)
def _judge(name: str, line: str, wish: Wish, gpus: int, gpu_name: str) -> Unfit | None:
    catalog = load_catalog()
    model, gpu = catalog.models[name], catalog.gpus[gpu_name]
    never = _never(catalog, model, line, gpu)
    if never is not None:
        return Unfit(Doubt.UNSUPPORTED, never)
    recorded = [p for p in recorded_profiles(model, line, wish) if p.gpu in (GENERIC, gpu.name)]
    if any(p.gpu == gpu.name and _gpus(p) == gpus for p in recorded) or _seen(catalog, model, gpu, gpus):
        return None
    precisions = {wish.precision} if wish.precision else {p.precision for p in recorded}
    if precisions and None not in precisions and not any(p in gpu.precisions for p in precisions):
        words = " or ".join(f"`{p}`" for p in sorted(p for p in precisions if p))
        return Unfit(Doubt.UNSUPPORTED, f"runs in {words}, which {gpu.architecture} GPUs do not compute")
    fitting = [p for p in recorded if _gpus(p) == gpus and (p.precision is None or p.precision in gpu.precisions)]
    if not fitting:
        # Nothing is recorded for this number of GPUs: the weights are the same on any.
        usable = [p for p in precisions or {None} if p is None or (p in gpu.precisions and p in BYTES_PER_PARAMETER)]
        fitting = [Profile(GENERIC, precision, gpus, None, line, None, False, None, None, "") for precision in usable]
    doubts = [_memory(model, profile, gpu) for profile in fitting]
    known = [doubt for doubt in doubts if doubt is not None]
    return min(known, key=lambda doubt: (doubt.doubt, doubt.reason)) if known and len(known) == len(doubts) else None


def _never(catalog: Catalog, model: Model, line: str, gpu: Gpu) -> str | None:
    """Why no profile at all runs on the GPU."""
    if gpu.manufacturer != "nvidia":
        return "needs CUDA, which only NVIDIA GPUs run"
    if gpu.name in model.unsupported_gpus and line == line_of(model.default_tag or ""):
        return "is not supported on it, according to its support matrix"
    least = LEAST_CAPABILITY
    if model.min_compute_capability is not None:
        major, minor = model.min_compute_capability.split(".")
        least = max(least, (int(major), int(minor)))
    if gpu.capability < least:
        return f"needs compute capability {least[0]}.{least[1]}, and it has {gpu.compute_capability}"
    if all(instance.arch == "arm64" for instance in catalog.instances_of(gpu.name)):
        return "has images for amd64 only, and its instances are arm64"
    return None


def _seen(catalog: Catalog, model: Model, gpu: Gpu, gpus: int) -> bool:
    """Whether a public example runs the model on as many of these GPUs, or fewer."""
    found: Iterable[InstanceType | None] = (catalog.instances.get(example.instance) for example in model.examples)
    return any(instance is not None and instance.gpu == gpu.name and instance.gpu_count <= gpus for instance in found)


def _memory(model: Model, profile: Profile, gpu: Gpu) -> Unfit | None:
    asked = need(model, profile)
    precision = profile.precision or "16 bits"
    gpus = _gpus(profile)
    each = "its GPU" if gpus == 1 else f"each of {gpus} GPUs"
    if asked.per_gpu_gib is None or asked.per_gpu_gib <= gpu.memory_gib:
        return None
    if asked.stated:
        return Unfit(Doubt.MEMORY, f"needs {asked.per_gpu_gib:.1f} GiB on {each}, as its source states")
    weights = (asked.weights_gib or 0.0) / gpus
    if weights > gpu.memory_gib:
        return Unfit(Doubt.MEMORY, f"needs {weights:.1f} GiB on {each} for its weights in {precision} alone")
    words = f"needs about {asked.per_gpu_gib:.1f} GiB on {each}: {weights:.1f} of weights in {precision}, and KV cache"
    return Unfit(Doubt.TIGHT, words)


def _gpus(profile: Profile) -> int:
    return profile.tensor_parallelism * profile.pipeline_parallelism
