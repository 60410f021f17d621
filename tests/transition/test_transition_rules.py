"""Every rule about transitions: a step that it must catch, exactly there, and one that it must let pass."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from transition_support import Brief, Changes, Files, brief, flux, manifest, release, resources, said, step

from nimfleet.rules.registry import all_rules

BIN = Path(__file__).resolve().parents[2] / ".bin"


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(BIN), prepend=":")


class Case(NamedTuple):
    """A step. ``found`` is all that is found; ``says`` is part of the message."""

    name: str
    rule: str
    base: Files
    changes: Changes
    found: list[Brief] | None = None
    says: str = ""


def edit(name: str, rule: str, text: str, old: str, new: str, line: int = 0, pointer: str = "", says: str = "") -> Case:
    """One text of one file replaced; without ``line`` nothing is to be found."""
    assert old in text, (name, text)
    found = [(rule, "a.yaml", line, pointer)] if line else None
    return Case(name, rule, {"a.yaml": text}, {"a.yaml": text.replace(old, new, 1)}, found, says)


def spec(api: str, kind: str, **fields: Any) -> str:
    return manifest(api, kind, "x", spec=fields)


CLASS = manifest(
    "storage.k8s.io/v1",
    "StorageClass",
    "efs",
    provisioner="efs.csi.aws.com",
    parameters={"uid": "1000"},
    reclaimPolicy="Delete",
    allowVolumeExpansion=False,
)
CLAIM = manifest(
    "v1",
    "PersistentVolumeClaim",
    "data",
    "nim",
    spec={
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "50Gi"}},
        "storageClassName": "efs",
        "volumeMode": "Filesystem",
    },
)
VOLUME = manifest(
    "v1",
    "PersistentVolume",
    "data",
    spec={
        "capacity": {"storage": "50Gi"},
        "accessModes": ["ReadWriteMany"],
        "persistentVolumeReclaimPolicy": "Retain",
        "csi": {"driver": "efs.csi.aws.com", "volumeHandle": "fs-1"},
    },
)
POD = {"metadata": {"labels": {"app": "x", "tier": "y"}}, "spec": {"containers": [{"name": "x", "image": "x:1"}]}}
DEPLOYMENT = spec("apps/v1", "Deployment", selector={"matchLabels": {"app": "x"}}, template=POD)
STATEFUL = manifest(
    "apps/v1",
    "StatefulSet",
    "db",
    "nim",
    spec={
        "selector": {"matchLabels": {"app": "x"}},
        "serviceName": "db",
        "replicas": 1,
        "template": POD,
        "volumeClaimTemplates": [
            {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "5Gi"}}}}
        ],
    },
)
JOB = spec(
    "batch/v1", "Job", template={"spec": {"restartPolicy": "Never", "containers": [{"name": "x", "image": "x:1"}]}}
)
BINDING = manifest(
    "rbac.authorization.k8s.io/v1",
    "RoleBinding",
    "b",
    "nim",
    roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
    subjects=[{"kind": "ServiceAccount", "name": "s", "namespace": "nim"}],
)
CONFIG = manifest("v1", "ConfigMap", "c", immutable=True, data={"a": "1"})
SECRET = manifest("v1", "Secret", "s", type="Opaque", stringData={"a": "1"})
SERVICE = spec("v1", "Service", type="ClusterIP", clusterIP="10.0.0.1", selector={"app": "x"}, ports=[{"port": 80}])
BALANCED = spec("v1", "Service", type="LoadBalancer", loadBalancerClass="a", ports=[{"port": 80}])
PRIORITY = manifest("scheduling.k8s.io/v1", "PriorityClass", "p", value=1000, description="text")
DRIVER = manifest("storage.k8s.io/v1", "CSIDriver", "d", spec={"attachRequired": False, "podInfoOnMount": True})
CRD = manifest(
    "apiextensions.k8s.io/v1",
    "CustomResourceDefinition",
    "things.example.com",
    spec={
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Thing", "plural": "things"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            },
            {
                "name": "v1beta1",
                "served": True,
                "storage": False,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            },
        ],
    },
)
THING = manifest("example.com/v1beta1", "Thing", "t", "nim")
SCALER = spec(
    "autoscaling/v2",
    "HorizontalPodAutoscaler",
    minReplicas=1,
    maxReplicas=3,
    scaleTargetRef={"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
)
BUILD = manifest(
    "apps.nvidia.com/v1alpha1",
    "NIMBuild",
    "b",
    "nim",
    spec={"nimCache": {"name": "llama"}, "image": {"repository": "nvcr.io/nim/x", "tag": "1"}},
)
OPERATOR = release("op", "k8s-nim-operator", "3.1.2", values={"operator": {"admissionController": {"enabled": True}}})
SILENT = release("op", "k8s-nim-operator", "3.1.2", values={"operator": {"admissionController": {"enabled": False}}})


def cache(name: str = "llama", size: str = "50Gi", **pvc: Any) -> str:
    ngc = {"modelPuller": "nvcr.io/nim/x:1", "pullSecret": "p", "authSecret": "a"}
    storage = {"pvc": {"create": True, "storageClass": "efs", "size": size, "volumeAccessMode": "ReadWriteMany", **pvc}}
    return manifest(
        "apps.nvidia.com/v1alpha1", "NIMCache", name, "nim", spec={"source": {"ngc": ngc}, "storage": storage}
    )


def service(name: str = "llama", *, namespace: str = "nim", storage: Any = None, **fields: Any) -> str:
    return manifest(
        "apps.nvidia.com/v1alpha1",
        "NIMService",
        name,
        namespace,
        spec={
            "image": {"repository": "nvcr.io/nim/x", "tag": "1"},
            "authSecret": "a",
            "storage": storage or {"nimCache": {"name": "llama", "profile": ""}},
            "expose": {"service": {"type": "ClusterIP", "port": 8000}},
            **fields,
        },
    )


OWN = service(
    storage={"pvc": {"create": True, "size": "50Gi", "storageClass": "efs", "volumeAccessMode": "ReadWriteOnce"}}
)
PIPELINE = manifest(
    "apps.nvidia.com/v1alpha1",
    "NIMPipeline",
    "rag",
    "nim",
    spec={
        "services": [
            {
                "name": "llm",
                "enabled": True,
                "spec": {
                    "image": {"repository": "nvcr.io/nim/x", "tag": "1"},
                    "authSecret": "a",
                    "storage": {"pvc": {"create": True, "size": "50Gi", "storageClass": "efs"}},
                    "expose": {"service": {"port": 8000}},
                },
            }
        ]
    },
)
ROUTED = service(
    expose={"service": {"port": 8000}, "router": {"hostDomainName": "x", "ingress": {"ingressClass": "alb"}}}
)
NAMESPACE = manifest("v1", "Namespace", "nim")
BALANCER = release("alb", "aws-load-balancer-controller")
KARPENTER = release("karpenter", "karpenter", releaseName="karpenter", targetNamespace="kube-system")
POOL = manifest("karpenter.sh/v1", "NodePool", "g5", spec={"weight": 10, "limits": {"cpu": "10"}})
RETAINED = CLASS.replace("Delete", "Retain")
FORCED = {"kustomize.toolkit.fluxcd.io/force": "enabled"}
KEPT = "  annotations:\n    kustomize.toolkit.fluxcd.io/prune: disabled\n"


def annotated(text: str, lines: str = KEPT) -> str:
    """With annotations after the object's name."""
    head, name, tail = text.partition("\nmetadata:\n")
    return head + name + lines + tail


