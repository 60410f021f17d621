"""How much a model needs on disk, at least."""

from __future__ import annotations

from fractions import Fraction

from nimfleet.catalog.model import Model, gb_to_gib
from nimfleet.cluster.models import CacheFacts, ServiceFacts, Wish, profile_named, recorded_profiles
from nimfleet.plan.memory import BYTES_PER_PARAMETER, weights_gib
from nimfleet.schema.quantity import parse_quantity

GIB = 2**30


def gib(size: str) -> float | None:
    """A quantity in GiB; None for what is none."""
    quantity = parse_quantity(size)
    return float(quantity.value / Fraction(GIB)) if quantity is not None else None


def least_gib(model: Model | None, line: str | None, wish: Wish) -> float | None:
    """The smallest download that serves ``model`` as ``wish`` asks, in GiB; None when nothing is known.

    Recorded profiles count first, then the weights of the precision that is asked for; without one, the smallest
    precision that the model could have. What is too small for this is certainly too small.
    """
    if model is None:
        return None
    sizes: list[float] = []
    for profile in recorded_profiles(model, line, wish) if line else ():
        weights = weights_gib(model, profile.precision) if profile.precision else None
        disk = gb_to_gib(profile.disk_gb) if profile.disk_gb is not None else weights
        if disk is None:
            sizes = []
            break
        sizes.append(disk)
    if sizes:
        return min(sizes)
    if wish.precision in BYTES_PER_PARAMETER:
        return weights_gib(model, wish.precision)
    known = [weights.gib for weights in model.weights]
    if model.params_billion is not None:
        known.append(model.params_billion * min(BYTES_PER_PARAMETER.values()) * 1e9 / GIB)
    return min(known, default=None)


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
