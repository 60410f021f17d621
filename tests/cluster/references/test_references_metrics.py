"""The names under which prometheus-adapter serves series."""

from __future__ import annotations

from typing import Any

import pytest
from references_support import cluster_of, spec, thing

from nimfleet.cluster.model import World
from nimfleet.cluster.references.metrics import asked, served

GROUP = "custom.metrics.k8s.io"


def adapter(rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    chart = {"spec": {"chart": "prometheus-adapter", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}}
    return thing("HelmRelease", "adapter", "nim", spec={"chart": chart, "values": {"rules": rules}, **more})


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ({"seriesQuery": "a:b{pod!=''}", "name": {"as": "c"}}, "c"),
        ({"seriesQuery": "a:b{pod!=''}"}, "a:b"),
        ({"seriesQuery": "a_total", "name": {"matches": "^(.*)_total$"}}, "a"),
        ({"seriesQuery": "a_total", "name": {"matches": "^(.*)_(total)$", "as": "${2}"}}, "total"),
        ({"seriesQuery": '{__name__=~"^some_metric$",pod!=""}', "name": {"matches": ""}}, "some_metric"),
    ],
)
def test_name_of_a_rule(rule: dict[str, Any], name: str) -> None:
    cluster = cluster_of([adapter({"default": False, "custom": [rule]})])
    assert served(cluster, GROUP) == frozenset({name})


@pytest.mark.parametrize(
    "rule",
    [
        {"seriesQuery": '{__name__=~"^vllm.*",pod!=""}'},
        {"seriesQuery": "a_total", "name": {"matches": "(.*)_(.*)"}},
        {"seriesQuery": "a_total", "name": {"matches": "(", "as": "$1"}},
        {"seriesQuery": "a_total", "name": {"matches": "^(.*)_total$", "as": "${1}_per_second"}},
    ],
)
def test_what_a_rule_serves_is_not_known(rule: dict[str, Any]) -> None:
    assert served(cluster_of([adapter({"default": False, "custom": [rule]})]), GROUP) is None


def test_nothing_is_known_of_metrics_that_something_else_may_serve() -> None:
    rules = {"default": False, "custom": []}
    assert served(cluster_of([adapter(rules)]), GROUP) == frozenset()
    assert served(cluster_of([adapter(rules)], World.FOLDER), GROUP) is None
    assert served(cluster_of([adapter({"custom": []})]), GROUP) is None
    assert served(cluster_of([adapter({**rules, "existing": "mine"})]), GROUP) is None
    assert served(cluster_of([adapter(rules, valuesFrom=[{"kind": "Secret", "name": "more"}])]), GROUP) is None
    service = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": f"v1beta1.{GROUP}"},
    }
    assert served(cluster_of([adapter(rules), service]), GROUP) is None


def test_metrics_of_services_that_scale() -> None:
    metrics = spec("[{type: Pods, pods: {metric: {name: busy}}}, {type: Resource, resource: {name: cpu}}]")
    scale = {"enabled": True, "hpa": {"maxReplicas": 2, "metrics": metrics}}
    services = [{"name": "a", "enabled": True, "spec": {"scale": scale}}, {"name": "b", "spec": {"scale": scale}}]
    cluster = cluster_of(
        [
            thing("NIMService", "one", spec={"scale": scale}),
            thing("NIMService", "two", spec={"scale": {**scale, "enabled": False}}),
            thing("NIMPipeline", "three", spec={"services": services}),
        ]
    )
    assert [(one.object.id.name, one.name, one.group) for one in asked(cluster)] == [
        ("one", "busy", GROUP),
        ("three", "busy", GROUP),
    ]