def applied(files: Files, **kustomization: Any) -> dict[str, str]:
    """Files in a folder that a Flux Kustomization applies, which another one applies."""
    return {
        "cluster/kustomization.yaml": resources("apps.yaml"),
        "cluster/apps.yaml": flux("apps", "./apps", **kustomization),
        "entry.yaml": flux("flux-system", "./cluster"),
        "apps/kustomization.yaml": resources(*files),
        **{f"apps/{name}": text for name, text in files.items()},
    }


CAUGHT = [
    edit("provisioner", "storage-class", CLASS, "efs.csi", "ebs.csi", 5, "/provisioner", "another name"),
    edit("parameters", "storage-class", CLASS, "uid: '1000'", "uid: '0'", 7, "/parameters/uid"),
    edit("reclaim policy goes", "storage-class", CLASS, "Delete", "Retain", 8, "/reclaimPolicy"),
    edit(
        "class", "volume-claim", CLAIM, "storageClassName: efs", "storageClassName: fsx", 12, "/spec/storageClassName"
    ),
    edit("modes", "volume-claim", CLAIM, "WriteMany", "WriteOnce", 8, "/spec/accessModes/0"),
    edit("block", "volume-claim", CLAIM, "Filesystem", "Block", 13, "/spec/volumeMode"),
    edit("shrink", "claim-size", CLAIM, "50Gi", "40960Mi", 11, "/spec/resources/requests/storage", "cannot shrink"),
    Case(
        "grow without leave",
        "claim-size",
        {"a.yaml": CLAIM, "b.yaml": CLASS},
        {"a.yaml": CLAIM.replace("50Gi", "60Gi")},
        [("claim-size", "a.yaml", 11, "/spec/resources/requests/storage")],
        "does not let a claim grow",
    ),
    edit("handle", "persistent-volume", VOLUME, "fs-1", "fs-2", 13, "/spec/csi/volumeHandle"),
    edit("selector", "workload-selector", DEPLOYMENT, "app: x", "tier: y", 7, "/spec/selector/matchLabels"),
    edit(
        "template's size",
        "stateful-set",
        STATEFUL,
        "5Gi",
        "6Gi",
        27,
        "/spec/volumeClaimTemplates/0/spec/resources/requests/storage",
    ),
    edit("service name", "stateful-set", STATEFUL, "serviceName: db", "serviceName: db2", 10, "/spec/serviceName"),
    edit(
        "pods",
        "stateful-set",
        STATEFUL,
        "  replicas: 1\n",
        "  podManagementPolicy: Parallel\n",
        11,
        "/spec/podManagementPolicy",
    ),
    edit("image", "job-template", JOB, "x:1", "x:2", 11, "/spec/template/spec/containers/0/image"),
    edit("role", "role-ref", BINDING, "name: view", "name: edit", 9, "/roleRef/name"),
    edit("data", "immutable-config", CONFIG, "'1'", "'2'", 7, "/data/a"),
    edit("mark", "immutable-config", CONFIG, "true", "false", 5, "/immutable"),
    edit("type", "secret-type", SECRET, "Opaque", "example.com/other", 5, "/type"),
    edit("other address", "service-address", SERVICE, "10.0.0.1", "10.0.0.2", 7, "/spec/clusterIP"),
    edit("headless", "service-address", SERVICE, "10.0.0.1", "None", 7, "/spec/clusterIP", "headless"),
    edit("balancer", "service-address", BALANCED, "Class: a", "Class: b", 7, "/spec/loadBalancerClass"),
    edit("scope", "crd-identity", CRD, "Namespaced", "Cluster", 7, "/spec/scope"),
    edit("value", "immutable-field", PRIORITY, "1000", "2000", 5, "/value"),
    edit(
        "attach", "immutable-field", DRIVER, "attachRequired: false", "attachRequired: true", 6, "/spec/attachRequired"
    ),
    edit("size of a cache", "nim-cache-spec", cache(), "50Gi", "100Gi", 16, "/spec/storage/pvc/size"),
    Case(
        "size of a cache, webhook on",
        "nim-cache-spec",
        {"a.yaml": cache(), "op.yaml": OPERATOR},
        {"a.yaml": cache(size="100Gi")},
        [("nim-cache-spec", "a.yaml", 16, "/spec/storage/pvc/size")],
    ),
    Case(
        "size of a cache, webhook off",
        "nim-change-ignored",
        {"a.yaml": cache(), "op.yaml": SILENT},
        {"a.yaml": cache(size="100Gi")},
        [("nim-change-ignored", "a.yaml", 16, "/spec/storage/pvc/size")],
        "takes no notice",
    ),
    edit("own claim", "nim-service", OWN, "50Gi", "60Gi", 14, "/spec/storage/pvc/size"),
    edit(
        "own claim of a pipeline", "nim-service", PIPELINE, "50Gi", "60Gi", 18, "/spec/services/0/spec/storage/pvc/size"
    ),
    edit(
        "several nodes",
        "nim-service",
        service(multiNode={"parallelism": {"pipeline": 2}}),
        "pipeline: 2",
        "pipeline: 3",
        21,
        "/spec/multiNode/parallelism/pipeline",
    ),
    edit("build", "cel-rule", BUILD, "tag: '1'", "tag: '2'", 6, "/spec", "immutable"),
    edit("model puller", "cel-rule", cache(), "x:1", "x:2", 9, "/spec/source/ngc/modelPuller"),
    Case(
        "forced by the object",
        "recreated",
        {"a.yaml": manifest("v1", "ConfigMap", "c", annotations=FORCED, immutable=True, data={"a": "1"})},
        {"a.yaml": manifest("v1", "ConfigMap", "c", annotations=FORCED, immutable=True, data={"a": "2"})},
        [("recreated", "a.yaml", 9, "/data/a")],
        "deletes the object and creates it anew",
    ),
    Case(
        "forced by the object as it is in the cluster",
        "recreated",
        {"a.yaml": manifest("v1", "ConfigMap", "c", annotations=FORCED, immutable=True, data={"a": "1"})},
        {"a.yaml": manifest("v1", "ConfigMap", "c", immutable=True, data={"a": "2"})},
        [("recreated", "a.yaml", 7, "/data/a")],
        "the annotation that the object has in the cluster",
    ),
    Case(
        "forced by the Kustomization",
        "recreated",
        applied({"a.yaml": DEPLOYMENT}, force=True),
        {"apps/a.yaml": DEPLOYMENT.replace("app: x", "tier: y", 1)},
        [("recreated", "apps/a.yaml", 7, "/spec/selector/matchLabels")],
        "all its pods are gone",
    ),
    edit("stored version", "crd-version", CRD, "name: v1\n", "name: v2\n", 11, "/spec/versions", "stores objects"),
    Case(
        "version that is used",
        "crd-version",
        {"crd.yaml": CRD, "t.yaml": THING},
        {
            "crd.yaml": CRD[: CRD.index("v1beta1")]
            + CRD[CRD.index("v1beta1") :].replace("served: true", "served: false")
        },
        [("crd-version", "crd.yaml", 20, "/spec/versions/1/served")],
        "still used by Thing/nim/t",
    ),
    edit("target", "scale-target", SCALER, "name: web", "name: api", 11, "/spec/scaleTargetRef/name"),
    Case(
        "claim",
        "data-loss",
        {"a.yaml": CLAIM, "b.yaml": CLASS},
        {"a.yaml": None},
        [("data-loss", "a.yaml", 1, "")],
        "is Delete",
    ),
    Case(
        "unknown class",
        "data-loss",
        {"a.yaml": CLAIM, "b.yaml": SERVICE},
        {"a.yaml": None},
        [("data-loss", "a.yaml", 1, "")],
        "where the",
    ),
    Case(
        "cache", "data-loss", {"a.yaml": cache(), "b.yaml": CLASS}, {"a.yaml": None}, [("data-loss", "a.yaml", 1, "")]
    ),
    Case(
        "one of several in a file",
        "data-loss",
        {"a.yaml": f"{SERVICE}---\n{CLAIM}", "b.yaml": CLASS},
        {"a.yaml": SERVICE},
        [("data-loss", "a.yaml", 1, "")],
    ),
    Case(
        "own claim goes",
        "data-loss",
        {"a.yaml": OWN, "b.yaml": CLASS},
        {"a.yaml": None},
        [("data-loss", "a.yaml", 1, "")],
    ),
    Case(
        "kept",
        "volume-left",
        {"a.yaml": CLAIM, "b.yaml": RETAINED},
        {"a.yaml": None},
        [("volume-left", "a.yaml", 1, "")],
    ),
    Case(
        "set",
        "volume-left",
        {"a.yaml": STATEFUL, "b.yaml": SERVICE},
        {"a.yaml": None},
        [("volume-left", "a.yaml", 1, "")],
    ),
    Case(
        "another cache",
        "cache-replaced",
        {"a.yaml": cache("llama"), "b.yaml": service()},
        {"a.yaml": cache("llama-2"), "b.yaml": service(storage={"nimCache": {"name": "llama-2", "profile": ""}})},
        [("cache-replaced", "a.yaml", 1, "")],
        "replaced by llama-2",
    ),
    Case(
        "cache of a service",
        "cache-in-use",
        {"a.yaml": cache(), "b.yaml": service(), "c.yaml": RETAINED},
        {"a.yaml": None},
        [("cache-in-use", "a.yaml", 1, ""), ("volume-left", "a.yaml", 1, "")],
        "still named by NIMService/nim/llama",
    ),
    Case(
        "no prune",
        "orphaned",
        applied({"a.yaml": SERVICE, "b.yaml": CONFIG}, prune=False),
        {"apps/b.yaml": None, "apps/kustomization.yaml": resources("a.yaml")},
        [("orphaned", "apps/b.yaml", 1, "")],
        "does not prune",
    ),
    Case(
        "prune disabled",
        "orphaned",
        applied({"a.yaml": SERVICE, "b.yaml": annotated(CLAIM)}),
        {"apps/b.yaml": None, "apps/kustomization.yaml": resources("a.yaml")},
        [("orphaned", "apps/b.yaml", 1, "")],
    ),
    Case(
        "suspended",
        "orphaned",
        applied({"a.yaml": SERVICE, "b.yaml": CLAIM}, suspend=True),
        {"apps/b.yaml": None, "apps/kustomization.yaml": resources("a.yaml")},
        [("orphaned", "apps/b.yaml", 1, "")],
        "suspended",
    ),
    Case(
        "service",
        "renamed",
        {"a.yaml": service()},
        {"a.yaml": service("llama-3")},
        [("renamed", "a.yaml", 4, "/metadata/name")],
        "another name",
    ),
    Case(
        "namespace",
        "renamed",
        {"a.yaml": service()},
        {"a.yaml": service(namespace="prod")},
        [("renamed", "a.yaml", 4, "/metadata/name")],
        "another namespace",
    ),
    Case(
        "namespace",
        "namespace-removed",
        {"n.yaml": NAMESPACE, "c.yaml": CLASS},
        {"n.yaml": None},
        [("namespace-removed", "n.yaml", 1, "")],
    ),
    Case(
        "namespace with a claim",
        "namespace-in-use",
        {"n.yaml": NAMESPACE, "c.yaml": CLAIM},
        {"n.yaml": None},
        [("namespace-in-use", "n.yaml", 1, "")],
        "PersistentVolumeClaim/nim/data",
    ),
    Case(
        "crd",
        "crd-removed",
        {"crd.yaml": CRD, "c.yaml": CLASS},
        {"crd.yaml": None},
        [("crd-removed", "crd.yaml", 1, "")],
    ),
    Case(
        "class of a cache",
        "storage-class-removed",
        {"s.yaml": CLASS, "c.yaml": cache()},
        {"s.yaml": None},
        [("storage-class-removed", "s.yaml", 1, "")],
    ),
    Case(
        "controller before its objects",
        "controller-removed",
        {"h.yaml": BALANCER, "s.yaml": ROUTED},
        {"h.yaml": None},
        [("controller-removed", "h.yaml", 1, "")],
        "still needed by NIMService/nim/llama",
    ),
    Case(
        "controller with its objects",
        "controller-removed",
        {"h.yaml": BALANCER, "s.yaml": ROUTED},
        {"h.yaml": None, "s.yaml": service()},
        [("controller-removed", "h.yaml", 1, "")],
        "take two commits",
    ),
    Case(
        "nodes",
        "controller-removed",
        {"h.yaml": KARPENTER, "p.yaml": POOL, "s.yaml": SERVICE},
        {"h.yaml": None, "p.yaml": None},
        [("controller-removed", "h.yaml", 1, "")],
        "EC2 instances run on",
    ),
    edit(
        "target namespace", "helm-release-replaced", KARPENTER, "kube-system", "karpenter", 16, "/spec/targetNamespace"
    ),
    Case(
        "other HelmRelease",
        "helm-release-replaced",
        {"h.yaml": BALANCER},
        {"h.yaml": BALANCER.replace("name: alb\n", "name: lb\n", 1)},
        [("helm-release-replaced", "h.yaml", 4, "/metadata/name")],
        "no certain order",
    ),
    edit(
        "other chart",
        "helm-release-replaced",
        BALANCER,
        "chart: aws-load",
        "chart: my-load",
        10,
        "/spec/chart/spec/chart",
        "the chart of HelmRelease alb",
    ),
    edit("major", "chart-major", BALANCER, "1.0.0", "2.0.0", 11, "/spec/chart/spec/version"),
    edit(
        "minor of 0",
        "chart-major",
        BALANCER.replace("1.0.0", "0.9.1"),
        "0.9.1",
        "0.10.0",
        11,
        "/spec/chart/spec/version",
    ),
    edit("back", "chart-downgrade", BALANCER, "1.0.0", "0.9.0", 11, "/spec/chart/spec/version"),
    Case(
        "moved",
        "moved-between-kustomizations",
        {
            **applied({"a.yaml": SERVICE, "b.yaml": CLAIM}),
            "cluster/kustomization.yaml": resources("apps.yaml", "infra.yaml"),
            "cluster/infra.yaml": flux("infra", "./infra"),
            "infra/kustomization.yaml": resources("c.yaml"),
            "infra/c.yaml": CONFIG,
        },
        {
            "apps/kustomization.yaml": resources("a.yaml"),
            "apps/b.yaml": None,
            "infra/kustomization.yaml": resources("b.yaml", "c.yaml"),
            "infra/b.yaml": CLAIM,
        },
        [("moved-between-kustomizations", "infra/b.yaml", 1, "")],
        "if apps reconciles first",
    ),
    Case(
        "gone",
        "kustomization-removed",
        applied({"a.yaml": SERVICE}) | {"cluster/b.yaml": CONFIG},
        {
            "cluster/kustomization.yaml": resources("b.yaml"),
            "cluster/apps.yaml": None,
            "apps/a.yaml": None,
            "apps/kustomization.yaml": None,
        },
        [("kustomization-removed", "cluster/apps.yaml", 1, "")],
        "Flux deletes 1 object (Service/x)",
    ),
    Case(
        "renamed",
        "kustomization-renamed",
        applied({"a.yaml": SERVICE}),
        {"cluster/apps.yaml": flux("workloads", "./apps")},
        [("kustomization-renamed", "cluster/apps.yaml", 4, "/metadata/name")],
        "deletionPolicy: Orphan",
    ),
    Case(
        "one folder deeper",
        "kustomization-path",
        applied({"a.yaml": SERVICE}) | {"apps/web/kustomization.yaml": resources("b.yaml"), "apps/web/b.yaml": CONFIG},
        {"cluster/apps.yaml": flux("apps", "./apps/web")},
        [("kustomization-path", "cluster/apps.yaml", 8, "/spec/path")],
        "1 object of the old one (Service/x)",
    ),
    Case(
        "whole",
        "environment-removed",
        {
            **{f"clusters/{name}/environment.yaml": "version: 1\n" for name in ("dev", "prod")},
            **{f"clusters/{name}/a.yaml": CLAIM for name in ("dev", "prod")},
        },
        {"clusters/dev/environment.yaml": None, "clusters/dev/a.yaml": None},
        [("environment-removed", "clusters/dev/a.yaml", 1, "")],
    ),
]

