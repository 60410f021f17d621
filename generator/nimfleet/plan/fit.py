"""Which GPU, profile and instance types run a model, what they cost, and why the others do not.

An option is a profile on a GPU, with every instance type that can hold it. Options are ordered by

1. how sure it is that the profile runs there (``Basis.tier``): published for this GPU first, then fitting by
   our memory rule, then assumed, then unknown;
2. the price of the cheapest instance type, unknown prices last;
3. the GPUs of a replica, fewest first;
4. a profile built for the GPU before a generic one;
5. precision (more bits first), then names, so that the order never depends on anything else.

Price comes before the number of GPUs, as one H200 is only sold with seven others: two L40S cost a sixth.

A constraint only ever removes options. What the source does not say (a precision, an engine) satisfies every
constraint, because it cannot be held against a profile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from nimfleet.catalog.lookup import unknown
from nimfleet.catalog.model import (
    GENERIC,
    Catalog,
    Gpu,
    InstanceType,
    Model,
    Profile,
    by_price,
    gb_to_gib,
    line_of,
)
from nimfleet.errors import UsageError
from nimfleet.plan.memory import GENERATES_TEXT, kv_cache_gib, need, weights_gib

LEAST_CAPABILITY = (7, 5)
"""NIM wants a compute capability above 7.0 (``nim-llm-1.3``), the vLLM images 7.5 (``nim-vlm-2.1.0``)."""

SYSTEM_GIB = 5
"""Host memory besides the weights: the lower end of the 5 to 10 GB advised (``nim-llm-1.3``)."""

SMALL_MODEL_GIB = 8
"""Host memory asked for a model of unknown size."""

DAEMONS_GIB = 0.5
DAEMONS_MILLIS = 300
"""What CNI, CSI, device plugin and kube-proxy take from a node; an assumption on the small side."""

SHARED_MEMORY_GIB = 16
"""``/dev/shm`` for several GPUs without NVLink (``nim-llm-1.3``)."""

CACHE_HEADROOM = 1.3
CACHE_BASE_GIB = 20
CACHE_UNKNOWN_GIB = 50
"""The RAG blueprint's size for models whose own it does not state (``rag-blueprint-2.6.0-values``)."""

TENSOR_PARALLELISM = (1, 2, 4, 8)
ASSUMED_SOURCE = "nim-llm-1.3"
"""Says that NIM should, but is not guaranteed to, run on any NVIDIA GPU with enough memory."""

ENGINES = {
    "tensorrt_llm": "TensorRT-LLM",
    "vllm": "vLLM",
    "sglang": "SGLang",
    "tensorrt": "TensorRT",
    "onnx": "ONNX",
}
NOT_ASKED = "not among the instance types asked for"
_PRECISIONS = ("fp32", "bf16", "fp16", "fp8", "int4", "mxfp4", "nvfp4")


class Basis(StrEnum):
    """Why we believe that a profile runs on a GPU."""

    PROFILE = "published profile for this GPU"
    VERIFIED = "generic profile, GPU on the verified list"
    STATED = "generic profile, published smallest memory"
    EXAMPLE = "a public example runs it on this GPU"
    GENERIC = "generic profile, fits by our memory rule"
    ASSUMED = "no published profile, fits by our memory rule"
    UNKNOWN = "memory need unknown, try before relying on it"

    @property
    def tier(self) -> int:
        """0 published, 1 likely, 2 assumed, 3 unknown."""
        return _TIERS[self][0]

    @property
    def short(self) -> str:
        """Words for a table's cell."""
        return _TIERS[self][1]


_TIERS = {
    Basis.PROFILE: (0, "published"),
    Basis.VERIFIED: (0, "verified GPU"),
    Basis.STATED: (0, "stated memory"),
    Basis.EXAMPLE: (1, "example"),
    Basis.GENERIC: (1, "memory rule"),
    Basis.ASSUMED: (2, "assumed"),
    Basis.UNKNOWN: (3, "unknown"),
}


