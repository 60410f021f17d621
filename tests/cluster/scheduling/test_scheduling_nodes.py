"""What nodes offer, against the catalog and Karpenter's formulas."""

from __future__ import annotations

from typing import Any

import pytest

from nimfleet.catalog.load import load_catalog
from nimfleet.cluster.scheduling.nodes import NodeSettings, allocatable, ami_family, capacity, node_settings, volume_for

GIB = 2**30
MIB = 2**20
G5 = load_catalog().instances["g5.xlarge"]


def settings(**spec: Any) -> NodeSettings:
    return node_settings({"spec": spec}, 0.075)


def test_the_default_is_what_the_catalog_says() -> None:
    for instance in load_catalog().instances.values():
        found = allocatable(instance, NodeSettings())
        assert found["cpu"] == instance.allocatable_cpu_millis
        assert found["memory"] == instance.allocatable_memory_mib * MIB
        assert found["pods"] == instance.max_pods
        assert found["ephemeral-storage"] == 17 * GIB


def test_a_larger_root_volume_leaves_more() -> None:
    assert allocatable(G5, NodeSettings(volume=300 * GIB))["ephemeral-storage"] == 269 * GIB


def test_fractional_gpus_are_none() -> None:
    assert capacity(load_catalog().instances["g6f.xlarge"], NodeSettings())["nvidia.com/gpu"] == 0


def test_devices_have_their_own_names() -> None:
    instances = load_catalog().instances
    assert capacity(instances["g4ad.xlarge"], NodeSettings())["amd.com/gpu"] == 1
    inf2 = capacity(instances["inf2.24xlarge"], NodeSettings())
    assert (inf2["aws.amazon.com/neuron"], inf2["aws.amazon.com/neuroncore"]) == (6, 12)
    assert capacity(instances["trn2.48xlarge"], NodeSettings())["aws.amazon.com/neuroncore"] == 128
    assert capacity(instances["p5.48xlarge"], NodeSettings())["vpc.amazonaws.com/efa"] == 32


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"amiSelectorTerms": [{"alias": "al2023@latest"}]}, "AL2023"),
        ({"amiSelectorTerms": [{"alias": "bottlerocket@v1.30.0"}], "amiFamily": "AL2"}, "Bottlerocket"),
        ({"amiFamily": "AL2", "amiSelectorTerms": [{"id": "ami-1"}]}, "AL2"),
        ({"amiSelectorTerms": [{"id": "ami-1"}]}, "Custom"),
        ({"amiSelectorTerms": [{"alias": "windows2022@latest"}]}, "Windows"),
        (None, "Custom"),
    ],
)
def test_the_alias_names_the_family(spec: Any, expected: str) -> None:
    assert ami_family(spec) == expected


@pytest.mark.parametrize(
    ("family", "devices", "expected"),
    [
        ("al2023", [], 20),
        ("al2023", [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": "100Gi"}}], 100),
        ("al2023", [{"deviceName": "/dev/xvdb", "ebs": {"volumeSize": "100Gi"}}], 20),
        ("bottlerocket", [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": "100Gi"}}], 20),
        ("bottlerocket", [{"deviceName": "/dev/xvdb", "ebs": {"volumeSize": "100Gi"}}], 100),
        ("al2023", [{"deviceName": "/dev/xvdz", "rootVolume": True, "ebs": {"volumeSize": "50Gi"}}], 50),
        ("windows2022", [], 50),
    ],
)
def test_the_volume_of_pods_depends_on_the_family(family: str, devices: list[Any], expected: int) -> None:
    found = settings(amiSelectorTerms=[{"alias": f"{family}@latest"}], blockDeviceMappings=devices)
    assert found.volume == expected * GIB


def test_a_custom_family_takes_the_last_device() -> None:
    devices = [
        {"deviceName": "/dev/a", "ebs": {"volumeSize": "30Gi"}},
        {"deviceName": "/dev/b", "ebs": {"volumeSize": "70Gi"}},
    ]
    found = settings(blockDeviceMappings=devices)
    assert found.volume == 70 * GIB
    assert found.volume_pointer == ("spec", "blockDeviceMappings", 1, "ebs", "volumeSize")


def test_local_disks_replace_the_volume() -> None:
    found = settings(amiSelectorTerms=[{"alias": "al2023@latest"}], instanceStorePolicy="RAID0")
    assert capacity(G5, found)["ephemeral-storage"] == 250 * 10**9
    assert capacity(load_catalog().instances["m5.large"], found)["ephemeral-storage"] == 20 * GIB


def test_the_kubelet_keeps_back_what_it_is_told() -> None:
    kubelet = {
        "kubeReserved": {"memory": "1Gi", "cpu": "200m"},
        "systemReserved": {"memory": "512Mi"},
        "evictionHard": {"memory.available": "10%", "nodefs.available": "5Gi"},
        "evictionSoft": {"memory.available": "50%"},
        "maxPods": 20,
    }
    found = allocatable(G5, settings(amiSelectorTerms=[{"alias": "al2023@latest"}], kubelet=kubelet))
    whole = capacity(G5, NodeSettings())["memory"]
    assert found["memory"] == whole - GIB - 512 * MIB - -(-whole // 10)
    assert found["cpu"] == 4000 - 200
    assert found["pods"] == 20
    assert found["ephemeral-storage"] == (20 - 1 - 5) * GIB


def test_pods_per_core_bound_the_pods_except_on_bottlerocket() -> None:
    kubelet = {"podsPerCore": 3}
    assert allocatable(G5, settings(amiFamily="AL2023", kubelet=kubelet))["pods"] == 12
    assert allocatable(G5, settings(amiFamily="Bottlerocket", kubelet=kubelet))["pods"] == G5.max_pods


def test_memory_overhead_follows_karpenters_setting() -> None:
    none = allocatable(G5, node_settings({"spec": {"amiFamily": "AL2023"}}, 0.0))
    assert none["memory"] - allocatable(G5, NodeSettings())["memory"] == 1229 * MIB


@pytest.mark.parametrize("need", [1, 17 * GIB, 17 * GIB + 1, 300 * GIB])
def test_the_proposed_volume_is_the_smallest_that_is_enough(need: int) -> None:
    size = volume_for(need, NodeSettings())
    assert allocatable(G5, NodeSettings(volume=size * GIB))["ephemeral-storage"] >= need
    if size > 1:
        assert allocatable(G5, NodeSettings(volume=(size - 1) * GIB))["ephemeral-storage"] < need


@pytest.mark.parametrize(
    "spec", [None, [], {"blockDeviceMappings": [1, {"ebs": 2}], "kubelet": "x", "amiSelectorTerms": 3}]
)
def test_nonsense_has_defaults(spec: Any) -> None:
    assert node_settings({"spec": spec}, 0.075).max_pods is None
