"""A cluster made to be judged: pools with every sort of wish, limit and taint, and pods named for what they ask.

``FITTING`` get a node and ``MISFITS`` none; :func:`drawn` makes more pods by chance, of which each may or may not.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Object = dict[str, Any]
NAMESPACE = "lab"
GPU = "nvidia.com/gpu"
NEURON = "aws.amazon.com/neuron"
TYPE = "node.kubernetes.io/instance-type"
ARCH = "kubernetes.io/arch"
OS = "kubernetes.io/os"
ZONE = "topology.kubernetes.io/zone"
POOL = "karpenter.sh/nodepool"
CAPACITY = "karpenter.sh/capacity-type"
INSTANCE = "karpenter.k8s.aws/instance-"
TEAM = "example.com/team"
Wish = tuple[str, ...]
"""A label, an operator, and its values."""


def _wish(wish: Wish) -> Object:
    key, operator, *values = wish
    return {"key": key, "operator": operator, **({"values": values} if values else {})}


def _class(name: str, alias: str = "al2023@v20260903", volume: str = "200Gi", **spec: Any) -> Object:
    device = "/dev/xvdb" if alias.startswith("bottlerocket") else "/dev/xvda"
    return {
        "apiVersion": "karpenter.k8s.aws/v1",
        "kind": "EC2NodeClass",
        "metadata": {"name": name},
        "spec": {
            "amiSelectorTerms": [{"alias": alias}],
            "role": "nodes",
            "subnetSelectorTerms": [{"tags": {"karpenter.sh/discovery": "lab"}}],
            "securityGroupSelectorTerms": [{"tags": {"karpenter.sh/discovery": "lab"}}],
            "blockDeviceMappings": [{"deviceName": device, "rootVolume": True, "ebs": {"volumeSize": volume}}],
            **spec,
        },
    }


def _taint(text: str) -> Object:
    rest, _, effect = text.rpartition(":")
    key, _, value = rest.partition("=")
    return {"key": key, "effect": effect, **({"value": value} if value else {})}


def _pool(
    name: str,
    *wishes: Wish,
    weight: int = 0,
    taints: Iterable[str] = (),
    limits: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    node_class: str = "plain",
    least: Mapping[str, int] | None = None,
) -> Object:
    requirements = [_wish(wish) for wish in wishes]
    for requirement in requirements:
        if requirement["key"] in (least or {}):
            requirement["minValues"] = (least or {})[requirement["key"]]
    template: Object = {
        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": node_class},
        "requirements": requirements,
        "expireAfter": "Never",
    }
    if taints:
        template["taints"] = [_taint(text) for text in taints]
    spec: Object = {"template": {"metadata": {"labels": dict(labels or {})}, "spec": template}}
    if weight:
        spec["weight"] = weight
    if limits:
        spec["limits"] = dict(limits)
    return {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": name}, "spec": spec}


def _family(*names: str) -> Wish:
    return (f"{INSTANCE}family", "In", *names)


_AMD64: Wish = (ARCH, "In", "amd64")
_ON_DEMAND: Wish = (CAPACITY, "In", "on-demand")
_GPU_TAINT = (f"{GPU}=true:NoSchedule",)
_CPU_TYPES: Wish = (TYPE, "In", "m6i.large", "m6i.xlarge", "m6i.2xlarge", "m7i.4xlarge", "r6i.2xlarge", "t3.large")

CLASSES = (
    _class("plain"),
    _class("small-disk", volume="20Gi"),
    _class("local-disk", instanceStorePolicy="RAID0"),
    _class("bottlerocket", alias="bottlerocket@v1.40.0"),
    _class(
        "kubelet",
        kubelet={
            "maxPods": 12,
            "kubeReserved": {"cpu": "500m", "memory": "2Gi"},
            "systemReserved": {"memory": "1Gi"},
            "evictionHard": {"memory.available": "5%", "nodefs.available": "15%"},
        },
    ),
    _class("pods-per-core", kubelet={"podsPerCore": 2}),
)

POOLS = (
    _pool("g5", _AMD64, _family("g5"), _ON_DEMAND, weight=10, taints=_GPU_TAINT, labels={TEAM: "search"}),
    _pool("g6", _AMD64, _family("g6", "gr6"), (ZONE, "In", "us-east-1a", "us-east-1b"), weight=30, taints=_GPU_TAINT),
    _pool("g6e", _family("g6e"), (CAPACITY, "In", "spot"), (ZONE, "In", "us-east-1c"), taints=_GPU_TAINT),
    _pool("large", (f"{INSTANCE}gpu-count", "Gt", "3"), (f"{INSTANCE}gpu-manufacturer", "In", "nvidia"),
          _family("g4dn", "g5", "g6", "p4d", "p4de", "p5", "p5en"), taints=("dedicated=large:NoSchedule",)),
    _pool("h100", _family("p5"), taints=(*_GPU_TAINT, "dedicated=training:NoExecute")),
    _pool("varied", _family("g5", "g6"), (TYPE, "Exists"), taints=("dedicated=varied:NoSchedule",), least={TYPE: 4}),
    _pool("neuron", _family("inf2", "trn1"), taints=(f"{NEURON}:NoSchedule",)),
    _pool("arm", _family("g5g"), (ARCH, "In", "arm64"), taints=("arch=arm64:NoSchedule",)),
    _pool("amd", _family("g4ad"), taints=("vendor=amd:NoSchedule",)),
    _pool("cpu", _AMD64, _CPU_TYPES, _ON_DEMAND, weight=50),
    _pool("cpu-soft", _AMD64, _CPU_TYPES, weight=60, taints=("busy:PreferNoSchedule",)),
    _pool("small-disk", _CPU_TYPES, node_class="small-disk", taints=("disk=small:NoSchedule",)),
    _pool("local-disk", _family("g5", "p4d"), node_class="local-disk", taints=("disk=local:NoSchedule",)),
    _pool("bottlerocket", _CPU_TYPES, node_class="bottlerocket", taints=("ami=bottlerocket:NoSchedule",)),
    _pool("kubelet", _CPU_TYPES, node_class="kubelet", taints=("kubelet=own:NoSchedule",)),
    _pool("pods-per-core", _CPU_TYPES, node_class="pods-per-core", taints=("kubelet=cores:NoSchedule",)),
    _pool("teams", _CPU_TYPES, (TEAM, "In", "red", "blue"), taints=("team=own:NoSchedule",)),
    _pool("stopped", _CPU_TYPES, limits={"cpu": "0"}, taints=("stopped=true:NoSchedule",)),
    _pool("no-nodes", _CPU_TYPES, limits={"nodes": "0"}, taints=("nodes=none:NoSchedule",)),
    _pool("tight", _CPU_TYPES, limits={"cpu": "4", "memory": "16Gi"}, taints=("limit=tight:NoSchedule",)),
    _pool("narrow", _CPU_TYPES, limits={"cpu": "4", "memory": "16Gi"}, taints=("limit=narrow:NoSchedule",)),
    _pool("reserved", _family("p5"), (CAPACITY, "In", "reserved"), taints=("capacity=reserved:NoSchedule",)),
)  # fmt: skip

_GP3: Object = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "ebs.csi.aws.com"}


def _storage_class(name: str, *zones: str) -> Object:
    allowed = [{"matchLabelExpressions": [{"key": "topology.ebs.csi.aws.com/zone", "values": list(zones)}]}]
    return {
        **_GP3,
        "metadata": {"name": name},
        "allowedTopologies": allowed,
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _claim(name: str, storage_class: str, volume: str = "") -> Object:
    spec: Object = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": storage_class,
        "resources": {"requests": {"storage": "10Gi"}},
    }
    if volume:
        spec["volumeName"] = volume
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def _volume(name: str, claim: str, zone: str) -> Object:
    term = {"matchExpressions": [_wish((ZONE, "In", zone))]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "10Gi"},
            "claimRef": {"kind": "PersistentVolumeClaim", "namespace": NAMESPACE, "name": claim},
            "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-0123456789abcdef0"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [term]}},
            "storageClassName": "gp3",
        },
    }


STORAGE = (
    {**_GP3, "metadata": {"name": "gp3"}, "volumeBindingMode": "WaitForFirstConsumer"},
    _storage_class("gp3-a", "us-east-1a"),
    _storage_class("gp3-elsewhere", "us-east-1f"),
    _claim("anywhere", "gp3"),
    _claim("in-a", "gp3-a"),
    _claim("elsewhere", "gp3-elsewhere"),
    _claim("bound-in-c", "gp3", "volume-in-c"),
    _volume("volume-in-c", "bound-in-c", "us-east-1c"),
)

_DAEMON_AFFINITY = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [_wish((f"{INSTANCE}gpu-count", "Gt", "1"))]}]
        }
    }
}


def _daemon(name: str, spec: Object) -> Object:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    }


def _container(requests: Mapping[str, str], limits: Mapping[str, str] | None = None, **more: Any) -> Object:
    resources: Object = {"requests": dict(requests)}
    if limits:
        resources["limits"] = dict(limits)
    return {"name": "main", "image": "example.com/image:1", "resources": resources, **more}


DAEMONS = (
    _daemon("everywhere", {"containers": [_container({"cpu": "100m", "memory": "128Mi"})],
                           "tolerations": [{"operator": "Exists"}]}),
    _daemon("no-taints", {"containers": [_container({"cpu": "200m", "memory": "512Mi"})]}),
    _daemon("several-gpus", {"containers": [_container({"cpu": "1", "memory": "4Gi"})], "affinity": _DAEMON_AFFINITY,
                             "tolerations": [{"operator": "Exists"}]}),
)  # fmt: skip


def pod(
    *,
    gpu: int = 0,
    cpu: str = "500m",
    memory: str = "512Mi",
    more: Mapping[str, str] | None = None,
    select: Mapping[str, str] | None = None,
    wish: Iterable[Wish] = (),
    either: Iterable[Iterable[Wish]] = (),
    prefer: Iterable[tuple[int, Wish]] = (),
    tolerate: Iterable[str] = (),
    claim: str = "",
    **spec: Any,
) -> Object:
    """A PodSpec. ``wish`` is one term of a required node affinity and ``either`` several; ``tolerate`` has taints as
    ``key=value:effect``, or ``*`` for all."""
    limits = dict(more or {})
    if gpu:
        limits[GPU] = str(gpu)
    found: Object = {"containers": [_container({"cpu": cpu, "memory": memory}, limits)]}
    if select:
        found["nodeSelector"] = dict(select)
    terms = [list(term) for term in either] or ([list(wish)] if wish else [])
    affinity: Object = {}
    if terms:
        selected = [{"matchExpressions": [_wish(each) for each in term]} for term in terms]
        affinity["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": selected}
    if preferred := list(prefer):
        affinity["preferredDuringSchedulingIgnoredDuringExecution"] = [
            {"weight": weight, "preference": {"matchExpressions": [_wish(each)]}} for weight, each in preferred
        ]
    if affinity:
        found["affinity"] = {"nodeAffinity": affinity}
    if tolerations := [_toleration(text) for text in tolerate]:
        found["tolerations"] = tolerations
    if claim:
        found["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]
    return {**found, **spec}


def _toleration(text: str) -> Object:
    if text == "*":
        return {"operator": "Exists"}
    taint = _taint(text)
    return {**taint, "operator": "Equal" if "value" in taint else "Exists"}


def _on(pool: str) -> Object:
    return {POOL: pool}


_LARGE, _TRAINING, _VARIED = "dedicated=large:NoSchedule", "dedicated=training:NoExecute", "dedicated=varied:NoSchedule"
_EPHEMERAL = "ephemeral-storage"

FITTING: Mapping[str, Object] = {
    "one-gpu-lands-on-the-heaviest-pool": pod(gpu=1),
    "four-gpus": pod(gpu=4, cpu="8", memory="64Gi"),
    "eight-gpus-of-g6": pod(gpu=8, cpu="90"),
    "names-its-pool": pod(gpu=1, select=_on("g5")),
    "names-its-type": pod(gpu=1, select={TYPE: "g5.12xlarge"}),
    "old-label-of-the-type": pod(gpu=1, select={"beta.kubernetes.io/instance-type": "g6.4xlarge"}),
    "label-of-the-template": pod(gpu=1, select={TEAM: "search"}),
    "gpu-name": pod(gpu=1, select={f"{INSTANCE}gpu-name": "a10g"}),
    "gpu-memory-above": pod(gpu=1, wish=[(f"{INSTANCE}gpu-memory", "Gt", "40000")]),
    "gpu-memory-below": pod(gpu=2, wish=[(f"{INSTANCE}gpu-memory", "Lt", "24000")]),
    "not-the-family": pod(gpu=1, wish=[(f"{INSTANCE}family", "NotIn", "g6", "gr6")]),
    "sizes-without-metal": pod(gpu=1, wish=[(f"{INSTANCE}size", "NotIn", "xlarge", "2xlarge", "metal")]),
    "spot-only": pod(gpu=1, select={CAPACITY: "spot"}),
    "zone-c": pod(gpu=1, select={ZONE: "us-east-1c"}),
    "old-label-of-the-zone": pod(gpu=1, select={"failure-domain.beta.kubernetes.io/zone": "us-east-1c"}),
    "region": pod(gpu=1, select={"topology.kubernetes.io/region": "us-east-1"}),
    "either-of-two-the-second": pod(gpu=1, either=[[(TYPE, "In", "p3.2xlarge")], [(TYPE, "In", "g5.xlarge")]]),
    "either-of-two-the-first": pod(gpu=1, either=[[(TYPE, "In", "g5.xlarge")], [(TYPE, "In", "g6.xlarge")]]),
    "prefers-a-lighter-pool": pod(gpu=1, prefer=[(10, (POOL, "In", "g5"))]),
    "prefers-what-there-is-not": pod(gpu=1, prefer=[(10, (TYPE, "In", "g3.4xlarge"))]),
    "prefers-more-the-heavier": pod(gpu=1, prefer=[(1, (POOL, "In", "g5")), (90, (POOL, "In", "g6e"))]),
    "large-by-toleration": pod(gpu=8, select=_on("large"), tolerate=[_LARGE], cpu="96", memory="900Gi"),
    "no-gpu-on-large": pod(select=_on("large"), tolerate=["*"], memory="100Gi"),
    "training": pod(gpu=8, tolerate=[_TRAINING, f"{GPU}:NoSchedule"], select=_on("h100")),
    "varied-enough": pod(gpu=1, select=_on("varied"), tolerate=[_VARIED]),
    "neuron": pod(more={NEURON: "1"}),
    "neuron-cores": pod(more={"aws.amazon.com/neuroncore": "4"}, tolerate=[f"{NEURON}:NoSchedule"]),
    "arm64": pod(gpu=1, select={ARCH: "arm64"}, tolerate=["arch=arm64:NoSchedule"]),
    "amd-gpu": pod(more={"amd.com/gpu": "1"}, tolerate=["vendor=amd:NoSchedule"]),
    "efa": pod(gpu=8, more={"vpc.amazonaws.com/efa": "4"}, select=_on("h100"), tolerate=["*"]),
    "small": pod(),
    "soft-taint-when-nothing-else-has-room": pod(memory="56Gi", tolerate=["busy:PreferNoSchedule"]),
    "all-of-a-node": pod(cpu="15", memory="50Gi"),
    "linux": pod(select={OS: "linux"}),
    "small-disk": pod(select=_on("small-disk"), tolerate=["*"], more={_EPHEMERAL: "17Gi"}),
    "large-disk": pod(more={_EPHEMERAL: "170Gi"}),
    "local-disk": pod(gpu=1, select=_on("local-disk"), tolerate=["*"], more={_EPHEMERAL: "350Gi"}),
    "bottlerocket": pod(select=_on("bottlerocket"), tolerate=["*"], memory="14Gi"),
    "kubelet-reserves": pod(select=_on("kubelet"), tolerate=["*"], cpu="15", memory="40Gi"),
    "pods-per-core": pod(select=_on("pods-per-core"), tolerate=["*"]),
    "a-team-of-the-requirement": pod(select={TEAM: "blue"}, tolerate=["*"]),
    "any-team": pod(wish=[(TEAM, "Exists")], tolerate=["*"]),
    "not-a-team": pod(wish=[(TEAM, "NotIn", "red")], select=_on("teams"), tolerate=["*"]),
    "no-team": pod(wish=[(TEAM, "DoesNotExist")], gpu=1),
    "tight-but-enough": pod(select=_on("tight"), tolerate=["*"]),
    "volume-anywhere": pod(gpu=1, claim="anywhere"),
    "volume-in-a": pod(gpu=1, claim="in-a"),
    "volume-bound-in-c": pod(gpu=1, claim="bound-in-c"),
    "init-container-is-larger": pod(initContainers=[_container({"cpu": "12", "memory": "20Gi"})]),
    "sidecar-adds": pod(cpu="6", initContainers=[_container({"cpu": "5"}, restartPolicy="Always")]),
    "limits-stand-for-requests": pod(cpu="0", more={"cpu": "10"}),
    "overhead": pod(cpu="3", overhead={"cpu": "2", "memory": "1Gi"}, runtimeClassName="kata"),
}

MISFITS: Mapping[str, Object] = {
    "no-toleration": pod(select=_on("h100"), gpu=1),
    "toleration-of-another-value": pod(select=_on("large"), gpu=4, tolerate=["dedicated=small:NoSchedule"]),
    "toleration-of-another-effect": pod(select=_on("h100"), gpu=1, tolerate=["dedicated=training:NoSchedule"]),
    "taint-without-its-resource": pod(select=_on("neuron"), cpu="1"),
    "pool-that-is-not": pod(gpu=1, select=_on("g4dn")),
    "label-that-is-not": pod(gpu=1, select={"example.com/rack": "7"}),
    "another-team": pod(select={TEAM: "green"}, tolerate=["*"]),
    "type-of-another-pool": pod(gpu=1, select={POOL: "g5", TYPE: "g6.xlarge"}),
    "type-that-is-not": pod(gpu=1, select={TYPE: "g5.3xlarge"}),
    "old-label-of-a-type-that-is-not": pod(gpu=1, select={"beta.kubernetes.io/instance-type": "g5.3xlarge"}),
    "zone-of-another-pool": pod(gpu=1, select={POOL: "g6", ZONE: "us-east-1c"}),
    "zone-that-is-not": pod(gpu=1, select={POOL: "g6", ZONE: "us-east-1d"}),
    "spot-of-an-on-demand-pool": pod(gpu=1, select={POOL: "g5", CAPACITY: "spot"}),
    "reserved-without-a-reservation": pod(gpu=8, select=_on("reserved"), tolerate=["*"]),
    "arm64-of-an-amd64-pool": pod(gpu=1, select={POOL: "g5", ARCH: "arm64"}),
    "windows": pod(select={OS: "windows"}),
    "nine-gpus": pod(gpu=9, select=_on("g5")),
    "two-gpus-and-a-size-with-one": pod(gpu=2, select={POOL: "g5", f"{INSTANCE}size": "xlarge"}),
    "gpus-on-a-cpu-pool": pod(gpu=1, select=_on("cpu")),
    "gpu-of-another-vendor": pod(gpu=1, select=_on("amd"), tolerate=["*"]),
    "gpu-name-of-another-pool": pod(gpu=1, select={POOL: "g5", f"{INSTANCE}gpu-name": "l4"}),
    "gpu-memory-above-all": pod(gpu=1, select=_on("g6"), wish=[(f"{INSTANCE}gpu-memory", "Gt", "24000")]),
    "more-cpu-than-any": pod(select=_on("cpu"), cpu="16"),
    "cpu-that-daemons-take": pod(select=_on("cpu"), cpu="15600m"),
    "more-memory-than-any": pod(select=_on("cpu"), memory="64Gi"),
    "memory-that-the-kubelet-keeps": pod(select=_on("kubelet"), tolerate=["*"], memory="54Gi"),
    "more-disk-than-there-is": pod(select=_on("small-disk"), tolerate=["*"], more={_EPHEMERAL: "18Gi"}),
    "more-disk-than-local": pod(gpu=8, select=_on("local-disk"), tolerate=["*"], more={_EPHEMERAL: "8000Gi"}),
    "more-than-the-usual-disk": pod(gpu=1, select=_on("g5"), more={_EPHEMERAL: "190Gi"}),
    "cpu-and-memory-never-together": pod(select=_on("cpu"), cpu="12", memory="60Gi"),
    "one-gpu-and-the-memory-of-eight": pod(gpu=1, select={POOL: "g6", f"{INSTANCE}gpu-count": "1"}, memory="600Gi"),
    "stopped-pool": pod(select=_on("stopped"), tolerate=["*"]),
    "pool-without-nodes": pod(select=_on("no-nodes"), tolerate=["*"]),
    "above-the-limit": pod(select=_on("narrow"), tolerate=["*"], cpu="6"),
    "not-varied-enough": pod(gpu=4, select=_on("varied"), tolerate=[_VARIED], memory="500Gi"),
    "any-team-but-those": pod(select=_on("teams"), wish=[(TEAM, "NotIn", "red", "blue")], tolerate=["*"]),
    "no-team-on-a-pool-of-teams": pod(select=_on("teams"), wish=[(TEAM, "DoesNotExist")], tolerate=["*"]),
    "label-above": pod(select=_on("large"), tolerate=["*"], wish=[(f"{INSTANCE}gpu-count", "Lt", "3")]),
    "neither-of-two": pod(gpu=1, select=_on("g6"), either=[[(TYPE, "In", "g5.xlarge")], [(ZONE, "In", "us-east-1c")]]),
    "volume-elsewhere": pod(gpu=1, select=_on("g6"), claim="elsewhere"),
    "volume-of-another-zone": pod(gpu=1, select=_on("g6"), claim="bound-in-c"),
    "volume-and-zone": pod(gpu=1, select={ZONE: "us-east-1b"}, claim="in-a"),
    "sidecar-is-too-much": pod(select=_on("cpu"), cpu="8", initContainers=[
        _container({"cpu": "9"}, restartPolicy="Always")]),
    "init-container-is-too-large": pod(select=_on("cpu"), initContainers=[_container({"cpu": "20"})]),
    "overhead-is-too-much": pod(select=_on("cpu"), cpu="14", overhead={"cpu": "3"}, runtimeClassName="kata"),
    "efa-that-is-not": pod(gpu=1, more={"vpc.amazonaws.com/efa": "9"}, select=_on("g6")),
    "unknown-resource": pod(more={"example.com/fpga": "1"}, select=_on("cpu")),
    "more-neuron-devices": pod(more={NEURON: "17"}, select=_on("neuron")),
}  # fmt: skip


def drawn(seed: int, count: int) -> Iterator[tuple[str, Object]]:
    """``count`` pods by chance, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    pools = [
        each["metadata"]["name"]
        for each in POOLS
        if each["metadata"]["name"] not in ("stopped", "no-nodes", "tight", "narrow")
    ]
    wishes: list[Wish] = [
        (f"{INSTANCE}family", "In", "g5", "g6"),
        (f"{INSTANCE}family", "NotIn", "g6"),
        (f"{INSTANCE}size", "In", "xlarge", "12xlarge", "large"),
        (f"{INSTANCE}gpu-count", "Gt", "1"),
        (f"{INSTANCE}gpu-memory", "Gt", "23000"),
        (f"{INSTANCE}cpu", "Lt", "16"),
        (f"{INSTANCE}memory", "Gt", "65536"),
        (f"{INSTANCE}local-nvme", "Exists"),
        (f"{INSTANCE}gpu-name", "DoesNotExist"),
        (f"{INSTANCE}category", "In", "g", "m"),
        (f"{INSTANCE}generation", "Gt", "5"),
        (TYPE, "In", "g5.xlarge", "m6i.large", "p5.48xlarge"),
        (ARCH, "In", "amd64", "arm64"),
        (ZONE, "In", "us-east-1a"),
        (ZONE, "NotIn", "us-east-1a", "us-east-1b"),
        (CAPACITY, "In", "spot"),
        (CAPACITY, "NotIn", "spot"),
        (TEAM, "In", "red", "search"),
        (TEAM, "DoesNotExist"),
    ]
    taints = sorted({_text(taint) for each in POOLS for taint in each["spec"]["template"]["spec"].get("taints", ())})
    for number in range(count):
        several, preferred = _sample(chance, wishes)
        either = [[one] for one in several] if chance.random() < 0.3 else []
        yield (
            f"drawn-{number:03}",
            pod(
                gpu=chance.choice((0, 0, 1, 1, 1, 2, 4, 8)),
                cpu=chance.choice(("100m", "2", "7", "14", "31", "90")),
                memory=chance.choice(("256Mi", "6Gi", "29Gi", "60Gi", "180Gi", "700Gi")),
                more={_EPHEMERAL: chance.choice(("1Gi", "60Gi", "175Gi", "300Gi"))},
                select=_on(chance.choice(pools)) if chance.random() < 0.6 else None,
                wish=() if either else several,
                either=either,
                prefer=[(chance.randint(1, 100), one) for one in preferred],
                tolerate=chance.choice(([], ["*"], ["*"], chance.sample(taints, 2))),
                claim=chance.choice(("", "", "", "anywhere", "in-a", "bound-in-c")),
            ),
        )


def _sample(chance: random.Random, wishes: list[Wish]) -> tuple[list[Wish], list[Wish]]:
    """Musts and preferences, with at most one wish for a label. Two that exclude each other are a wish for no such label to
    Karpenter, which launches nodes on which kube-scheduler puts nothing: nimfleet says that such a pod fits nowhere."""
    by_label = {wish[0]: wish for wish in chance.sample(wishes, len(wishes))}
    chosen = chance.sample(sorted(by_label.values()), 5)
    musts = chance.choice((0, 0, 1, 1, 2, 3))
    return chosen[:musts], chosen[musts : musts + chance.choice((0, 0, 0, 1, 2))]


def _text(taint: Object) -> str:
    return f"{taint['key']}={taint.get('value', '')}:{taint['effect']}"


def documents(pods: Iterable[tuple[str, Object]]) -> Iterator[Object]:
    """The cluster with these pods."""
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    yield from (*CLASSES, *POOLS, *STORAGE, *DAEMONS)
    for name, spec in pods:
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}
