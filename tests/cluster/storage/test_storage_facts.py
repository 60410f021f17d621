"""Storage classes, claims, sizes and the time to start."""

from __future__ import annotations

from typing import Any

import pytest

from nimfleet.catalog.load import load_catalog
from nimfleet.cluster.model import Cluster, Profile, World
from nimfleet.cluster.models import Wish, services
from nimfleet.cluster.storage.budget import budget_of, failures_for, granted, probe_seconds
from nimfleet.cluster.storage.claims import claims, most_replicas, users
from nimfleet.cluster.storage.classes import Driver, class_named, classes, driver_of
from nimfleet.cluster.storage.parameters import faults, fsx_gib, owner, unread
from nimfleet.cluster.storage.sizes import gib, least_gib
from nimfleet.manifest.identity import ObjectId
from nimfleet.repository.model import KubeObject, Place


def obj(api: str, kind: str, name: str, **parts: Any) -> KubeObject:
    metadata = {"name": name, **({} if kind == "StorageClass" else {"namespace": "nim"}), **parts.pop("metadata", {})}
    value = {"apiVersion": api, "kind": kind, "metadata": metadata, **parts}
    identity = ObjectId.of(value)
    assert identity is not None
    return KubeObject(identity, value, None, "", lambda pointer: Place("file.yaml", 1, 1))


def cluster(*objects: KubeObject) -> Cluster:
    return Cluster("", World.PART, Profile.STANDARD, "1.34", {}, objects)


def storage_class(name: str, provisioner: str, default: bool = False, **parts: Any) -> KubeObject:
    annotations = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}} if default else {}
    return obj("storage.k8s.io/v1", "StorageClass", name, metadata=annotations, provisioner=provisioner, **parts)


def cache(name: str = "llama", pvc: dict[str, Any] | None = None) -> KubeObject:
    source = {"ngc": {"modelPuller": "nvcr.io/nim/meta/llama-3.1-8b-instruct:1.3.3", "model": {"precision": "bf16"}}}
    claim = {"create": True, "size": "60Gi", "volumeAccessMode": "ReadWriteMany", **(pvc or {})}
    return obj("apps.nvidia.com/v1alpha1", "NIMCache", name, spec={"source": source, "storage": {"pvc": claim}})


def service(name: str = "llama", storage: Any = None, **spec: Any) -> KubeObject:
    image = {"repository": "nvcr.io/nim/meta/llama-3.1-8b-instruct", "tag": "1.3.3"}
    storage = {"nimCache": {"name": "llama"}} if storage is None else storage
    whole = {"image": image, "storage": storage, **spec}
    return obj("apps.nvidia.com/v1alpha1", "NIMService", name, spec=whole)


def test_classes_and_their_drivers() -> None:
    seen = cluster(
        storage_class("efs", "efs.csi.aws.com"),
        storage_class("old", "kubernetes.io/aws-ebs", default=True),
        storage_class("nfs", "example.com/nfs"),
    )
    assert [entry.driver for entry in classes(seen).values()] == [Driver.EFS, Driver.EBS, Driver.OTHER]
    assert driver_of(seen, "") is Driver.EBS
    assert driver_of(seen, "gp3") is Driver.EBS
    assert driver_of(seen, "elsewhere") is Driver.OTHER


def test_several_default_classes_decide_nothing() -> None:
    seen = cluster(
        storage_class("a", "efs.csi.aws.com", default=True), storage_class("b", "ebs.csi.aws.com", default=True)
    )
    assert class_named(seen, "") is None


def test_claims_of_all_owners() -> None:
    claim = {"accessModes": ["ReadWriteOnce"], "storageClassName": "gp2", "resources": {"requests": {"storage": "1Gi"}}}
    template = {"metadata": {"name": "data"}, "spec": claim}
    seen = cluster(
        obj("v1", "PersistentVolumeClaim", "own", spec=claim),
        obj("v1", "PersistentVolumeClaim", "static", spec={**claim, "volumeName": "pv"}),
        obj("apps/v1", "StatefulSet", "db", spec={"volumeClaimTemplates": [template]}),
        cache(pvc={"storageClass": "efs"}),
        service("own-claim", {"pvc": {"create": True, "size": "9Gi", "volumeAccessMode": "ReadWriteOnce"}}),
        service("others-claim", {"pvc": {"name": "own"}}),
    )
    found = {claim.name: claim for claim in claims(seen)}
    assert sorted(found) == ["data@db", "llama-pvc", "own", "own-claim-pvc"]
    assert found["own"].modes_pointer == ("spec", "accessModes")
    assert found["llama-pvc"].class_pointer == ("spec", "storage", "pvc", "storageClass")
    assert found["own-claim-pvc"].size_pointer == ("spec", "storage", "pvc", "size")
    assert [user.words for user in users(seen, found["own"])] == ["NIMService `others-claim`"]


