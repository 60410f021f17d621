"""The catalog's records: frozen dataclasses, one fact a field, each record with the ids of its sources.

Units are part of the names: ``_gib`` and ``_mib`` are binary, ``_gb`` decimal as the vendor's page states it.
``None`` means that no public statement was found; it never means zero.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = (
    "llm",
    "vlm",
    "embedding",
    "reranking",
    "guardrail",
    "ocr",
    "object-detection",
    "asr",
    "tts",
    "nmt",
    "multi-llm",
)
"""What a NIM does. ``multi-llm`` images serve weights that the user brings."""

LINES = ("1.x", "2.x")
"""The two generations of NIM: 1.x has TensorRT-LLM profiles per GPU, 2.x GPU-agnostic vLLM profiles
(``nim-llm-2.0.1-release-notes``)."""

GENERIC = "generic"
"""The ``gpu`` of a profile that names no GPU: any GPU with enough memory and the right compute capability."""

_MAJOR = re.compile(r"v?(\d+)(?:\.|-|$)")


def line_of(tag: str) -> str | None:
    """The line of an image tag: ``1.3.3`` → ``1.x``, ``2.0.11-variant`` → ``2.x``; or None."""
    match = _MAJOR.match(tag)
    line = f"{match[1]}.x" if match else None
    return line if line in LINES else None


def gb_to_gib(gigabytes: float) -> float:
    """Decimal gigabytes as GiB with two decimals, so that "24 GB" is the 22.35 GiB that an A10G reports."""
    return round(gigabytes * 1e9 / 2**30, 2)


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU as EC2 offers it.

    ``name`` is the word used everywhere in nimfleet; ``karpenter_name`` the value of the label
    ``karpenter.k8s.aws/instance-gpu-name``, which the two A100 sizes share: ``label_needs_memory`` says that
    ``karpenter.k8s.aws/instance-gpu-memory`` (MiB) is needed to tell them apart. ``memory_mib`` is what EC2
    reports for one whole GPU. ``precisions`` are the formats that it computes or that NIM runs on it.
    """

    name: str
    product: str
    manufacturer: str
    karpenter_name: str
    label_needs_memory: bool
    memory_mib: int
    architecture: str
    compute_capability: str | None
    precisions: tuple[str, ...]
    nvlink: bool
    gfd_product: str | None
    nim_profile_tag: str | None
    families: tuple[str, ...]
    notes: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def memory_gib(self) -> float:
        return self.memory_mib / 1024

    @property
    def capability(self) -> tuple[int, int]:
        """Compute capability as numbers; ``(0, 0)`` for a GPU that does not run CUDA."""
        if self.compute_capability is None:
            return (0, 0)
        major, minor = self.compute_capability.split(".")
        return (int(major), int(minor))


@dataclass(frozen=True, slots=True)
class InstanceType:
    """An EC2 instance type as Karpenter sees it.

    ``gpu`` is a key of ``Catalog.gpus``; ``gpu_count`` is what Karpenter reports, hence 0 for fractional
    GPUs (g6f, gr6f), whose ``gpu_memory_mib`` is the slice. ``allocatable_*`` are for AL2023 with Karpenter's
    default ``vmMemoryOverheadPercent``. ``price_usd_hour`` is on demand, Linux, in ``Catalog.prices_region``.
    """

    name: str
    family: str
    arch: str
    vcpu: int
    memory_mib: int
    gpu: str | None
    gpu_count: int
    gpu_memory_mib: int
    accelerator: tuple[str, int] | None
    local_nvme_gb: int
    network_mbps: int
    efa: int
    max_pods: int
    allocatable_cpu_millis: int
    allocatable_memory_mib: int
    price_usd_hour: float | None


