"""How much GPU memory a profile needs.

In order of preference:

1. the smallest GPU memory that the profile's own source states, for each GPU;
2. the smallest memory that the model's source states, divided over the GPUs of a replica;
3. our rule: ``1.2 x weights / GPUs + 2 GiB``. The fifth on top is the least KV cache and activations worth
   starting with, the 2 GiB are CUDA context and runtime. Against the published minima that we know, it lies
   between a tenth below and three tenths above (in GiB, published and by rule: 8B bf16 tp1 16.8, 19.9; 27B
   bf16 tp1 59.6, 62.3; 27B fp8 tp1 33.5, 36.7; 30B fp8 tp1 31.7, 40.6; tp4 11.2, 11.6; tp8 7.5, 6.8;
   sources ``nim-llm-model-profiles``, ``nim-vlm-2.1.1``, ``profiles-nemotron-3-nano``).

Weights are a published size, else parameters times the bytes of the precision. Eight- and four-bit builds
keep embeddings and norms in 16 bits, hence more than 1 and 0.5 bytes: fitted to the published sizes (fp8: 30
GB for 27B, 33 GiB for 30B; four bits: 19 GB for 26B, 21 GiB for 30B).
"""

from __future__ import annotations

from dataclasses import dataclass

from nimfleet.catalog.model import Gpu, Model, Profile, gb_to_gib

BYTES_PER_PARAMETER = {
    "fp32": 4.0,
    "bf16": 2.0,
    "fp16": 2.0,
    "fp8": 1.15,
    "int4": 0.75,
    "mxfp4": 0.75,
    "nvfp4": 0.75,
}
SIXTEEN_BIT = 2.0
WORKING_SHARE = 1.2
RUNTIME_GIB = 2.0
GENERATES_TEXT = frozenset({"llm", "vlm", "guardrail", "multi-llm"})
"""Kinds that keep a KV cache: what is left of a GPU decides how many requests run at once."""


@dataclass(frozen=True, slots=True)
class Need:
    """GPU memory that a profile needs, in GiB.

    ``weights_gib`` is for the whole replica, ``per_gpu_gib`` for each of its GPUs; None when unknown.
    ``stated`` says that ``per_gpu_gib`` is a source's figure and not our rule.
    """

    weights_gib: float | None
    per_gpu_gib: float | None
    stated: bool


def weights_gib(model: Model, precision: str | None) -> float | None:
    """Size of the weights in GiB; an unknown precision counts as 16 bits. None when both are unknown."""
    for weights in model.weights:
        if weights.precision is None or weights.precision == precision:
            return weights.gib
    if model.params_billion is None:
        return None
    per_parameter = SIXTEEN_BIT if precision is None else BYTES_PER_PARAMETER[precision]
    return model.params_billion * per_parameter * 1e9 / 2**30


def need(model: Model, profile: Profile) -> Need:
    """The GPU memory that ``profile`` of ``model`` needs."""
    gpus = profile.tensor_parallelism * profile.pipeline_parallelism
    weights = weights_gib(model, profile.precision)
    if profile.min_gpu_memory_gb is not None:
        return Need(weights, gb_to_gib(profile.min_gpu_memory_gb), stated=True)
    if model.min_gpu_memory_gb is not None:
        return Need(weights, gb_to_gib(model.min_gpu_memory_gb / gpus), stated=True)
    if weights is None:
        return Need(None, None, stated=False)
    return Need(weights, WORKING_SHARE * weights / gpus + RUNTIME_GIB, stated=False)


def kv_cache_gib(model: Model, profile: Profile, gpu: Gpu) -> float | None:
    """GiB of each GPU left for the KV cache; None for models without one or when our figures say nothing.

    An upper bound: serving engines leave a tenth of the GPU alone unless told otherwise.
    """
    weights = weights_gib(model, profile.precision)
    if weights is None or model.kind not in GENERATES_TEXT:
        return None
    gpus = profile.tensor_parallelism * profile.pipeline_parallelism
    left = gpu.memory_gib - weights / gpus - RUNTIME_GIB
    # A published profile may fit where our estimate of its weights does not: then we know nothing.
    return left if left > 0 else None