def test_users_of_a_claim_and_their_pods() -> None:
    volumes = [{"persistentVolumeClaim": {"claimName": "models"}}]
    reader = [{"persistentVolumeClaim": {"claimName": "models", "readOnly": True}}]
    multi = {"parallelism": {"pipeline": 2, "tensor": 1}}
    seen = cluster(
        cache("llama", {"name": "models"}),
        service("scaled", scale={"enabled": True, "hpa": {"maxReplicas": 4}}, replicas=1),
        service("large", multiNode=multi, replicas=2),
        obj("apps/v1", "Deployment", "tool", spec={"replicas": 3, "template": {"spec": {"volumes": volumes}}}),
        obj("apps/v1", "Deployment", "off", spec={"replicas": 0, "template": {"spec": {"volumes": volumes}}}),
        obj("apps/v1", "Deployment", "reads", spec={"template": {"spec": {"volumes": reader}}}),
    )
    (claim,) = claims(seen)
    found = {user.words: (user.pods, user.nodes) for user in users(seen, claim)}
    assert found == {"NIMService `scaled`": (4, 1), "NIMService `large`": (4, 2), "Deployment `tool`": (3, 1)}


@pytest.mark.parametrize(
    ("spec", "most"),
    [({}, 1), ({"replicas": 0}, 0), ({"replicas": 3}, 3), ({"replicas": "x"}, 1), ({"scale": {"enabled": True}}, 1)],
)
def test_most_replicas(spec: dict[str, Any], most: int) -> None:
    assert most_replicas(spec) == most


@pytest.mark.parametrize(
    "shape", [None, [], "x", {"storage": []}, {"storage": {"pvc": {"create": True}}}, {"source": 1}]
)
def test_any_shape_can_be_read(shape: Any) -> None:
    seen = cluster(
        obj("apps.nvidia.com/v1alpha1", "NIMCache", "x", spec=shape),
        obj("apps.nvidia.com/v1alpha1", "NIMService", "x", spec=shape),
        obj("v1", "PersistentVolumeClaim", "x", spec=shape),
        obj("apps/v1", "StatefulSet", "x", spec=shape),
    )
    for claim in claims(seen):
        users(seen, claim)
        assert claim.driver is Driver.OTHER


@pytest.mark.parametrize(("text", "expected"), [("60Gi", 60), ("1Ti", 1024), ("1073741824", 1), ("many", None)])
def test_quantities_in_gib(text: str, expected: float | None) -> None:
    assert gib(text) == expected


def test_the_least_size_of_a_model() -> None:
    model = load_catalog().models["meta/llama-3.1-8b-instruct"]
    sixteen = least_gib(model, None, Wish(precision="bf16"))
    eight = least_gib(model, None, Wish(precision="fp8"))
    anything = least_gib(model, None, Wish())
    assert sixteen is not None
    assert eight is not None
    assert anything is not None
    assert anything <= eight < sixteen
    assert 14 < sixteen < 18
    assert least_gib(None, "1.x", Wish()) is None


def test_every_model_has_a_size_that_its_suggested_cache_holds() -> None:
    for model in load_catalog().models.values():
        for line in (*model.lines, None):
            size = least_gib(model, line, Wish())
            assert size is None or size > 0, model.id
            if size is not None and model.cache_gib:
                assert size <= model.cache_gib, model.id


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, 1230),
        ({"startupProbe": {"enabled": False}}, None),
        ({"startupProbe": {"enabled": True}}, 1230),
        ({"startupProbe": {"probe": {"periodSeconds": 20, "failureThreshold": 6}}}, 120),
        ({"startupProbe": {"probe": {"httpGet": {}}}}, 30),
    ],
)
def test_what_a_startup_probe_grants(spec: dict[str, Any], expected: int | None) -> None:
    assert probe_seconds(spec) == expected


def test_the_failures_that_grant_a_time() -> None:
    for spec in (
        {},
        {"startupProbe": {"probe": {"initialDelaySeconds": 5, "periodSeconds": 7, "failureThreshold": 1}}},
    ):
        probe = spec.get("startupProbe", {}).get("probe", {"initialDelaySeconds": 30, "periodSeconds": 10})
        for wanted in (31, 100, 3601):
            enough = {**probe, "failureThreshold": failures_for(spec, wanted)}
            assert granted(enough) >= wanted
            assert granted({**enough, "failureThreshold": enough["failureThreshold"] - 1}) < wanted


def test_the_budget_of_a_service() -> None:
    seen = cluster(service())
    budget = budget_of(seen, seen.once(services)[0])
    assert budget is not None
    assert budget.whole == budget.pod + budget.fetch + budget.load
    assert budget.fetch > budget.gib * 1024 / 51
    other = service("x", {"emptyDir": {}})
    assert isinstance(other.content, dict)
    other.content["spec"]["image"]["repository"] = "example.com/own"
    seen = cluster(other)
    assert budget_of(seen, seen.once(services)[0]) is None


def test_the_time_to_read_a_model_depends_on_the_storage() -> None:
    loads = []
    for provisioner in ("efs.csi.aws.com", "ebs.csi.aws.com", "fsx.csi.aws.com", "example.com/nfs"):
        seen = cluster(storage_class("models", provisioner), cache(pvc={"storageClass": "models"}), service())
        budget = budget_of(seen, seen.once(services)[0])
        assert budget is not None
        loads.append(budget.load)
    assert loads == sorted(loads, reverse=True)
    assert len(set(loads)) == 4
    alone = cluster(service(storage={"emptyDir": {}}))
    downloads = budget_of(alone, alone.once(services)[0])
    assert downloads is not None
    assert downloads.load < loads[-1]


