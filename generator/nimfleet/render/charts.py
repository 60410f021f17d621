"""Helm charts: a source and a HelmRelease for each component that an environment needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nimfleet.manifest.pointer import Pointer
from nimfleet.plan.types import ChartPlan, EnvironmentPlan
from nimfleet.render.objects import FLUX_NAMESPACE, File, Object, metadata

_HELM_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"


@dataclass(frozen=True, slots=True)
class Component:
    """A chart that an environment may need.

    ``namespace`` is where it is installed (None: the catalog's); ``needed`` says when; ``values`` are the chart's values;
    ``after`` names charts whose releases must be ready first; ``crds_in_chart`` is true where the chart's ``crds/`` folder is the
    owner of its CRDs, which Helm alone would never upgrade.
    """

    chart: str
    needed: Callable[[EnvironmentPlan], bool]
    values: Callable[[EnvironmentPlan], Object]
    cause: Pointer
    after: tuple[str, ...] = ()
    crds_in_chart: bool = False
    namespace: str | None = None

    def target(self, chart: ChartPlan) -> str:
        """The namespace in which the release's objects live."""
        return self.namespace or chart.chart.namespace


def source(plan: ChartPlan) -> Object:
    """The HelmRepository or OCIRepository of a chart."""
    chart = plan.chart
    if chart.type == "oci":
        return {
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "OCIRepository",
            "metadata": metadata(chart.name, FLUX_NAMESPACE),
            "spec": {
                "interval": "1h",
                "layerSelector": {"mediaType": _HELM_LAYER, "operation": "copy"},
                "ref": {"tag": plan.version},
                "url": chart.repository,
            },
        }
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "HelmRepository",
        "metadata": metadata(chart.name, FLUX_NAMESPACE),
        "spec": {"interval": "1h", "url": chart.repository},
    }


def release(component: Component, plan: EnvironmentPlan, present: frozenset[str]) -> Object:
    """The HelmRelease of ``component``; ``present`` are the charts of this environment."""
    pin = plan.charts[component.chart]
    chart = pin.chart
    spec: Object = {
        "interval": "1h",
        "timeout": "10m",
        "releaseName": chart.name,
        "targetNamespace": component.target(pin),
    }
    if chart.type == "oci":
        spec["chartRef"] = {"kind": "OCIRepository", "name": chart.name}
    else:
        spec["chart"] = {
            "spec": {
                "chart": chart.name,
                "version": pin.version,
                "interval": "1h",
                "sourceRef": {"kind": "HelmRepository", "name": chart.name},
            }
        }
    after = [name for name in component.after if name in present]
    if after:
        spec["dependsOn"] = [{"name": name} for name in after]
    install, upgrade = ("Create", "CreateReplace") if component.crds_in_chart else ("Skip", "Skip")
    spec["install"] = {"crds": install, "remediation": {"retries": 5}}
    # The last upgrade is rolled back too: a half-upgraded controller is worse than an old one.
    spec["upgrade"] = {
        "crds": upgrade,
        "cleanupOnFail": True,
        "remediation": {"retries": 5, "remediateLastFailure": True},
    }
    values = component.values(plan)
    if values:
        spec["values"] = values
    return {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": metadata(chart.name, FLUX_NAMESPACE),
        "spec": spec,
    }


def files(components: tuple[Component, ...], plan: EnvironmentPlan) -> list[File]:
    """Sources and releases of the components that ``plan`` needs."""
    needed = [component for component in components if component.needed(plan)]
    present = frozenset(component.chart for component in needed)
    result = []
    for component in needed:
        pin = plan.charts[component.chart]
        result.append(File(f"sources/{component.chart}.yaml", (source(pin),), component.cause))
        result.append(
            File(f"controllers/{component.chart}.yaml", (release(component, plan, present),), component.cause)
        )
    return result
