"""Karpenter's own scheduler as the judge of pods: which NodePool and which instance types each gets, or why none.

Karpenter runs with its kwok provider (tools/e2e/karpenter) against a real API server. It gets what nimfleet has read:
NodePools, EC2NodeClasses, StorageClasses, claims and volumes as they are, the pods and daemons that nimfleet expects,
and nimfleet's table of instance types. No kubelet and no kube-scheduler run: pods wait, and nodes are objects.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apiserver import PROJECT, Answer, ApiServer, running
from definitions import crds, newest
from given import CLASSES, POOLS, class_status, objects, pod, zones_of
from instances import table

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.model import PodSet, Replicas
from nimfleet.cluster.scheduling.bill import steady
from nimfleet.cluster.scheduling.gather import karpenter_setting, vm_memory_overhead
from nimfleet.cluster.scheduling.taints import describe, read_taint
from nimfleet.manifest.walk import get, items, mapping

PROGRAM = "karpenter"
NODEPOOL = "karpenter.sh/nodepool"
INSTANCE_TYPE = "node.kubernetes.io/instance-type"
NO_TYPES = "filtered out all instance types"
"""What Karpenter says of a NodePool that has none, whatever the pod."""
DECIDED_SECONDS = 120
_ADMISSION = "--enable-admission-plugins=ExtendedResourceToleration"
"""EKS has it, too."""
_TAINTS = ("spec", "template", "spec", "taints")
Object = dict[str, Any]


class JudgeError(AssertionError):
    """Karpenter did not decide in time, or the API server refused what it should judge."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What Karpenter did about one pod.

    ``pool`` and ``instance_types`` are those of the node that it launched for the pod, ``cheapest`` is the type of that
    ``node``. Where it launched none, ``refusals`` has its reason by NodePool, or one for all under ``""``.
    """

    pool: str = ""
    instance_types: frozenset[str] = frozenset()
    cheapest: str = ""
    node: str = ""
    refusals: Mapping[str, str] = field(default_factory=dict)


def program() -> Path | None:
    """Karpenter, as ``tools/e2e/build.sh flux`` builds it; None before."""
    module = PROJECT / "tools" / "e2e" / PROGRAM
    version = (module / "go.mod").read_text("utf-8").partition("\tsigs.k8s.io/karpenter v")[2].split()[0]
    source = (module / "main.go").read_bytes()
    # What `git hash-object` says of it.
    hashed = hashlib.sha1(b"blob %d\0%b" % (len(source), source), usedforsecurity=False).hexdigest()
    path = PROJECT / ".cache" / "e2e" / PROGRAM / f"{version}-{hashed}" / PROGRAM
    return path if path.exists() else None


class Judge:
    """A control plane with Karpenter, and with all that a cluster has but for its pods."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server

    def decide(
        self, pods: Sequence[PodSet], *, apart: bool, count: Callable[[Replicas], int] = steady
    ) -> Mapping[str, Sequence[Decision]]:
        """Have Karpenter decide about ``count`` of each; by the name of the PodSet.

        With ``apart`` there is one pod of each, and no two of all these share a node, so that each is judged by itself.

        Raises:
            JudgeError: a pod is not decided in time.
        """
        names: dict[tuple[str, str], str] = {}
        for number, each in enumerate(pods):
            for replica in range(1 if apart else count(each.replicas)):
                name = f"pod-{number}-{replica}"
                make(self.server, pod(each, name, apart=apart))
                names[each.namespace, name] = each.name
        for namespace, name in names:
            self._unschedulable(namespace, name)
        found: dict[str, list[Decision]] = {each.name: [] for each in pods}
        for key, decision in self._decisions(set(names)).items():
            found[names[key]].append(decision)
        return found

    def _decisions(self, wanted: set[tuple[str, str]]) -> Mapping[tuple[str, str], Decision]:
        deadline = time.monotonic() + DECIDED_SECONDS
        while True:
            found = self._told()
            claims = {claim["metadata"]["name"]: claim for claim in self.list(f"/apis/{POOLS}/v1/nodeclaims")}
            launched = all(_launched(claims.get(claim, {})) for claim, _ in found.values() if claim)
            if wanted <= found.keys() and launched:
                break
            self.server.processes.check()
            if time.monotonic() > deadline:
                missing = sorted(f"{namespace}/{name}" for namespace, name in wanted - found.keys())
                log = (self.server.folder / f"{PROGRAM}.log").read_text("utf-8", "replace")
                raise JudgeError(f"Karpenter has not decided about {missing}:\n{log[-4000:]}")
            time.sleep(0.2)
        refusals = self._refusals()
        return {
            key: _decision(claims[claim]) if claim else Decision(refusals=refusals.get(key, {"": words}))
            for key, (claim, words) in found.items()
            if key in wanted
        }

    def _refusals(self) -> Mapping[tuple[str, str], Mapping[str, str]]:
        """By pod Karpenter's reasons, which its log lists in the order in which it tries NodePools: the heaviest first, of equal
        ones the last by name, without those that no instance type is for."""
        pools = self.list(f"/apis/{POOLS}/v1/nodepools")
        pools.sort(key=lambda pool: pool["metadata"]["name"], reverse=True)
        pools.sort(key=lambda pool: -pool["spec"].get("weight", 0))
        barren: dict[str, str] = {}
        found = {}
        for entry in self._log():
            if NO_TYPES in entry["msg"]:
                barren[entry["NodePool"]["name"]] = entry["msg"]
                pools = [pool for pool in pools if pool["metadata"]["name"] not in barren]
            elif entry["msg"] == "could not schedule pod":
                causes = [str(cause["error"]) for cause in entry.get("errorCauses", ())]
                key = (entry["Pod"]["namespace"], entry["Pod"]["name"])
                found[key] = {**barren, **_by_pool(pools, causes)} if causes else {"": str(entry["error"])}
        return found

    def _log(self) -> Iterator[Mapping[str, Any]]:
        text_ = (self.server.folder / f"{PROGRAM}.log").read_text("utf-8", "replace")
        for line in text_.splitlines():
            with contextlib.suppress(ValueError):
                yield json.loads(line)

    def _told(self) -> dict[tuple[str, str], tuple[str, str]]:
        """By pod the NodeClaim that it was nominated for last, or ``""`` and the reason why there is none."""
        found = {}
        for event in sorted(self.list("/api/v1/events"), key=lambda each: int(each["metadata"]["resourceVersion"])):
            about = event["involvedObject"]
            if about.get("kind") != "Pod":
                continue
            key = (about["namespace"], about["name"])
            if event["reason"] == "Nominated":
                claim = event["message"].partition("nodeclaim/")[2].partition(",")[0]
                found[key] = (claim, "")
            elif event["reason"] == "FailedScheduling":
                found.setdefault(key, ("", event["message"]))
        return found

    def list(self, path: str) -> list[Any]:
        """The objects under an API path."""
        return list(_expect(self.server.request("GET", path), 200).body["items"])

    def _unschedulable(self, namespace: str, name: str) -> None:
        """What kube-scheduler says of a pod for which there is no node."""
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no node"}
        status(self.server, f"/api/v1/namespaces/{namespace}/pods/{name}", {"conditions": [condition]})


