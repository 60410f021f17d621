"""Objects of any shape: their schemas refuse them, and the proof must live with that."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.manifest.walk import get

Object = dict[str, Any]
Make = Callable[..., Any]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["", "x", "10%", "4Gi", "In", "Exists"])
)
ANY = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("key"), inner), max_leaves=4
)
WHOLE: tuple[Object, ...] = (
    {
        "apiVersion": "karpenter.k8s.aws/v1",
        "kind": "EC2NodeClass",
        "metadata": {"name": "default"},
        "spec": {
            "amiFamily": "AL2023",
            "amiSelectorTerms": [{"alias": "al2023@latest"}],
            "blockDeviceMappings": [{"deviceName": "/dev/xvda", "rootVolume": True, "ebs": {"volumeSize": "20Gi"}}],
            "kubelet": {
                "maxPods": 10,
                "podsPerCore": 1,
                "kubeReserved": {"cpu": "1"},
                "evictionHard": {"memory.available": "5%"},
            },
            "instanceStorePolicy": "RAID0",
        },
    },
    {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": "pool"},
        "spec": {
            "weight": 1,
            "limits": {"cpu": "8", "nodes": 1},
            "template": {
                "metadata": {"labels": {"team": "red"}},
                "spec": {
                    "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"},
                    "requirements": [{"key": "a", "operator": "In", "values": ["b"], "minValues": 2}],
                    "taints": [{"key": "a", "value": "b", "effect": "NoSchedule"}],
                },
            },
        },
    },
    {
        "apiVersion": "apps.nvidia.com/v1alpha1",
        "kind": "NIMService",
        "metadata": {"name": "llama", "namespace": "nim"},
        "spec": {
            "replicas": 2,
            "multiNode": {"parallelism": {"pipeline": 2, "tensor": 4}},
            "scale": {"enabled": True, "hpa": {"minReplicas": 1, "maxReplicas": 2}},
            "resources": {"limits": {"nvidia.com/gpu": 1}},
            "storage": {"nimCache": {"name": "llama", "profile": "tp2"}},
            "nodeSelector": {"team": "blue"},
            "tolerations": [{"key": "a", "operator": "Exists"}],
        },
    },
    {
        "apiVersion": "apps.nvidia.com/v1alpha1",
        "kind": "NIMCache",
        "metadata": {"name": "llama", "namespace": "nim"},
        "spec": {
            "source": {"ngc": {"modelPuller": "x", "model": {"tensorParallelism": "2"}}},
            "resources": {"cpu": 1},
            "storage": {"pvc": {"create": True, "storageClass": "gp3", "name": "data"}},
        },
    },
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "app"},
        "spec": {
            "replicas": 2,
            "template": {
                "metadata": {"labels": {"app": "app"}},
                "spec": {
                    "affinity": {
                        "nodeAffinity": {
                            "requiredDuringSchedulingIgnoredDuringExecution": {
                                "nodeSelectorTerms": [
                                    {"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}
                                ]
                            },
                            "preferredDuringSchedulingIgnoredDuringExecution": [
                                {"weight": 1, "preference": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}
                            ],
                        },
                        "podAntiAffinity": {
                            "requiredDuringSchedulingIgnoredDuringExecution": [
                                {
                                    "topologyKey": "topology.kubernetes.io/zone",
                                    "labelSelector": {
                                        "matchLabels": {"app": "app"},
                                        "matchExpressions": [{"key": "app", "operator": "Exists"}],
                                    },
                                }
                            ]
                        },
                    },
                    "topologySpreadConstraints": [
                        {"topologyKey": "topology.kubernetes.io/zone", "minDomains": 3, "labelSelector": {}}
                    ],
                    "containers": [{"name": "c", "ports": [{"hostPort": 80}], "resources": {"requests": {"cpu": "1"}}}],
                    "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}],
                },
            },
        },
    },
    {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "app"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "app"}, "minReplicas": 1, "maxReplicas": 3},
    },
    {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"storageClassName": "gp3", "volumeName": ""},
    },
    {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "gp3"},
        "allowedTopologies": [{"matchLabelExpressions": [{"key": "topology.kubernetes.io/zone", "values": ["a"]}]}],
    },
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every part of an object below its head."""
    if isinstance(value, dict):
        inner = [(*path, key) for key in value if path or key not in ("apiVersion", "kind", "metadata")]
    elif isinstance(value, list):
        inner = [(*path, index) for index in range(len(value))]
    else:
        inner = []
    found = list(inner)
    for place in inner:
        found += places(value[place[-1]], place)
    return found


PLACES = [(number, place) for number, value in enumerate(WHOLE) for place in places(value)]


@settings(max_examples=200, deadline=None)
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), ANY), min_size=1, max_size=3))
def test_no_shape_crashes_the_proof(
    clusters: Make, changes: list[tuple[tuple[int, tuple[str | int, ...]], Any]]
) -> None:
    values = copy.deepcopy(WHOLE)
    for (number, place), new in changes:
        parent = get(values[number], *place[:-1])
        # An earlier change may have taken the place away.
        if isinstance(parent, dict) or (isinstance(parent, list) and place[-1] in range(len(parent))):
            parent[place[-1]] = new
    cluster: Cluster = clusters(*values)
    found = cluster.once(schedule)
    for placement in found.placements:
        for verdict in placement.verdicts:
            assert bool(verdict.offers) + verdict.unknown + bool(verdict.conflict) == 1
            assert isinstance(verdict.fix, str)
