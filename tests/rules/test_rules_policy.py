"""policy/*: what each profile asks, what rendering gives, and the readers that the rules share."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nimfleet.cluster.model import Cluster, Profile, World
from nimfleet.engine import validate
from nimfleet.intent.load import LoadedEnvironment
from nimfleet.manifest.emit import dump
from nimfleet.manifest.identity import ObjectId
from nimfleet.render.tree import Custom, render
from nimfleet.render.write import write
from nimfleet.repository.model import KubeObject, Place
from nimfleet.rules.policy.pods import selects
from nimfleet.rules.registry import all_rules

PROJECT = Path(__file__).resolve().parents[2]
CASES = PROJECT / "tests" / "cases" / "policy"
Load = Callable[[dict[str, Any]], LoadedEnvironment]
Rules = set[str]


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_our_environments_hold_under_production(name: str) -> None:
    report = validate(PROJECT / "clusters" / name, root=PROJECT, policy="production")
    assert [str(finding) for finding in report.findings] == []
    assert next(stage for stage in report.stages if stage.name == "cluster").status == "passed"


@pytest.fixture
def found(tmp_path: Path, load: Load) -> Callable[[dict[str, Any]], Rules]:
    """Render an environment, and tell which rules of policy object under production."""

    def judge(value: dict[str, Any]) -> Rules:
        folder = tmp_path / "clusters" / "dev"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "environment.yaml").write_text(dump(value))
        write(folder, dict(render(load(value), Custom()).files))
        report = validate(folder, root=tmp_path, policy="production", only=["parse", "build", "cluster"])
        return {finding.rule for finding in report.findings if finding.rule.startswith("policy/")}

    return judge


INTENTS: dict[str, tuple[dict[str, Any], Rules]] = {
    "small": ({}, set()),
    "without-observability-or-webhook": ({"nimOperator": {"admissionController": False}}, set()),
    "exposed-with-one-replica": (
        {"exposure": {"type": "ingress", "ingress": {"domain": "nim.example.com"}}},
        {"policy/single-replica"},
    ),
    "exposed-in-the-internet": (
        {
            "exposure": {"type": "ingress", "ingress": {"domain": "nim.example.com", "scheme": "internet-facing"}},
            "defaults": {"replicas": 2},
        },
        {"policy/ingress-auth", "policy/ingress-tls"},
    ),
    "scaled": (
        {
            "observability": {"prometheus": True},
            "defaults": {"autoscaling": {"minReplicas": 2, "maxReplicas": 4}},
        },
        set(),
    ),
    "lustre": (
        {"storage": {"fsx": {"subnetId": "subnet-0123456789abcdef0", "securityGroupIds": ["sg-0123456789abcdef0"]}}},
        set(),
    ),
    "one-zone": ({"pools": {"g5": {"zones": ["us-west-2a"]}}}, {"policy/single-zone"}),
    "nodes-that-expire": ({"pools": {"g5": {"expireAfter": "168h"}}}, {"policy/expire-after"}),
    "namespace-of-a-chart": ({"namespace": "nim-operator"}, {"policy/pod-security"}),
    "pipeline": ({"pipelines": {"chat": {"services": {"llama": {}}}}, "defaults": {"replicas": 3}}, set()),
    "neuron-and-cpu-pools": ({"pools": {"g5": {}, "inf2": {}, "cpu": {}}, "defaults": {"pool": "g5"}}, set()),
}


@pytest.mark.parametrize("name", INTENTS)
def test_what_rendering_leaves_to_production(
    name: str, small: dict[str, Any], found: Callable[[dict[str, Any]], Rules]
) -> None:
    change, expected = INTENTS[name]
    small["cluster"].update(zones=["us-west-2a", "us-west-2b"], vpcId="vpc-0123456789abcdef0")
    assert found({**small, **change}) == expected


def test_each_rule_is_asked_from_the_profile_on_that_its_page_names(tmp_path: Path) -> None:
    for case in sorted(CASES.glob("*/*")):
        source = case / "cluster.yaml" if case.is_dir() else case
        if not case.name.startswith("ok"):
            shutil.copy(source, tmp_path / f"{case.parent.name}-{case.stem}.yaml")
    asked: dict[str, set[tuple[str, str, int]]] = {}
    for profile in Profile:
        report = validate(tmp_path, root=tmp_path, policy=profile.value, only=["parse", "build", "cluster"])
        asked[profile] = {(f.rule, f.file, f.line) for f in report.findings if f.rule.startswith("policy/")}
    assert asked["minimal"] < asked["standard"] < asked["production"]
    for name, rule in all_rules().items():
        if name.startswith("policy/"):
            said = set(re.findall(r"profile\s+(minimal|standard|production)", rule.page.what))
            first = next(profile for profile in Profile if any(entry[0] == name for entry in asked[profile]))
            assert first == next(profile for profile in Profile if profile.value in said), name


@pytest.mark.parametrize("shape", [None, 3, "text", [], [3], {}, {"spec": 3}, {"spec": []}, {"spec": {"x": [None]}}])
def test_no_rule_of_policy_minds_a_shape(shape: Any) -> None:
    kinds = [
        ("apps.nvidia.com", "NIMService"),
        ("apps.nvidia.com", "NIMCache"),
        ("apps.nvidia.com", "NIMPipeline"),
        ("apps", "Deployment"),
        ("", "Pod"),
        ("", "Namespace"),
        ("", "Service"),
        ("batch", "CronJob"),
        ("policy", "PodDisruptionBudget"),
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("networking.k8s.io", "NetworkPolicy"),
        ("networking.k8s.io", "Ingress"),
        ("gateway.networking.k8s.io", "HTTPRoute"),
        ("karpenter.sh", "NodePool"),
        ("karpenter.k8s.aws", "EC2NodeClass"),
        ("storage.k8s.io", "StorageClass"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ]
    objects = tuple(
        KubeObject(ObjectId(group, "v1", kind, "", "x"), shape, None, "", lambda _: Place("x", 1, 1))
        for group, kind in kinds
    )
    cluster = Cluster("", World.COMPLETE, Profile.PRODUCTION, "1.34", {}, objects)
    for name, rule in all_rules().items():
        if name.startswith("policy/"):
            assert all(hit.message for hit in rule.check(cluster)), name


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "llama"}}, True),
        ({"matchLabels": {"app": "llama", "tier": "web"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["llama", "other"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["llama"]}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Equals", "values": ["llama"]}]}, False),
    ],
)
def test_selectors(selector: Any, expected: bool) -> None:
    assert selects(selector, {"app": "llama"}) is expected