@dataclass(frozen=True, slots=True)
class Option:
    """A profile on a GPU.

    ``instances`` can all run a replica, cheapest first, never empty. ``gpu_memory_gib`` (needed on each
    GPU), ``weights_gib`` (the whole replica) and ``kv_cache_gib`` (left on each GPU, at most) are None when
    unknown.
    ``cache_gib``, ``host_memory_gib`` and ``cpu_millis`` are suggestions: the size of the NIMCache volume and
    what a pod should request, shared memory included.
    """

    profile: Profile
    gpu: Gpu
    instances: tuple[InstanceType, ...]
    basis: Basis
    weights_gib: float | None
    gpu_memory_gib: float | None
    kv_cache_gib: float | None
    cache_gib: int
    host_memory_gib: int
    cpu_millis: int
    shared_memory_gib: int | None

    @property
    def gpus(self) -> int:
        """GPUs of one replica."""
        return self.profile.tensor_parallelism

    @property
    def instance(self) -> InstanceType:
        """The cheapest instance type."""
        return self.instances[0]

    @property
    def price_usd_hour(self) -> float | None:
        return self.instance.price_usd_hour


@dataclass(frozen=True, slots=True, order=True)
class Rejection:
    """Something that does not fit: ``kind`` is ``gpu``, ``instance`` or ``profile``, ``subject`` its name."""

    kind: str
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class FitResult:
    """All options, best first, and a reason for every GPU, instance type and profile that is in none."""

    model: Model
    tag: str
    line: str
    options: tuple[Option, ...]
    rejections: tuple[Rejection, ...]

    @property
    def choice(self) -> Option | None:
        """The best option."""
        return self.options[0] if self.options else None

    @property
    def tag_known(self) -> bool:
        """Whether the catalog has seen this tag; profiles of its line are used either way."""
        return any(tag.tag == self.tag for tag in self.model.tags)


@dataclass(frozen=True, slots=True, order=True)
class _Miss:
    """Why a profile does not run on a GPU; the smallest is the one that came closest."""

    stage: int
    missing_gib: float
    reason: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    gpu: str | None
    engine: str | None
    precision: str | None
    tensor_parallelism: int | None
    qos: str | None

    def conflicts(self, profile: Profile) -> list[str]:
        """In what ``profile`` is not what was asked for."""
        pairs = (
            ("engine", self.engine, profile.engine),
            ("precision", self.precision, profile.precision),
            ("tensor parallelism", self.tensor_parallelism, profile.tensor_parallelism),
            ("QoS profile", self.qos, profile.qos),
        )
        return [
            f"its {name} is {has}, you asked for {asked}"
            for name, asked, has in pairs
            if asked is not None and has is not None and asked != has
        ]

    def __str__(self) -> str:
        tensor = None if self.tensor_parallelism is None else f"tp{self.tensor_parallelism}"
        engine = None if self.engine is None else ENGINES.get(self.engine, self.engine)
        return " ".join(word for word in (engine, self.precision, tensor, self.qos) if word)


def fit(
    catalog: Catalog,
    model: Model,
    *,
    tag: str | None = None,
    gpu: str | None = None,
    engine: str | None = None,
    precision: str | None = None,
    tensor_parallelism: int | None = None,
    qos: str | None = None,
    instance_types: tuple[str, ...] | None = None,
) -> FitResult:
    """Every way to run ``model``, best first.

    ``tag`` defaults to the model's newest; ``gpu`` is a key of ``catalog.gpus``; ``instance_types`` narrows
    to these EC2 types. Raises ``UsageError`` for a tag that is missing or names no line, an unknown GPU or an
    unknown instance type.
    """
    tag, line = _tag(model, tag)
    if gpu is not None and gpu not in catalog.gpus:
        raise unknown("GPU", gpu, catalog.gpus)
    for name in instance_types or ():
        if name not in catalog.instances:
            raise unknown("instance type", name, catalog.instances)
    wanted = _Wanted(gpu, engine, precision, tensor_parallelism, qos)
    allowed = None if instance_types is None else frozenset(instance_types)
    return _Search(catalog, model, tag, line).run(wanted, allowed)


def profiles_of(model: Model, line: str) -> tuple[Profile, ...]:
    """The recorded profiles of a line; when there are none, generic ones assumed from the kind of model."""
    recorded = tuple(profile for profile in model.profiles if profile.line == line)
    if recorded:
        return recorded
    engine = model.engines[0] if len(model.engines) == 1 else None
    parallel = TENSOR_PARALLELISM if model.kind in GENERATES_TEXT else (1,)
    return tuple(Profile(GENERIC, None, tp, engine, line, None, False, None, None, ASSUMED_SOURCE) for tp in parallel)


