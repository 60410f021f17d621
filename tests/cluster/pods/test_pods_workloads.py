"""Pods of Kubernetes' own kinds, and what scales them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.expand import pod_sets
from nimfleet.cluster.pods.model import Replicas, Role

Make = Callable[[str], Cluster]
TEMPLATE = (
    "{spec: {nodeSelector: {a: b}, containers: [{name: side}, {name: main, resources: {limits: {nvidia.com/gpu: 1}}}]}}"
)


@pytest.mark.parametrize(
    ("version", "kind", "spec", "role", "replicas", "path"),
    [
        ("apps/v1", "Deployment", "{replicas: 3, template: %s}", Role.REPLICA, 3, ("spec", "template", "spec")),
        ("apps/v1", "StatefulSet", "{template: %s}", Role.REPLICA, 1, ("spec", "template", "spec")),
        ("apps/v1", "ReplicaSet", "{replicas: 0, template: %s}", Role.REPLICA, 0, ("spec", "template", "spec")),
        ("apps/v1", "DaemonSet", "{template: %s}", Role.DAEMON, 0, ("spec", "template", "spec")),
        ("batch/v1", "Job", "{parallelism: 4, template: %s}", Role.JOB, 4, ("spec", "template", "spec")),
        (
            "batch/v1",
            "CronJob",
            "{jobTemplate: {spec: {template: %s}}}",
            Role.JOB,
            1,
            ("spec", "jobTemplate", "spec", "template", "spec"),
        ),
    ],
)
def test_each_kind_has_its_template(
    cluster: Make, version: str, kind: str, spec: str, role: Role, replicas: int, path: tuple[str, ...]
) -> None:
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: app, namespace: x}}\nspec: {spec % TEMPLATE}\n"
    (pods,) = cluster(text).once(pod_sets)
    assert (pods.role, pods.replicas.steady) == (role, replicas)
    assert pods.spec["nodeSelector"] == {"a": "b"}
    assert pods.pointer("nodeSelector") == (*path, "nodeSelector")
    # The container that takes the GPU, not the first.
    assert pods.pointer("resources") == (*path, "containers", 1, "resources")


def test_a_pod_is_itself(cluster: Make) -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: app, labels: {a: b}}\nspec: {containers: [{name: c}]}\n"
    (pods,) = cluster(text).once(pod_sets)
    assert pods.labels == {"a": "b"}
    assert pods.pointer("image") == ("spec",)
    assert pods.replicas == Replicas(1, 1, 1)


def test_an_autoscaler_replaces_the_replicas(cluster: Make) -> None:
    text = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: app}}
spec: {{replicas: 9, template: {TEMPLATE}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: app, namespace: default}}
spec: {{scaleTargetRef: {{kind: Deployment, name: app}}, minReplicas: 2, maxReplicas: 5}}
"""
    assert cluster(text).once(pod_sets)[0].replicas == Replicas(2, 2, 5)


def test_an_autoscaler_of_another_namespace_does_not(cluster: Make) -> None:
    text = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: app, namespace: a}}
spec: {{replicas: 9, template: {TEMPLATE}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: app, namespace: b}}
spec: {{scaleTargetRef: {{kind: Deployment, name: app}}, maxReplicas: 5}}
"""
    assert cluster(text).once(pod_sets)[0].replicas == Replicas(9, 9, 9)


@pytest.mark.parametrize(
    ("resource", "place"),
    [
        ("cpu", ("containers", 1, "resources", "requests", "cpu")),
        ("nvidia.com/gpu", ("containers", 1, "resources", "limits", "nvidia.com/gpu")),
        ("memory", ("containers", 0, "resources", "requests", "memory")),
        ("ephemeral-storage", ("containers", 1, "resources")),
    ],
)
def test_a_request_is_where_it_is_written(
    cluster: Callable[[str], Cluster], resource: str, place: tuple[str | int, ...]
) -> None:
    (pods,) = cluster(
        """
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers:
    - {name: side, resources: {requests: {memory: 1Gi}}}
    - {name: main, resources: {requests: {cpu: 1}, limits: {nvidia.com/gpu: 1}}}
"""
    ).once(pod_sets)
    assert pods.request(resource) == ("spec", *place)
