"""All pods of a cluster."""

from __future__ import annotations

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.model import PodSet
from nimfleet.cluster.pods.nim import nim_pods
from nimfleet.cluster.pods.workloads import workload_pods


def pod_sets(cluster: Cluster) -> tuple[PodSet, ...]:
    """The pods that the objects of ``cluster`` make: those of the NIM operator's kinds, then those of Kubernetes' own,
    each in the order of the objects. Daemons that charts bring are in
    :func:`~nimfleet.cluster.pods.charts.chart_daemons`. Used as ``cluster.once(pod_sets)``."""
    return (*nim_pods(cluster), *workload_pods(cluster))