def suggested_cache_gib(model: Model, profile: Profile) -> int:
    """Size for the cache volume in GiB: what is downloaded with 30 % and 20 GiB to spare, in tens.

    A larger size that NVIDIA's own charts use for the model wins.
    """
    disk = profile.disk_gb if profile.disk_gb is not None else model.disk_gb
    known = [weights_gib(model, profile.precision), None if disk is None else gb_to_gib(disk)]
    sizes = [size for size in known if size is not None]
    rule = max(sizes) * CACHE_HEADROOM + CACHE_BASE_GIB if sizes else CACHE_UNKNOWN_GIB
    return max(ceil(rule / 10) * 10, model.cache_gib or 0)


class _Search:
    """One search over all GPUs and instance types for the profiles of one line."""

    def __init__(self, catalog: Catalog, model: Model, tag: str, line: str) -> None:
        self.catalog = catalog
        self.model = model
        self.tag = tag
        self.line = line
        self.profiles = profiles_of(model, line)
        self.assumed = all(profile.line != line for profile in model.profiles)
        self.examples = {
            (instance.gpu, instance.gpu_count)
            for example in model.examples
            if (instance := catalog.instances.get(example.instance)) is not None
        }

    def run(self, wanted: _Wanted, allowed: frozenset[str] | None) -> FitResult:
        options: list[Option] = []
        gpu_reasons: dict[str, str] = {}
        instance_reasons: dict[str, str] = {}
        for gpu in self.catalog.gpus.values():
            found, reasons, reason = self._on(gpu, wanted, allowed)
            options += found
            instance_reasons |= reasons
            if not found:
                gpu_reasons[gpu.name] = reason
        used = {instance.name for option in options for instance in option.instances}
        rejections = [Rejection("gpu", name, reason) for name, reason in gpu_reasons.items()]
        for instance in self.catalog.instances.values():
            if instance.name in used:
                continue
            reason = _never(instance) or instance_reasons[instance.name]
            rejections.append(Rejection("instance", instance.name, reason))
        rejections += self._unused(wanted, options)
        return FitResult(
            self.model,
            self.tag,
            self.line,
            tuple(sorted(options, key=_order)),
            tuple(sorted(set(rejections))),
        )

    def _on(
        self, gpu: Gpu, wanted: _Wanted, allowed: frozenset[str] | None
    ) -> tuple[list[Option], dict[str, str], str]:
        """Options on ``gpu``, why each of its instance types has none, and why the GPU has none."""
        instances = self.catalog.instances_of(gpu.name)
        reason = self._never(gpu)
        if reason is None and wanted.gpu not in (None, gpu.name):
            reason = f"you asked for {wanted.gpu}"
        if reason is not None:
            return [], {i.name: f"{gpu.name}: {reason}" for i in instances}, reason
        options: list[Option] = []
        misses: list[_Miss] = []
        holds: dict[str, str] = {}
        for profile in self.profiles:
            if profile.gpu not in (GENERIC, gpu.name) or wanted.conflicts(profile):
                continue
            miss = self._misfit(profile, gpu)
            if miss is not None:
                misses.append(miss)
                continue
            suited = []
            for instance in instances:
                why = self._holds(profile, gpu, instance, allowed)
                if why is None:
                    suited.append(instance)
                else:
                    holds.setdefault(instance.name, why)
            if suited:
                options.append(self._option(profile, gpu, tuple(suited)))
            else:
                asked_for = [i for i in instances if allowed is None or i.name in allowed] or instances
                largest = max(asked_for, key=lambda i: (i.gpu_count, i.memory_mib))
                misses.append(_Miss(0, 0.0, f"{largest.name}: {holds[largest.name]}"))
        reason = min(misses).reason if misses else self._no_profile(gpu, wanted)
        reasons = {i.name: holds.get(i.name, f"{gpu.name}: {reason}") for i in instances}
        if allowed is not None:
            unasked = (i.name for i in instances if i.name not in allowed)
            reasons |= dict.fromkeys(unasked, NOT_ASKED)
        return options, reasons, reason

    def _never(self, gpu: Gpu) -> str | None:
        """Why no profile at all runs on ``gpu``."""
        if gpu.manufacturer != "nvidia":
            return f"{gpu.product} runs no CUDA"
        if gpu.name in self.model.unsupported_gpus:
            return f"the support matrix rules it out for {self.model.id}"
        least = LEAST_CAPABILITY
        if self.model.min_compute_capability is not None:
            major, minor = self.model.min_compute_capability.split(".")
            least = max(least, (int(major), int(minor)))
        if gpu.capability < least:
            return f"compute capability {gpu.compute_capability}, {least[0]}.{least[1]} is needed"
        if all(instance.arch == "arm64" for instance in self.catalog.instances_of(gpu.name)):
            return "only on arm64 instances, NIM images are amd64"
        return None

    def _misfit(self, profile: Profile, gpu: Gpu) -> _Miss | None:
        """Why ``profile``, which is meant for ``gpu`` or any, does not run on it."""
        if profile.pipeline_parallelism > 1:
            gpus = profile.tensor_parallelism * profile.pipeline_parallelism
            return _Miss(2, 0.0, f"{profile.label} spans nodes ({gpus} GPUs): multi-node is out of scope")
        if profile.precision is None and "bf16" not in gpu.precisions:
            return _Miss(3, 0.0, f"no bf16 on {gpu.architecture}, the precision of {profile.label} is unpublished")
        if profile.precision is not None and profile.precision not in gpu.precisions:
            return _Miss(3, 0.0, f"no {profile.precision} on {gpu.architecture}")
        asked = need(self.model, profile).per_gpu_gib
        if profile.gpu != gpu.name and asked is not None and asked > gpu.memory_gib:
            words = f"{profile.label} needs {asked:.1f} GiB a GPU, {gpu.name} has {gpu.memory_gib:.2f}"
            return _Miss(1, asked - gpu.memory_gib, words)
        return None

    def _holds(self, profile: Profile, gpu: Gpu, instance: InstanceType, allowed: frozenset[str] | None) -> str | None:
        """Why ``instance`` does not hold a replica of ``profile``, None when it does."""
        if allowed is not None and instance.name not in allowed:
            return NOT_ASKED
        never = _never(instance)
        if never is not None:
            return never
        if instance.gpu_count < profile.tensor_parallelism:
            plural = "" if instance.gpu_count == 1 else "s"
            return f"{instance.gpu_count} GPU{plural}, {profile.label} needs {profile.tensor_parallelism}"
        memory = instance.allocatable_memory_mib / 1024 - DAEMONS_GIB
        asked = self._host_memory(profile, gpu)
        if memory < asked:
            return f"{memory:.1f} GiB of memory for pods, {profile.label} needs {asked}"
        cpu = _cpu_millis(profile) / 1000
        if instance.allocatable_cpu_millis - DAEMONS_MILLIS < cpu * 1000:
            return f"{instance.vcpu} CPUs, {profile.label} needs {cpu:g} besides the daemon sets"
        return None

    def _host_memory(self, profile: Profile, gpu: Gpu) -> int:
        """Memory that a pod should request, in GiB: the weights pass through it (``nim-llm-1.3``)."""
        weights = weights_gib(self.model, profile.precision)
        size = SMALL_MODEL_GIB if weights is None else ceil(weights + SYSTEM_GIB)
        return size + (_shared_memory(profile, gpu) or 0)

    def _option(self, profile: Profile, gpu: Gpu, instances: tuple[InstanceType, ...]) -> Option:
        asked = need(self.model, profile)
        return Option(
            profile=profile,
            gpu=gpu,
            instances=instances,
            basis=self._basis(profile, gpu),
            weights_gib=asked.weights_gib,
            gpu_memory_gib=asked.per_gpu_gib,
            kv_cache_gib=kv_cache_gib(self.model, profile, gpu),
            cache_gib=suggested_cache_gib(self.model, profile),
            host_memory_gib=self._host_memory(profile, gpu),
            cpu_millis=_cpu_millis(profile),
            shared_memory_gib=_shared_memory(profile, gpu),
        )

    def _basis(self, profile: Profile, gpu: Gpu) -> Basis:
        if profile.gpu == gpu.name:
            return Basis.PROFILE
        asked = need(self.model, profile)
        if asked.per_gpu_gib is None and not self._seen(profile, gpu):
            return Basis.UNKNOWN
        if not self.assumed and self._verified(gpu):
            return Basis.VERIFIED
        if not self.assumed and asked.stated:
            return Basis.STATED
        if self._seen(profile, gpu):
            return Basis.EXAMPLE
        return Basis.ASSUMED if self.assumed else Basis.GENERIC

    def _verified(self, gpu: Gpu) -> bool:
        line = line_of(self.model.default_tag or self.tag)
        return gpu.name in self.model.verified_gpus and self.line == line

    def _seen(self, profile: Profile, gpu: Gpu) -> bool:
        """Whether an example, with GPUs enough for the profile, or the verified list names the GPU."""
        if self._verified(gpu):
            return True
        return any(name == gpu.name and count >= profile.tensor_parallelism for name, count in self.examples)

    def _no_profile(self, gpu: Gpu, wanted: _Wanted) -> str:
        asked = f"{wanted} " if str(wanted) else ""
        missing = f"no {asked}profile of tag {self.tag} for it"
        anything = _Wanted(gpu.name, None, None, None, None)
        if not str(wanted):
            return missing
        others, _, _ = self._on(gpu, anything, None)
        if not others:
            return missing
        best = min(others, key=lambda o: (len(wanted.conflicts(o.profile)), _order(o))).profile
        return f"{missing}; {_described(best)} would fit"

    def _unused(self, wanted: _Wanted, options: list[Option]) -> Iterator[Rejection]:
        used = [option.profile for option in options]
        for profile in self.profiles:
            if profile in used:
                continue
            conflicts = wanted.conflicts(profile)
            if conflicts:
                reason = conflicts[0]
            elif profile.gpu != GENERIC and wanted.gpu not in (None, profile.gpu):
                reason = f"for {profile.gpu}, you asked for {wanted.gpu}"
            else:
                reason = "fits none of the GPUs" if profile.gpu == GENERIC else f"does not fit {profile.gpu}"
            yield Rejection("profile", f"{profile.gpu} {profile.label}", reason)