PASSED = [
    edit("expansion", "storage-class", CLASS, "allowVolumeExpansion: false", "allowVolumeExpansion: true"),
    edit(
        "default written out",
        "storage-class",
        CLASS.replace("reclaimPolicy: Delete\n", ""),
        "allow",
        "reclaimPolicy: Delete\nallow",
    ),
    edit(
        "class written out",
        "volume-claim",
        CLAIM.replace("  storageClassName: efs\n", ""),
        "  volumeMode",
        "  storageClassName: efs\n  volumeMode",
    ),
    edit("default left out", "volume-claim", CLAIM, "  volumeMode: Filesystem\n", ""),
    edit("grow", "claim-size", CLAIM, "50Gi", "60Gi"),
    edit("same size", "claim-size", CLAIM, "50Gi", "51200Mi"),
    edit("reclaim policy", "persistent-volume", VOLUME, "Retain", "Delete"),
    edit("template", "workload-selector", DEPLOYMENT, "x:1", "x:2"),
    edit("replicas", "stateful-set", STATEFUL, "replicas: 1", "replicas: 2"),
    edit(
        "mode written out",
        "stateful-set",
        STATEFUL,
        "      resources:",
        "      volumeMode: Filesystem\n      resources:",
    ),
    edit("parallelism", "job-template", JOB, "spec:\n", "spec:\n  parallelism: 2\n"),
    edit("subject", "role-ref", BINDING, "name: s", "name: t"),
    edit("mutable", "immutable-config", CONFIG.replace("immutable: true\n", ""), "'1'", "'2'"),
    edit(
        "becomes immutable", "immutable-config", CONFIG.replace("immutable: true", "immutable: false"), "false", "true"
    ),
    edit("default type", "secret-type", SECRET, "type: Opaque\n", ""),
    edit("address left out", "service-address", SERVICE, "  clusterIP: 10.0.0.1\n", ""),
    edit(
        "to a name",
        "service-address",
        SERVICE,
        "type: ClusterIP\n  clusterIP: 10.0.0.1",
        "type: ExternalName\n  externalName: a.b",
    ),
    edit("short name", "crd-identity", CRD, "    plural: things\n", "    plural: things\n    shortNames: [t]\n"),
    edit("description", "immutable-field", PRIORITY, "text", "words"),
    edit("label of a cache", "nim-cache-spec", cache(), "  namespace: nim\n", "  namespace: nim\n  labels: {a: b}\n"),
    edit("name of a cache's file", "nim-cache-spec", cache(), "kind: NIMCache\n", "kind: NIMCache # text\n"),
    Case("webhook off", "nim-cache-spec", {"a.yaml": cache(), "op.yaml": SILENT}, {"a.yaml": cache(size="60Gi")}),
    Case("webhook on", "nim-change-ignored", {"a.yaml": cache(), "op.yaml": OPERATOR}, {"a.yaml": cache(size="60Gi")}),
    edit("replicas of a service", "nim-service", OWN, "spec:\n", "spec:\n  replicas: 2\n"),
    edit(
        "given claim", "nim-service", OWN.replace("create: true", "create: false\n      name: a"), "name: a", "name: b"
    ),
    edit("label of a build", "cel-rule", BUILD, "  namespace: nim\n", "  namespace: nim\n  labels: {a: b}\n"),
    Case(
        "free change, forced",
        "recreated",
        applied({"a.yaml": DEPLOYMENT}, force=True),
        {"apps/a.yaml": DEPLOYMENT.replace("x:1", "x:2")},
    ),
    Case(
        "unused version",
        "crd-version",
        {"crd.yaml": CRD, "t.yaml": THING.replace("v1beta1", "v1")},
        {
            "crd.yaml": CRD[: CRD.index("v1beta1")]
            + CRD[CRD.index("v1beta1") :].replace("served: true", "served: false")
        },
    ),
    edit("bounds", "scale-target", SCALER, "maxReplicas: 3", "maxReplicas: 4"),
    Case("moved file", "data-loss", {"a/a.yaml": CLAIM, "b.yaml": CLASS}, {"a/a.yaml": None, "c/a.yaml": CLAIM}),
    Case("claim by hand", "data-loss", {"a.yaml": cache(create=False, name="p"), "b.yaml": CLASS}, {"a.yaml": None}),
    Case("retained", "data-loss", {"a.yaml": cache(), "b.yaml": RETAINED}, {"a.yaml": None}),
    Case("deleted", "volume-left", {"a.yaml": cache(), "b.yaml": CLASS}, {"a.yaml": None}),
    Case(
        "service goes too",
        "cache-replaced",
        {"a.yaml": cache(), "b.yaml": service(), "c.yaml": CLASS},
        {"a.yaml": None, "b.yaml": None},
    ),
    Case(
        "of another namespace", "cache-in-use", {"a.yaml": cache(), "b.yaml": service(namespace="m")}, {"a.yaml": None}
    ),
    Case(
        "both",
        "cache-in-use",
        {"a.yaml": cache(), "b.yaml": service(), "c.yaml": CLASS},
        {"a.yaml": None, "b.yaml": None},
    ),
    Case(
        "pruned",
        "orphaned",
        applied({"a.yaml": SERVICE, "b.yaml": CONFIG}),
        {"apps/b.yaml": None, "apps/kustomization.yaml": resources("a.yaml")},
    ),
    Case(
        "another thing",
        "renamed",
        {"a.yaml": service()},
        {"a.yaml": service("b", image={"repository": "y", "tag": "9"}, authSecret="z")},
    ),
    Case("config", "renamed", {"a.yaml": CONFIG}, {"a.yaml": CONFIG.replace("name: c", "name: d")}),
    Case("used", "namespace-removed", {"n.yaml": NAMESPACE, "c.yaml": CLAIM}, {"n.yaml": None}),
    Case(
        "moved away",
        "namespace-in-use",
        {"n.yaml": NAMESPACE, "c.yaml": CLAIM},
        {"n.yaml": None, "c.yaml": CLAIM.replace("nim", "m")},
    ),
    Case("kept", "crd-removed", {"crd.yaml": annotated(CRD), "c.yaml": CLASS}, {"crd.yaml": None}),
    Case("unused", "storage-class-removed", {"s.yaml": CLASS, "c.yaml": SERVICE}, {"s.yaml": None}),
    Case("without work", "controller-removed", {"h.yaml": BALANCER, "s.yaml": service()}, {"h.yaml": None}),
    Case("second commit", "controller-removed", {"h.yaml": KARPENTER, "s.yaml": SERVICE}, {"h.yaml": None}),
    Case(
        "other name",
        "controller-removed",
        {"h.yaml": BALANCER, "s.yaml": ROUTED},
        {"h.yaml": BALANCER.replace("alb", "lb")},
    ),
    edit("values", "helm-release-replaced", KARPENTER, "spec:\n", "spec:\n  values: {a: b}\n"),
    edit("name written out", "helm-release-replaced", BALANCER, "  chart:\n", "  releaseName: alb\n  chart:\n"),
    Case(
        "another app of the same chart",
        "helm-release-replaced",
        {"h.yaml": release("shop", "app")},
        {"h.yaml": release("blog", "app")},
    ),
    edit("minor", "chart-major", BALANCER, "1.0.0", "1.1.0"),
    edit("patch", "chart-downgrade", BALANCER, "1.0.0", "1.0.1"),
    Case(
        "annotated before",
        "moved-between-kustomizations",
        {
            **applied({"a.yaml": SERVICE, "b.yaml": annotated(CLAIM)}),
            "cluster/kustomization.yaml": resources("apps.yaml", "infra.yaml"),
            "cluster/infra.yaml": flux("infra", "./infra"),
            "infra/kustomization.yaml": resources("c.yaml"),
            "infra/c.yaml": CONFIG,
        },
        {
            "apps/kustomization.yaml": resources("a.yaml"),
            "apps/b.yaml": None,
            "infra/kustomization.yaml": resources("b.yaml", "c.yaml"),
            "infra/b.yaml": annotated(CLAIM),
        },
    ),
    Case("renamed", "kustomization-removed", applied({"a.yaml": SERVICE}), {"cluster/apps.yaml": flux("w", "./apps")}),
    Case(
        "left",
        "kustomization-renamed",
        applied({"a.yaml": SERVICE}, deletionPolicy="Orphan"),
        {"cluster/apps.yaml": flux("w", "./apps")},
    ),
    Case(
        "all of it",
        "kustomization-path",
        applied({"a.yaml": SERVICE}) | {"web/kustomization.yaml": resources("../apps")},
        {"cluster/apps.yaml": flux("apps", "./web")},
    ),
    Case(
        "nowhere",
        "kustomization-path",
        applied({"a.yaml": SERVICE}),
        {"cluster/apps.yaml": flux("apps", "./wrong")},
    ),
    Case(
        "part of it",
        "environment-removed",
        {"clusters/dev/environment.yaml": "version: 1\n", "clusters/dev/a.yaml": CLAIM, "clusters/dev/b.yaml": CLASS},
        {"clusters/dev/a.yaml": None},
    ),
]


