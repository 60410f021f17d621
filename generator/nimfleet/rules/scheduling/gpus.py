"""What Karpenter may put under a NIM service, held against the model that it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nimfleet.catalog.load import load_catalog
from nimfleet.catalog.model import InstanceType
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import ServiceFacts, services_by_pod
from nimfleet.cluster.pods.model import PodSet
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.cluster.suitability import Doubt, Unfit, unfit


@dataclass(frozen=True, slots=True, eq=False)
class Fitting:
    """The instance types on which the scheduler would put a service: ``first`` is what Karpenter takes first, in NodePool
    ``pool``; ``bad`` are those whose GPUs do not run the model, each with the reason, ``good`` the others."""

    pods: PodSet
    service: ServiceFacts
    pool: str
    first: InstanceType
    bad: tuple[tuple[InstanceType, Unfit], ...]
    good: tuple[InstanceType, ...]

    @property
    def verdict(self) -> Unfit | None:
        """What speaks against the instance type that comes first."""
        return next((reason for instance, reason in self.bad if instance.name == self.first.name), None)


def fittings(cluster: Cluster) -> tuple[Fitting, ...]:
    """Services of which something speaks against an instance type. Use it through ``cluster.once``."""
    return tuple(_fittings(cluster))


def gpu_of(instance: InstanceType) -> str:
    """A GPU by its product and size, as ``NVIDIA A10G (22.4 GiB)``."""
    gpu = load_catalog().gpus[instance.gpu or ""]
    return f"{gpu.product} ({gpu.memory_gib:.1f} GiB)"


def narrower(fitting: Fitting, worst: Doubt = Doubt.TIGHT) -> str:
    """A node selector that leaves only instance types against which nothing speaks (or nothing as bad as ``worst``), in
    words; ``""`` when no single label does."""
    catalog = load_catalog()
    good = [*fitting.good, *(instance for instance, reason in fitting.bad if reason.doubt < worst)]
    bad = [instance for instance, reason in fitting.bad if reason.doubt >= worst]
    if not good:
        return ""
    names = {catalog.gpus[instance.gpu or ""].karpenter_name for instance in good}
    if len(names) == 1 and all(catalog.gpus[instance.gpu or ""].karpenter_name not in names for instance in bad):
        return f"`karpenter.k8s.aws/instance-gpu-name: {names.pop()}`"
    sizes = {instance.gpu_memory_mib for instance in good}
    if len(sizes) == 1 and all(instance.gpu_memory_mib not in sizes for instance in bad):
        return f'`karpenter.k8s.aws/instance-gpu-memory: "{sizes.pop()}"`'
    families = {instance.family for instance in good}
    if all(instance.family not in families for instance in bad):
        return f"`karpenter.k8s.aws/instance-family: {min(families)}`"
    return ""


def _fittings(cluster: Cluster) -> Iterator[Fitting]:
    known = cluster.once(services_by_pod)
    for placement in cluster.once(schedule).placements:
        service = known.get((id(placement.pods.owner), placement.pods.name))
        if service is None or placement.chosen is None or service.model is None or not service.gpus:
            continue
        offers = [offer.instance for verdict in placement.verdicts for offer in verdict.offers]
        judged = [(instance, unfit(service, instance)) for instance in offers]
        bad = tuple((instance, reason) for instance, reason in judged if reason is not None)
        if bad:
            verdict, offer = placement.chosen
            good = tuple(instance for instance, reason in judged if reason is None)
            yield Fitting(placement.pods, service, verdict.pool, offer.instance, bad, good)