def _by_pool(pools: Iterable[Mapping[str, Any]], causes: Iterable[str]) -> dict[str, str]:
    """One cause for each NodePool, but for one for each of its taints that is not tolerated."""
    found = {}
    left = deque(causes)
    for pool in pools:
        taints = {f"did not tolerate taint (taint={describe(read_taint(taint))})" for _, taint in items(pool, *_TAINTS)}
        found[str(pool["metadata"]["name"])] = cause = left.popleft()
        while cause in taints and left and left[0] in taints - {cause}:
            taints.discard(cause)
            cause = left.popleft()
    assert not left, left
    return found


def make(server: ApiServer, value: Object) -> None:
    """Create an object."""
    resource = server.resource(value)
    assert resource is not None, f"{value['apiVersion']} {value['kind']} is not served"
    _expect(server.post(resource.path(value["metadata"].get("namespace", "default")), value), 201)


def status(server: ApiServer, path: str, value: Object) -> None:
    """Set the status of an object."""
    body = json.dumps({"status": value}).encode()
    _expect(server.request("PATCH", f"{path}/status", body, "application/merge-patch+json"), 200)


def _expect(answer: Answer, code: int) -> Answer:
    if answer.status != code:
        raise JudgeError(answer.message)
    return answer


def _launched(claim: Mapping[str, Any]) -> bool:
    return bool(get(claim, "status", "nodeName")) and INSTANCE_TYPE in mapping(get(claim, "metadata", "labels"))


def _decision(claim: Mapping[str, Any]) -> Decision:
    labels = claim["metadata"]["labels"]
    wants = {one["key"]: frozenset(one.get("values", ())) for one in claim["spec"]["requirements"]}
    return Decision(
        pool=labels[NODEPOOL],
        instance_types=wants[INSTANCE_TYPE],
        cheapest=labels[INSTANCE_TYPE],
        node=claim["metadata"]["name"],
    )


@contextlib.contextmanager
def judging(cluster: Cluster) -> Iterator[Judge]:
    """Karpenter, ready for the pods of ``cluster``."""
    binary = program()
    assert binary is not None
    zones = zones_of(cluster)
    region = min(zones)[:-1]
    with running(flags=(_ADMISSION,)) as server:
        server.install(crds("karpenter-provider-aws", newest("karpenter-provider-aws")))
        for value in objects(cluster):
            make(server, value)
        for item in cluster.kind(CLASSES, "EC2NodeClass"):
            status(server, f"/apis/{CLASSES}/v1/ec2nodeclasses/{item.id.name}", class_status(zones))
        instance_types = server.folder / "instance-types.json"
        instance_types.write_text(json.dumps(table(zones, region)), encoding="utf-8")
        server.start(
            [str(binary)],
            {
                "INSTANCE_TYPES": str(instance_types),
                "CLUSTER_NAME": "e2e",
                "VM_MEMORY_OVERHEAD_PERCENT": str(vm_memory_overhead(cluster)),
                "MIN_VALUES_POLICY": str(karpenter_setting(cluster, "minValuesPolicy") or "Strict"),
                "BATCH_MAX_DURATION": "10s",
                "BATCH_IDLE_DURATION": "1s",
            },
        )
        judge = Judge(server)
        _ready(judge)
        yield judge


def _ready(judge: Judge) -> None:
    """Wait until Karpenter has looked at every NodePool."""
    deadline = time.monotonic() + DECIDED_SECONDS
    while True:
        pools = judge.list(f"/apis/{POOLS}/v1/nodepools")
        if all(_is_ready(pool) for pool in pools):
            return
        judge.server.processes.check()
        if time.monotonic() > deadline:
            log = (judge.server.folder / f"{PROGRAM}.log").read_text("utf-8", "replace")
            raise JudgeError(f"a NodePool is not ready:\n{log[-4000:]}")
        time.sleep(0.1)


def _is_ready(pool: Mapping[str, Any]) -> bool:
    return any(
        condition.get("type") == "Ready" and condition.get("status") == "True"
        for _, condition in items(pool, "status", "conditions")
    )