def _needs_kustomize(case: Case) -> None:
    if any(name.endswith("kustomization.yaml") for name in case.base) and not shutil.which("kustomize"):
        pytest.skip("kustomize is not installed")


def _named(case: Case) -> str:
    return f"{case.rule}: {case.name}"


@pytest.mark.parametrize("case", CAUGHT, ids=_named)
def test_the_step_is_caught(case: Case, tmp_path: Path) -> None:
    _needs_kustomize(case)
    report = step(tmp_path, case.base, case.changes)
    assert brief(report) == case.found
    assert case.says in said(report, case.rule)
    for _, file, line, pointer in brief(report):
        key = pointer.rpartition("/")[2]
        if key and not key.isdigit():
            assert f"{key}:" in (tmp_path / file).read_text().splitlines()[line - 1]


@pytest.mark.parametrize("case", PASSED, ids=_named)
def test_the_near_miss_passes(case: Case, tmp_path: Path) -> None:
    _needs_kustomize(case)
    rules = [rule for rule, *_ in brief(step(tmp_path, case.base, case.changes))]
    assert case.rule not in rules
    assert "rule-crashed" not in " ".join(rules)


def test_every_rule_has_both() -> None:
    names = {name.removeprefix("transition/") for name in all_rules() if name.startswith("transition/")}
    assert {case.rule for case in CAUGHT} == names
    assert {case.rule for case in PASSED} == names
