"""The namespaces that releases and models are put into."""

from __future__ import annotations

from nimfleet.plan.types import EnvironmentPlan
from nimfleet.render.components import COMPONENTS
from nimfleet.render.objects import FLUX_NAMESPACE, File, Object, metadata

_EXISTING = frozenset({"default", "kube-system", "kube-public", "kube-node-lease", FLUX_NAMESPACE})


def files(plan: EnvironmentPlan) -> list[File]:
    """``sources/namespaces.yaml``: all namespaces that do not come with the cluster or with Flux."""
    names = {plan.intent.namespace} | {
        component.target(plan.charts[component.chart]) for component in COMPONENTS if component.needed(plan)
    }
    objects: list[Object] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata(name)} for name in sorted(names - _EXISTING)
    ]
    return [File("sources/namespaces.yaml", tuple(objects), ("namespace",))]
