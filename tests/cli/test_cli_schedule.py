"""`nimfleet schedule`: the table, its reasons and its exit codes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from nimfleet.cli.main import app

PROJECT = Path(__file__).resolve().parents[2]
POOL = """\
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata:
  name: gpu
spec:
  template:
    spec:
      nodeClassRef:
        group: karpenter.k8s.aws
        kind: EC2NodeClass
        name: gpu
      requirements:
        - key: karpenter.k8s.aws/instance-family
          operator: In
          values: [g6]
      taints:
        - key: nvidia.com/gpu
          effect: NoSchedule
  limits:
    nvidia.com/gpu: "2"
"""
POD = """\
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: web
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      nodeSelector:
        karpenter.sh/nodepool: gpu
      tolerations:
        - key: {tolerated}
          operator: Exists
      containers:
        - name: app
          image: registry.example.com/app:1.0
          resources:
            limits:
              cpu: "2"
              memory: {memory}
              nvidia.com/gpu: 1
"""


def pod(name: str = "app", replicas: int = 1, tolerated: str = "nvidia.com/gpu", memory: str = "8Gi") -> str:
    return POD.format(name=name, replicas=replicas, tolerated=tolerated, memory=memory)


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{PROJECT / '.bin'}{os.pathsep}{os.environ['PATH']}")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["schedule", *map(str, words)])


def of(folder: Path, *texts: str) -> Path:
    (folder / "all.yaml").write_text("".join(texts), encoding="utf-8")
    return folder


def document(*words: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*words, "--format", "json").output)
    assert found["version"] == 1
    (cluster,) = found["clusters"]
    return dict(cluster)


def test_the_table_goes_from_pod_to_pool_to_instance_types_to_cost(tmp_path: Path) -> None:
    result = run(of(tmp_path, POOL, pod(replicas=2)))
    assert result.exit_code == 0
    row = next(line for line in result.output.splitlines() if line.startswith("web/app")).split("  ")
    cells = [cell.strip() for cell in row if cell.strip()]
    assert cells[:7] == ["web/app", "Deployment", "2", "1 gpu, 2 cpu, 8Gi memory", "gpu", "g6.xlarge", "0.805"]
    assert cells[7].startswith("g6.2xlarge, g6.4xlarge, g6.8xlarge and ")
    assert "Nodes at least: 2 x g6.xlarge: $1.61 an hour" in result.output
    assert "Prices: on demand, Linux, us-east-1, of 2026-07-20." in result.output


def test_a_pod_that_fits_nowhere_is_explained_and_fails(tmp_path: Path) -> None:
    result = run(
        of(tmp_path, POOL, pod(), pod("team", tolerated="team").replace("              nvidia.com/gpu: 1\n", ""))
    )
    assert result.exit_code == 1
    _, _, reasons = result.output.partition("web/team fits nowhere:\n")
    assert reasons.splitlines()[0] == (
        "  gpu: taint nvidia.com/gpu:NoSchedule of NodePool gpu; add the toleration nvidia.com/gpu Exists NoSchedule"
    )
    assert "web/app fits nowhere" not in result.output


def test_help_of_the_admission_plugin_is_said(tmp_path: Path) -> None:
    result = run(of(tmp_path, POOL, pod(tolerated="team")))
    assert result.exit_code == 0
    assert "web/app tolerates nvidia.com/gpu only if the cluster's admission adds the toleration." in result.output


def test_a_limit_that_is_too_low_is_said(tmp_path: Path) -> None:
    result = run(of(tmp_path, POOL, pod(replicas=3)))
    assert "NodePool gpu has a limit of 2 nvidia.com/gpu; at most, the nodes for its pods have 3." in result.output


def test_nodes_of_a_declared_group_are_counted(tmp_path: Path) -> None:
    (tmp_path / "nimfleet.toml").write_text(
        '[[nodeGroup]]\nname = "gpu"\ninstanceTypes = ["g6.xlarge"]\nmaxNodes = 2\n', encoding="utf-8"
    )
    group = pod(replicas=3).replace("karpenter.sh/nodepool: gpu", "eks.amazonaws.com/nodegroup: gpu")
    result = run(of(tmp_path, group))
    assert "Node group gpu has at most 2 nodes; its pods may need 3." in result.output
    assert "Nodes at least: none" in result.output
    assert result.output.splitlines()[-1] == "Not counted either: nodes that are not Karpenter's."


@pytest.mark.parametrize(("kinds", "said"), [("spot", ["gpu"]), ("spot, on-demand", [])])
def test_spot_nodes_are_known_to_cost_less(tmp_path: Path, kinds: str, said: list[str]) -> None:
    wish = f"        - key: karpenter.sh/capacity-type\n          operator: In\n          values: [{kinds}]\n"
    spot = POOL.replace("      taints:\n", f"{wish}      taints:\n")
    result = run(of(tmp_path, spot, pod()))
    words = "NodePool gpu makes spot nodes only, which cost less: they are counted at the price on demand."
    assert (words in result.output) == bool(said)
    assert document(tmp_path)["cost"]["spotOnly"] == said


def test_without_pods_there_is_nothing_to_place(tmp_path: Path) -> None:
    result = run(of(tmp_path, POOL))
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "No pods: nothing here makes any.")


def test_a_gpu_pod_without_any_pool_fits_nowhere(tmp_path: Path) -> None:
    result = run(of(tmp_path, pod()))
    assert result.exit_code == 1
    assert "there is no NodePool here, and no node group in nimfleet.toml" in result.output
    assert result.output.splitlines()[-1] == "Not counted either: pods that fit nowhere."


def test_an_environment_has_what_its_models_cost() -> None:
    result = run(PROJECT / "clusters" / "prod")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "clusters/prod"
    model = next(line for line in lines if line.startswith("nim-service/llama-3-1-8b-instruct") and "NIM" not in line)
    assert model.split() == ["nim-service/llama-3-1-8b-instruct", "3.72", "3.72", "11.17"]
    assert any(line.startswith("Nodes at most:  4 x g6.xlarge, 8 x g6e.xlarge, 1 x p5.48xlarge") for line in lines)


def test_json_has_every_pool_and_reason(tmp_path: Path) -> None:
    cluster = document(of(tmp_path, POOL, pod(replicas=3), pod("large", memory="900Gi")))
    first, second = cluster["pods"]
    assert first["chosen"]["instanceType"] == "g6.xlarge"
    assert first["chosen"]["usdPerHour"] == 0.8048
    assert (first["fits"], second["fits"], second["chosen"]) == (True, False, None)
    assert first["requests"] == {"nvidia.com/gpu": "1", "cpu": "2", "memory": "8Gi"}
    (pool,) = second["pools"]
    assert pool["instanceTypes"] == []
    assert {each["kind"] for each in pool["conflict"]} >= {"memory"}
    assert "memory" in pool["fix"]
    assert cluster["overLimit"] == [{"pool": "gpu", "resource": "nvidia.com/gpu", "wanted": "3", "limit": "2"}]
    assert cluster["cost"]["floor"]["nodes"][0]["instanceType"] == "g6.xlarge"
    assert cluster["cost"]["pricesRegion"] == "us-east-1"


def test_every_document_fits_the_published_schema(tmp_path: Path) -> None:
    schema = json.loads((PROJECT / "schemas" / "nimfleet" / "schedule-v1.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for words in ((PROJECT / "clusters",), (of(tmp_path, POOL, pod(memory="900Gi"), pod("big", 9)),)):
        found = json.loads(run(*words, "--format", "json").output)
        validator.validate(found)
        assert found["clusters"]
    del found["clusters"][0]["cost"]["pricesDate"]
    assert not validator.is_valid(found)


def test_several_environments_are_shown_one_after_the_other() -> None:
    names = [
        cluster["name"] for cluster in json.loads(run(PROJECT / "clusters", "--format", "json").output)["clusters"]
    ]
    assert names == ["clusters/dev", "clusters/prod", "clusters/staging"]


def test_a_path_that_is_not_there_is_bad_usage(tmp_path: Path) -> None:
    result = run(tmp_path / "none")
    assert result.exception is not None
    assert "none" in str(result.exception)