def test_a_class_of_volumes_that_are_there_makes_none() -> None:
    volume = obj("v1", "PersistentVolume", "models", spec={"storageClassName": "models"})
    seen = cluster(storage_class("models", "efs.csi.aws.com"), volume, cache(pvc={"storageClass": "models"}))
    (claim,) = claims(seen)
    assert claim.storage_class is None
    assert claim.driver is Driver.EFS


EFS = {"provisioningMode": "efs-ap", "fileSystemId": "fs-0123456789abcdef0", "directoryPerms": "770"}


def parameters(provisioner: str, values: Any) -> list[tuple[str, str]]:
    (found,) = classes(cluster(storage_class("x", provisioner, parameters=values))).values()
    return list(faults(found))


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({}, []),
        ({"provisioningMode": "${mode}"}, []),
        ({"fileSystemId": "${file_system}"}, []),
        ({"uid": "x", "gid": "-1"}, ["uid", "gid"]),
        ({"gidRangeEnd": "10"}, ["gidRangeEnd"]),
        ({"gidRangeStart": "0", "gidRangeEnd": "10"}, ["gidRangeStart"]),
        ({"fileSystemIdSecretRef": "a/b/c"}, ["fileSystemIdSecretRef"]),
        ({"directoryPerms": "2770"}, []),
        ({"directoryPerms": "0660"}, ["directoryPerms"]),
        ({"reuseAccessPoint": "T"}, []),
        ({"subPathPattern": "${.PVC.namespace}/${.PV.name}"}, []),
    ],
)
def test_parameters_of_efs(change: dict[str, str], names: list[str]) -> None:
    assert [name for name, _ in parameters("efs.csi.aws.com", {**EFS, **change})] == names


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"type": "gp3", "throughput": "250", "iops": "4000"}, []),
        ({"Type": "GP9"}, ["Type"]),
        ({"type": "st1", "iopsPerGB": "50"}, ["iopsPerGB"]),
        ({"encrypted": "True"}, ["encrypted"]),
        ({"type": "${type}", "throughput": "1"}, []),
        (None, []),
        (["a"], []),
    ],
)
def test_parameters_of_ebs(values: Any, names: list[str]) -> None:
    assert [name for name, _ in parameters("ebs.csi.aws.com", values)] == names
    assert parameters("kubernetes.io/aws-ebs", values) == []


FSX = {"subnetId": "subnet-0123456789abcdef0"}


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({}, []),
        ({"deploymentType": "PERSISTENT_1", "perUnitStorageThroughput": "200"}, []),
        ({"deploymentType": "SCRATCH_2", "perUnitStorageThroughput": "200"}, ["perUnitStorageThroughput"]),
        ({"deploymentType": "SCRATCH_2", "storageType": "HDD"}, ["storageType"]),
        ({"deploymentType": "PERSISTENT_2", "storageType": "INTELLIGENT_TIERING"}, []),
        ({"securityGroupIds": "sg-01234567,group"}, ["securityGroupIds"]),
        ({"subnetId": ""}, [""]),
    ],
)
def test_parameters_of_fsx(change: dict[str, str], names: list[str]) -> None:
    assert [name for name, _ in parameters("fsx.csi.aws.com", {**FSX, **change})] == names


@pytest.mark.parametrize(
    ("provisioner", "name", "meant"),
    [
        ("efs.csi.aws.com", "filesystemId", "fileSystemId"),
        ("efs.csi.aws.com", "entirelyOther", None),
        ("efs.csi.aws.com", "csi.storage.k8s.io/provisioner-secret-name", None),
        ("ebs.csi.aws.com", "KMSKEYID", None),
        ("ebs.csi.aws.com", "tagSpecification_1", None),
        ("ebs.csi.aws.com", "kmsKey", "kmsKeyId"),
        ("kubernetes.io/aws-ebs", "kmsKey", None),
        ("example.com/nfs", "fileSystemID", None),
    ],
)
def test_parameters_that_are_not_read(provisioner: str, name: str, meant: str | None) -> None:
    (found,) = classes(cluster(storage_class("x", provisioner, parameters={name: "x"}))).values()
    assert list(unread(found)) == ([(name, meant)] if meant else [])


def test_the_owner_of_an_access_point() -> None:
    assert owner({"uid": "1000", "gid": "2000"}) == (1000, 2000)
    assert owner({"uid": "x"}) == (None, None)


@pytest.mark.parametrize(
    ("size", "deployment", "made"),
    [
        (1, "SCRATCH_2", 1200),
        (1200, "SCRATCH_2", 1200),
        (1201, "SCRATCH_2", 2400),
        (2401, "PERSISTENT_2", 4800),
        (2401, "SCRATCH_1", 3600),
        (3601, "", 7200),
    ],
)
def test_sizes_of_fsx(size: float, deployment: str, made: int) -> None:
    assert fsx_gib(size, deployment) == made
