"""Daemons of charts, by their values."""

from __future__ import annotations

from collections.abc import Callable

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.charts import chart_daemons
from nimfleet.cluster.pods.model import PodSet
from nimfleet.manifest.walk import get

Make = Callable[[str], Cluster]
RELEASE = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: it, namespace: flux-system}
spec:
  chart: {spec: {chart: %s, sourceRef: {kind: HelmRepository, name: it}}}
  values: %s
"""


def daemons(cluster: Make, chart: str, values: str) -> dict[str, PodSet]:
    return {pods.name: pods for pods in cluster(RELEASE % (chart, values)).once(chart_daemons)}


def test_discovery_comes_with_the_switch(cluster: Make) -> None:
    assert set(daemons(cluster, "nvidia-device-plugin", "{}")) == {"nvidia-device-plugin"}
    assert set(daemons(cluster, "nvidia-device-plugin", "{gfd: {enabled: true}}")) == {
        "nvidia-device-plugin",
        "gpu-feature-discovery",
        "node-feature-discovery-worker",
    }
    off = "{gfd: {enabled: true}, nfd: {enabled: false}}"
    assert "node-feature-discovery-worker" not in daemons(cluster, "nvidia-device-plugin", off)


def test_values_replace_what_the_chart_says(cluster: Make) -> None:
    values = "{tolerations: [{key: a, operator: Exists}], resources: {requests: {cpu: 1}}, nodeSelector: {b: c}}"
    found = daemons(cluster, "dcgm-exporter", values)["dcgm-exporter"].spec
    assert found["tolerations"] == [{"key": "a", "operator": "Exists"}]
    assert found["nodeSelector"] == {"b": "c"}
    assert get(found, "containers", 0, "resources", "requests") == {"cpu": 1}


def test_defaults_hold_where_values_do_not_say(cluster: Make) -> None:
    found = daemons(cluster, "dcgm-exporter", "{}")["dcgm-exporter"].spec
    assert get(found, "containers", 0, "resources", "requests") == {"cpu": "100m", "memory": "128Mi"}


def test_a_driver_tolerates_everything_unless_told_not_to(cluster: Make) -> None:
    on = daemons(cluster, "aws-fsx-csi-driver", "{}")["fsx-csi-node"].spec
    off = daemons(cluster, "aws-fsx-csi-driver", "{node: {tolerateAllTaints: false}}")["fsx-csi-node"].spec
    assert {"operator": "Exists"} in on["tolerations"]
    assert {"operator": "Exists"} not in off["tolerations"]


def test_unknown_charts_bring_nothing_that_is_known(cluster: Make) -> None:
    assert daemons(cluster, "podinfo", "{}") == {}
