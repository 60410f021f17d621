"""What the repository says of the NIM operator: whether its admission webhook judges updates."""

from __future__ import annotations

from enum import StrEnum

from nimfleet.rules.transition.change import HELM, Cluster, at
from nimfleet.rules.transition.helm import chart_of


class Webhook(StrEnum):
    """Whether the operator's admission webhook is on."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


def webhook(cluster: Cluster) -> Webhook:
    """The webhook in this cluster: chart k8s-nim-operator 3.1.2 leaves it off unless its values say so.

    Unknown when the operator is not installed from here, or takes values from elsewhere.
    """
    for release in cluster.has(HELM, "HelmRelease"):
        if chart_of(release, cluster.after) != "k8s-nim-operator":
            continue
        enabled = at(release.value, "spec", "values", "operator", "admissionController", "enabled")
        if enabled is None and at(release.value, "spec", "valuesFrom"):
            return Webhook.UNKNOWN
        return Webhook.ON if enabled is True else Webhook.OFF
    return Webhook.UNKNOWN
