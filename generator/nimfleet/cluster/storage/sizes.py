"""How much a model needs on disk, at least."""

from __future__ import annotations

from fractions import Fraction

from nimfleet.catalog.model import Model, gb_to_gib
from nimfleet.cluster.models import CacheFacts, ServiceFacts, Wish, profile_named, recorded_profiles
from nimfleet.schema.quantity import parse_quantity

GIB = 2**30
_LEAST_BYTES = {"fp32": 4.0, "bf16": 2.0, "fp16": 2.0, "fp8": 1.0, "int4": 0.5, "mxfp4": 0.5, "nvfp4": 0.5}
"""Bytes for each parameter, at least."""


def gib(size: str) -> float | None:
    """A quantity in GiB; None for what is none."""
    quantity = parse_quantity(size)
    return float(quantity.value / Fraction(GIB)) if quantity is not None else None


def least_gib(model: Model | None, line: str | None, wish: Wish) -> float | None:
    """The smallest download that serves ``model`` as ``wish`` asks, in GiB; None when nothing is known.

    Recorded profiles count first, then the weights of the precision that is asked for; without one, the smallest
    precision that the model could have. What is too small for this is certainly too small; it is never more than the cache
    that NVIDIA's own charts give the model.
    """
    if model is None:
        return None
    sizes: list[float] = []
    for profile in recorded_profiles(model, line, wish) if line else ():
        weights = _weights(model, profile.precision) if profile.precision else None
        disk = gb_to_gib(profile.disk_gb) if profile.disk_gb is not None else weights
        if disk is None:
            sizes = []
            break
        sizes.append(disk)
    if not sizes:
        precisions = (wish.precision,) if wish.precision in _LEAST_BYTES else tuple(_LEAST_BYTES)
        sizes = [size for precision in precisions if (size := _weights(model, precision)) is not None]
    if not sizes:
        return None
    return min(sizes if model.cache_gib is None else [*sizes, model.cache_gib])


def _weights(model: Model, precision: str | None) -> float | None:
    """Published weights of a precision, else parameters times its bytes without any overhead."""
    for weights in model.weights:
        if weights.precision is None or weights.precision == precision:
            return weights.gib
    if model.params_billion is None or precision is None:
        return None
    return model.params_billion * _LEAST_BYTES[precision] * 1e9 / GIB


def least_of_cache(cache: CacheFacts) -> float | None:
    """As :func:`least_gib`, for what a NIMCache downloads; None for weights from elsewhere."""
    if cache.source != "ngc" or cache.endpoint:
        return None
    wish = cache.wish
    named = [profile_named(name) for name in cache.profiles]
    precisions = {name.precision for name in named if name is not None}
    if named and None not in named and len(precisions) == 1:
        wish = Wish(wish.engine, precisions.pop(), wish.tensor, wish.qos, wish.gpus)
    return least_gib(cache.model, cache.line, wish)


def least_of_service(service: ServiceFacts) -> float | None:
    """As :func:`least_gib`, for what a service loads."""
    return least_gib(service.model, service.line, service.wish)
