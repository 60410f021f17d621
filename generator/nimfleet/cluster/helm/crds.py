"""Whether releases bring the custom resource definitions of their charts."""

from __future__ import annotations

from nimfleet.cluster.charts import CHARTS, Facts, Switch, charts_of
from nimfleet.cluster.helm.releases import Release, declared, releases_of
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, text


def facts_of(release: Release) -> Facts | None:
    """What is known of the chart of a release; None where that brings no CRDs, or is not known."""
    facts = CHARTS.get(release.chart)
    return facts if facts is not None and facts.crd else None


def policy(release: Release, action: str) -> str:
    """``install.crds`` or ``upgrade.crds``, with Flux's default (Create, and Skip)."""
    return text(get(release.spec, action, "crds")) or ("Create" if action == "install" else "Skip")


def left_out(release: Release, facts: Facts) -> str:
    """Why a release does not bring the CRDs of its chart, and what to do; ``""``: it does."""
    if facts.switches and not any(_may_be_on(release, switch) for switch in facts.switches):
        first = facts.switches[0]
        name = ".".join(first.path)
        if first.default:
            return f"`{name}` is false: set it to true"
        return f"its chart brings them only with `{name}: true`: set it"
    if not facts.folder or policy(release, "install") != "Skip":
        return ""
    also = ", and `upgrade.crds` to `CreateReplace`" if policy(release, "upgrade") == "Skip" else ""
    return f"`install.crds` is `Skip`: set it to `Create`{also}"


def _may_be_on(release: Release, switch: Switch) -> bool:
    """Whether a switch is on, or has a value that says nothing yet (a variable of Flux)."""
    value = release.value(*switch.path)
    return switch.default if value is None else value is not False


def others_of(release: Release, facts: Facts) -> tuple[str, ...]:
    """Other charts that bring the same CRDs."""
    return tuple(chart for chart in charts_of(facts.crd.partition(".")[2]) if chart != release.chart)


def brought_otherwise(cluster: Cluster, release: Release, facts: Facts) -> bool:
    """Whether somebody else brings these CRDs, or may: an object, another chart, nimfleet.toml, or a release whose chart is
    not known because its source is not here."""
    if releases_of(cluster, *others_of(release, facts), "") or declared(cluster, "CustomResourceDefinition", facts.crd):
        return True
    group = facts.crd.partition(".")[2]
    crds = cluster.kind("apiextensions.k8s.io", "CustomResourceDefinition")
    return any(item.id.name.partition(".")[2] == group for item in crds)
