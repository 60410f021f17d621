"""Pods of the NIM operator's kinds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.expand import pod_sets
from nimfleet.cluster.pods.model import PodSet, Replicas, Role
from nimfleet.manifest.walk import get

Make = Callable[[str], Cluster]
SERVICE = """
apiVersion: apps.nvidia.com/v1alpha1
kind: NIMService
metadata: {name: llama, namespace: nim}
spec:
  image: {repository: nvcr.io/nim/meta/llama, tag: "1.0"}
  storage: {nimCache: {name: llama%s}}
%s
"""


def only(cluster: Make, text: str) -> PodSet:
    (found,) = cluster(text).once(pod_sets)
    return found


def gpus(pods: PodSet) -> object:
    return get(pods.spec, "containers", 0, "resources", "limits", "nvidia.com/gpu")


def test_a_service_says_where_its_wishes_are_written(cluster: Make) -> None:
    more = "  replicas: 3\n  nodeSelector: {a: b}\n  resources: {limits: {nvidia.com/gpu: 2}}"
    pods = only(cluster, SERVICE % ("", more))
    assert (pods.name, pods.namespace, pods.role) == ("llama", "nim", Role.REPLICA)
    assert pods.replicas == Replicas(3, 3, 3)
    assert pods.spec["nodeSelector"] == {"a": "b"}
    assert gpus(pods) == 2
    assert pods.pointer("nodeSelector", "a") == ("spec", "nodeSelector", "a")
    assert pods.pointer("replicas") == ("spec", "replicas")
    assert pods.pointer("affinity") == ("spec",)
    assert get(pods.spec, "containers", 0, "image") == "nvcr.io/nim/meta/llama:1.0"


def test_the_operator_adds_no_toleration(cluster: Make) -> None:
    assert only(cluster, SERVICE % ("", "")).spec["tolerations"] is None


@pytest.mark.parametrize(
    ("profile", "resources", "expected"),
    [
        ("", "{}", None),
        ("vllm-bf16-tp4-pp1", "{}", 4),
        ("0123456789abcdef", "{}", 1),
        ("vllm-bf16-tp4-pp1", "{limits: {nvidia.com/gpu: 2}}", 2),
        ("vllm-bf16-tp4-pp1", "{requests: {cpu: 4}, limits: {cpu: 4}}", 4),
    ],
)
def test_gpus_are_added_only_for_a_profile(cluster: Make, profile: str, resources: str, expected: int | None) -> None:
    pods = only(cluster, SERVICE % (f", profile: '{profile}'", f"  resources: {resources}"))
    assert gpus(pods) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("ngc: {model: {tensorParallelism: '8'}}", 8),
        ("ngc: {modelEndpoint: https://example.com}", None),
        ("hf: {modelPuller: x}", None),
    ],
)
def test_gpus_follow_the_cache(cluster: Make, source: str, expected: int | None) -> None:
    cache = f"""
---
apiVersion: apps.nvidia.com/v1alpha1
kind: NIMCache
metadata: {{name: llama, namespace: nim}}
spec: {{source: {{{source}}}}}
"""
    found = cluster(SERVICE % (", profile: abc", "") + cache).once(pod_sets)
    assert gpus(found[0]) == expected


def test_autoscaling_says_how_many(cluster: Make) -> None:
    scale = "  scale: {enabled: true, hpa: {minReplicas: 2, maxReplicas: 7}}"
    assert only(cluster, SERVICE % ("", scale)).replicas == Replicas(2, 2, 7)
    off = "  scale: {enabled: false, hpa: {minReplicas: 2, maxReplicas: 7}}"
    assert only(cluster, SERVICE % ("", off)).replicas == Replicas(1, 1, 1)


@pytest.mark.parametrize("target", ["Deployment", "NIMService"])
def test_an_autoscaler_beside_the_service_counts(cluster: Make, target: str) -> None:
    scaler = f"""
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {{name: llama, namespace: nim}}
spec: {{scaleTargetRef: {{kind: {target}, name: llama}}, minReplicaCount: 0, maxReplicaCount: 4}}
"""
    assert cluster(SERVICE % ("", "") + scaler).once(pod_sets)[0].replicas == Replicas(0, 1, 4)


def test_several_nodes_serve_one_replica(cluster: Make) -> None:
    more = "  replicas: 2\n  multiNode: {parallelism: {pipeline: 3, tensor: 8}}"
    pods = only(cluster, SERVICE % (", profile: abc", more))
    assert pods.role is Role.MULTI_NODE
    assert pods.replicas == Replicas(6, 6, 6)
    assert gpus(pods) == 8


def test_only_enabled_services_of_a_pipeline_run(cluster: Make) -> None:
    text = """
apiVersion: apps.nvidia.com/v1alpha1
kind: NIMPipeline
metadata: {name: rag, namespace: nim}
spec:
  services:
    - {name: off, spec: {}}
    - {name: llm, enabled: true, spec: {nodeSelector: {a: b}}}
"""
    pods = only(cluster, text)
    assert pods.name == "llm"
    assert pods.pointer("nodeSelector") == ("spec", "services", 1, "spec", "nodeSelector")


def test_a_cache_has_the_operators_selector_and_no_gpu(cluster: Make) -> None:
    text = """
apiVersion: apps.nvidia.com/v1alpha1
kind: NIMCache
metadata: {name: llama, namespace: nim}
spec:
  source: {ngc: {modelPuller: "nvcr.io/nim/meta/llama:1.0"}}
  resources: {cpu: "2", memory: 8Gi}
  storage: {pvc: {create: true, size: 10Gi}}
%s
"""
    pods = only(cluster, text % "")
    assert pods.role is Role.JOB
    assert pods.spec["nodeSelector"] == {"feature.node.kubernetes.io/pci-10de.present": "true"}
    assert pods.pointer("nodeSelector", "x") == ("spec",)
    assert get(pods.spec, "containers", 0, "resources", "limits") == {"cpu": "2", "memory": "8Gi"}
    assert get(pods.spec, "volumes", 0, "persistentVolumeClaim", "claimName") == "llama-pvc"
    assert only(cluster, text % "  nodeSelector: {}").spec["nodeSelector"] == {}


def test_builds_and_nemo_services_run_too(cluster: Make) -> None:
    text = """
apiVersion: apps.nvidia.com/v1alpha1
kind: NIMBuild
metadata: {name: engine, namespace: nim}
spec: {image: {repository: x}, resources: {limits: {nvidia.com/gpu: 1}}}
---
apiVersion: apps.nvidia.com/v1alpha1
kind: NemoGuardrail
metadata: {name: rails, namespace: nim}
spec: {replicas: 2}
"""
    found = cluster(text).once(pod_sets)
    assert {(pods.name, pods.role, pods.replicas.minimum) for pods in found} == {
        ("engine", Role.JOB, 1),
        ("rails", Role.REPLICA, 2),
    }


@pytest.mark.parametrize("spec", ["null", "[]", "{storage: 3, resources: x, multiNode: 1, replicas: many, image: []}"])
def test_nonsense_is_read_without_a_crash(cluster: Make, spec: str) -> None:
    for kind in ("NIMService", "NIMCache", "NIMBuild", "NIMPipeline"):
        text = f"apiVersion: apps.nvidia.com/v1alpha1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n"
        for pods in cluster(text).once(pod_sets):
            assert pods.namespace == "default"
