"""Clusters made of plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from nimfleet.cluster.model import Cluster, Profile, World
from nimfleet.config.model import NodeGroup
from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import KubeObject, Place

Object = dict[str, Any]
NODE_CLASS: Object = {
    "apiVersion": "karpenter.k8s.aws/v1",
    "kind": "EC2NodeClass",
    "metadata": {"name": "default"},
    "spec": {
        "amiSelectorTerms": [{"alias": "al2023@v20260903"}],
        "blockDeviceMappings": [{"deviceName": "/dev/xvda", "rootVolume": True, "ebs": {"volumeSize": "200Gi"}}],
    },
}


def _object(value: Object) -> KubeObject:
    identity = ObjectId.of(value)
    assert identity is not None

    def place(pointer: Pointer) -> Place:
        raise AssertionError(f"nobody needs the place of {pointer}")

    return KubeObject(identity, value, None, "", place)


@pytest.fixture(scope="session")
def clusters() -> Callable[..., Cluster]:
    """``clusters(*values, groups=())``: a complete cluster of these objects."""

    def make(*values: Object, groups: Iterable[NodeGroup] = ()) -> Cluster:
        objects = tuple(_object(value) for value in values)
        return Cluster("test", World.COMPLETE, Profile.STANDARD, "1.34", {}, objects, node_groups=tuple(groups))

    return make


@pytest.fixture(scope="session")
def node_class() -> Object:
    """An EC2NodeClass ``default`` with 200Gi."""
    return NODE_CLASS


@pytest.fixture(scope="session")
def node_pool() -> Callable[..., Object]:
    """``node_pool(name, requirements, labels=, taints=, limits=, **spec)``: requirements as ``(key, operator, *values)``."""

    def make(
        name: str,
        requirements: Iterable[tuple[str, ...]] = (),
        labels: Object | None = None,
        taints: Iterable[Object] = (),
        limits: Object | None = None,
        **spec: Any,
    ) -> Object:
        entries = [
            {"key": key, "operator": operator, "values": list(values)} for key, operator, *values in requirements
        ]
        reference = {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"}
        template: Object = {"spec": {"nodeClassRef": reference, "requirements": entries, "taints": list(taints)}}
        if labels is not None:
            template["metadata"] = {"labels": labels}
        whole = {"template": template, **spec}
        if limits is not None:
            whole["limits"] = limits
        return {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": name}, "spec": whole}

    return make


@pytest.fixture(scope="session")
def deployment() -> Callable[..., Object]:
    """``deployment(requests, replicas=1, name="app", **pod)``: a Deployment of one container."""

    def make(requests: Object, replicas: int = 1, name: str = "app", **pod: Any) -> Object:
        container = {"name": "main", "image": "example.com/app:1", "resources": {"requests": requests}}
        template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], **pod}}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template},
        }

    return make