@dataclass(frozen=True, slots=True)
class Tag:
    """An image tag that was seen in a public text. No registry was asked: a tag is a claim of its source."""

    tag: str
    line: str
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """One way that a NIM can run: GPU, precision, parallelism, engine.

    ``gpu`` is a key of ``Catalog.gpus`` or ``GENERIC``. ``precision``, ``engine`` and ``qos`` are None when
    the source does not say. ``lora`` is true when the profile, or its LoRA variant, serves LoRA adapters.
    ``min_gpu_memory_gb`` is for each GPU. ``tag`` is the tag for which the source lists the profile.
    """

    gpu: str
    precision: str | None
    tensor_parallelism: int
    engine: str | None
    line: str
    qos: str | None
    lora: bool
    name: str | None
    disk_gb: float | None
    source: str
    pipeline_parallelism: int = 1
    min_gpu_memory_gb: float | None = None
    tag: str | None = None
    note: str = ""

    @property
    def label(self) -> str:
        """Short words for tables: ``tensorrt_llm fp16 tp2 throughput``."""
        words = [self.engine or "", self.precision or "", f"tp{self.tensor_parallelism}"]
        if self.pipeline_parallelism > 1:
            words.append(f"pp{self.pipeline_parallelism}")
        words.append(self.qos or "")
        return " ".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Weights:
    """Size of a model's weights on the GPU, in GiB; ``precision`` is None when the source does not say."""

    precision: str | None
    gib: float
    source: str


@dataclass(frozen=True, slots=True)
class Example:
    """An instance type on which a public example (mostly NVIDIA's for SageMaker) runs the model."""

    instance: str
    source: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A NIM.

    ``tags`` are newest first; ``default_tag`` is None when no tag was seen: then a user must give one.
    ``min_gpu_memory_gb`` counts all GPUs of a replica together. ``verified_gpus`` are the GPUs that a source
    names as tested with generic profiles of the line of ``default_tag``, ``unsupported_gpus`` those it rules
    out.
    """

    id: str
    image: str
    kind: str
    params_billion: float | None
    active_params_billion: float | None
    tags: tuple[Tag, ...]
    default_tag: str | None
    profiles: tuple[Profile, ...]
    engines: tuple[str, ...]
    http_port: int
    grpc_port: int | None
    extra_ports: Mapping[str, int]
    health_ready: str
    health_live: str
    weights: tuple[Weights, ...]
    disk_gb: float | None
    cache_gib: int | None
    min_gpu_memory_gb: float | None
    min_compute_capability: str | None
    host_memory_gib: float | None
    verified_gpus: tuple[str, ...]
    unsupported_gpus: tuple[str, ...]
    examples: tuple[Example, ...]
    env: Mapping[str, str]
    max_tokens: int | None
    dimension: int | None
    superseded_by: str | None
    notes: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines with a known tag or a known profile, ``1.x`` first."""
        known = {tag.line for tag in self.tags} | {profile.line for profile in self.profiles}
        return tuple(line for line in LINES if line in known)


@dataclass(frozen=True, slots=True)
class Chart:
    """A Helm chart.

    ``repository`` is the repository's URL for type ``https`` and the whole reference for type ``oci``
    (``oci://host/path/<chart>``), as Flux's HelmRepository and OCIRepository take them. ``values`` explains
    the value keys that matter here.
    """

    name: str
    repository: str
    type: str
    version: str
    app_version: str | None
    namespace: str
    crds: tuple[str, ...]
    values: Mapping[str, str]
    values_schema: bool
    notes: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that nimfleet knows about NIM and EC2 without asking anybody."""

    models: Mapping[str, Model]
    instances: Mapping[str, InstanceType]
    gpus: Mapping[str, Gpu]
    charts: Mapping[str, Chart]
    sources: Mapping[str, str]
    prices_region: str
    prices_date: str
    instance_sources: tuple[str, ...] = field(default=())

    def instances_of(self, gpu: str) -> tuple[InstanceType, ...]:
        """The instance types with this GPU, cheapest first, those without a price last."""
        return tuple(sorted((i for i in self.instances.values() if i.gpu == gpu), key=by_price))


def by_price(instance: InstanceType) -> tuple[float, str]:
    """Sort key: price an hour, unknown prices last, then the name."""
    price = instance.price_usd_hour
    return (float("inf") if price is None else price, instance.name)