def _described(profile: Profile) -> str:
    engine = "" if profile.engine is None else ENGINES.get(profile.engine, profile.engine) + " "
    rest = profile.label.removeprefix(f"{profile.engine} ") if profile.engine else profile.label
    return f"{'generic ' if profile.gpu == GENERIC else ''}{engine}{rest}"


def _never(instance: InstanceType) -> str | None:
    """Why no NIM ever runs on ``instance``."""
    if instance.accelerator is not None:
        return f"{instance.accelerator[0]}, not an NVIDIA GPU"
    if instance.gpu is None:
        return "no GPU"
    if instance.arch != "amd64":
        return f"{instance.arch}, NIM images are amd64"
    if instance.gpu_count == 0:
        return "Karpenter reports 0 GPUs for a slice of one"
    return None


def _cpu_millis(profile: Profile) -> int:
    """CPU to request: one and one a GPU. NVIDIA advises 8 cores, yet its examples run on 4 (g6e.xlarge)."""
    return 1000 + 1000 * profile.tensor_parallelism


def _shared_memory(profile: Profile, gpu: Gpu) -> int | None:
    return SHARED_MEMORY_GIB if profile.tensor_parallelism > 1 and not gpu.nvlink else None


def _order(option: Option) -> tuple[object, ...]:
    profile = option.profile
    price = by_price(option.instance)
    precision = _PRECISIONS.index(profile.precision) if profile.precision else len(_PRECISIONS)
    return (
        option.basis.tier,
        price[0],
        option.gpus,
        profile.gpu == GENERIC,
        precision,
        option.gpu.name,
        profile.engine or "",
        profile.qos or "",
        price[1],
        profile.name or "",
        profile.source,
    )


def _tag(model: Model, tag: str | None) -> tuple[str, str]:
    tag = tag or model.default_tag
    if tag is None:
        raise UsageError(f"{model.id}: no tag of this image is known; give one")
    line = line_of(tag)
    if line is None:
        known = ", ".join(known.tag for known in model.tags) or "none"
        raise UsageError(f"{model.id}: tag {tag!r} is neither of NIM 1.x nor of 2.x; known tags: {known}")
    return tag, line
