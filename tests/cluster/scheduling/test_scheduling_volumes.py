"""Zones that follow from volumes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nimfleet.cluster.scheduling.model import ConstraintKind, Placement
from nimfleet.cluster.scheduling.schedule import schedule

Object = dict[str, Any]
Make = Callable[..., Any]
ZONE = "topology.kubernetes.io/zone"
POOL = [("karpenter.k8s.aws/instance-family", "In", "g5"), (ZONE, "In", "us-east-1a")]
VOLUMES = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]


def claim(**spec: Any) -> Object:
    metadata = {"name": "data", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def storage_class(*zones: str, default: bool = False) -> Object:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    terms = [{"matchLabelExpressions": [{"key": "topology.ebs.csi.aws.com/zone", "values": [zone]}]} for zone in zones]
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "gp3", "annotations": annotations},
        "provisioner": "ebs.csi.aws.com",
        "allowedTopologies": terms,
    }


def volume(zone: str) -> Object:
    term = {"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "old"},
        "spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [term]}}},
    }


def placement(clusters: Make, node_class: Object, node_pool: Make, deployment: Make, *values: Object) -> Placement:
    pods = deployment({"nvidia.com/gpu": 1}, volumes=VOLUMES)
    (found,) = clusters(node_class, node_pool("g5", POOL), pods, *values).once(schedule).placements
    assert isinstance(found, Placement)
    return found


def test_a_class_for_another_zone(clusters: Make, node_class: Object, node_pool: Make, deployment: Make) -> None:
    args = (clusters, node_class, node_pool, deployment)
    found = placement(*args, claim(storageClassName="gp3"), storage_class("us-east-1b", "us-east-1c"))
    assert found.chosen is None
    (verdict,) = found.verdicts
    assert [each.kind for each in verdict.conflict] == [ConstraintKind.ZONE, ConstraintKind.ZONE]
    assert {each.object.id.kind for each in verdict.conflict if each.object} == {"StorageClass", "NodePool"}
    assert verdict.conflict[0].text.startswith(
        "allowedTopologies topology.kubernetes.io/zone In [us-east-1b, us-east-1c]"
    )
    assert placement(*args, claim(storageClassName="gp3"), storage_class("us-east-1b", "us-east-1a")).chosen


def test_the_default_class_counts(clusters: Make, node_class: Object, node_pool: Make, deployment: Make) -> None:
    args = (clusters, node_class, node_pool, deployment)
    assert placement(*args, claim(), storage_class("us-east-1b", default=True)).chosen is None
    assert placement(*args, claim(), storage_class("us-east-1b")).chosen
    assert placement(*args, claim(storageClassName="efs"), storage_class("us-east-1b", default=True)).chosen


def test_a_claim_that_is_bound_follows_its_volume(
    clusters: Make, node_class: Object, node_pool: Make, deployment: Make
) -> None:
    args = (clusters, node_class, node_pool, deployment)
    bound = claim(volumeName="old", storageClassName="gp3")
    assert placement(*args, bound, volume("us-east-1b"), storage_class("us-east-1a")).chosen is None
    assert placement(*args, bound, volume("us-east-1a"), storage_class("us-east-1b")).chosen


def test_the_claim_of_a_cache_is_the_operators(clusters: Make, node_class: Object, node_pool: Make) -> None:
    cache = {
        "apiVersion": "apps.nvidia.com/v1alpha1",
        "kind": "NIMCache",
        "metadata": {"name": "llama", "namespace": "default"},
        "spec": {
            "source": {"ngc": {"modelPuller": "x"}},
            "nodeSelector": {"karpenter.sh/nodepool": "g5"},
            "storage": {"pvc": {"create": True, "storageClass": "gp3", "size": "1Gi"}},
        },
    }
    service = {
        "apiVersion": "apps.nvidia.com/v1alpha1",
        "kind": "NIMService",
        "metadata": {"name": "llama", "namespace": "default"},
        "spec": {"storage": {"nimCache": {"name": "llama"}}, "resources": {"limits": {"nvidia.com/gpu": 1}}},
    }
    values = (node_class, node_pool("g5", POOL), cache, service)
    for zone, fits in (("us-east-1b", False), ("us-east-1a", True)):
        found = clusters(*values, storage_class(zone)).once(schedule).placements
        assert [placement.chosen is not None for placement in found] == [fits, fits]


def test_claims_that_pods_bring_themselves(
    clusters: Make, node_class: Object, node_pool: Make, deployment: Make
) -> None:
    own = {"storageClassName": "gp3"}
    ephemeral = [{"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": own}}}]
    scratch = deployment({"nvidia.com/gpu": 1}, volumes=ephemeral)
    stateful = deployment({"nvidia.com/gpu": 1})
    stateful["kind"] = "StatefulSet"
    stateful["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": own}]
    for pods in (scratch, stateful):
        for zone, fits in (("us-east-1b", False), ("us-east-1a", True)):
            values = (node_class, node_pool("g5", POOL), pods, storage_class(zone))
            (found,) = clusters(*values).once(schedule).placements
            assert (found.chosen is not None) == fits
