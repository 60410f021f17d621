"""The namespaces that releases and models are put into."""

from __future__ import annotations

from nimfleet.plan.types import EnvironmentPlan
from nimfleet.render.components import COMPONENTS
from nimfleet.render.objects import FLUX_NAMESPACE, File, Object, metadata

_EXISTING = frozenset({"default", "kube-system", "kube-public", "kube-node-lease", FLUX_NAMESPACE})
_BASELINE = {"pod-security.kubernetes.io/enforce": "baseline"}
"""Pod Security Admission for models, whose pods need nothing of the node: no host paths, no host network, no privileges.
Not ``restricted``: the operator sets no seccomp profile and drops no capabilities."""


def files(plan: EnvironmentPlan) -> list[File]:
    """``sources/namespaces.yaml``: all namespaces that do not come with the cluster or with Flux."""
    # Charts bring pods that do need the node: device plugins, storage drivers, node exporters.
    charts = {component.target(plan.charts[component.chart]) for component in COMPONENTS if component.needed(plan)}
    names = (charts | {plan.intent.namespace}) - _EXISTING
    objects: list[Object] = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": metadata(name, labels={} if name in charts else _BASELINE),
        }
        for name in sorted(names)
    ]
    return [File("sources/namespaces.yaml", tuple(objects), ("namespace",))]
