"""Rules about cost: they need an environment.yaml with a budget, and what it renders to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nimfleet.engine import Finding, validate
from nimfleet.render.tree import render_environment
from nimfleet.render.write import write

PROJECT = Path(__file__).resolve().parents[2]
DEAR = """\
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata:
  name: dear
spec:
  template:
    spec:
      nodeClassRef:
        group: karpenter.k8s.aws
        kind: EC2NodeClass
        name: g5
      requirements:
        - key: node.kubernetes.io/instance-type
          operator: In
          values: [{instance}]
  limits:
    nvidia.com/gpu: 16
---
apiVersion: v1
kind: Pod
metadata:
  name: batch
  namespace: nim-service
spec:
  nodeSelector:
    karpenter.sh/nodepool: dear
  containers:
    - name: batch
      image: registry.example.com/batch:1.0
      resources:
        limits:
          nvidia.com/gpu: 8
"""


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a copy of dev, which runs one g5.12xlarge at 5.672 USD an hour."""
    monkeypatch.setenv("PATH", str(PROJECT / ".bin"), prepend=":")
    folder = tmp_path / "clusters" / "dev"
    shutil.copytree(PROJECT / "clusters" / "dev", folder)
    return folder


def budget(environment: Path, *lines: str) -> None:
    path = environment / "environment.yaml"
    path.write_text(
        path.read_text("utf-8") + "\n".join(["policy:", "  budget:", *(f"    {line}" for line in lines), ""]), "utf-8"
    )


def line_of(environment: Path, text: str) -> int:
    lines = (environment / "environment.yaml").read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def of_cost(environment: Path) -> list[Finding]:
    report = validate(environment, root=environment.parents[1])
    return [finding for finding in report.findings if finding.rule.startswith("cost/")]


def with_custom(environment: Path, instance: str) -> None:
    """Put a NodePool and a pod on it into custom/, and render again."""
    folder = environment / "custom" / "configs"
    folder.mkdir(parents=True)
    (folder / "dear.yaml").write_text(DEAR.format(instance=instance), "utf-8")
    (folder / "kustomization.yaml").write_text(
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources:\n  - dear.yaml\n", "utf-8"
    )
    write(environment, render_environment(environment, "environment.yaml").files)


def test_more_than_the_steady_budget_is_an_error_at_its_line(environment: Path) -> None:
    budget(environment, "steadyUsdPerHour: 5")
    (finding,) = of_cost(environment)
    assert (finding.rule, finding.file) == ("cost/budget-exceeded", "clusters/dev/environment.yaml")
    assert finding.line == line_of(environment, "steadyUsdPerHour")
    assert "$5.67 an hour as usual (1 x g5.12xlarge" in finding.message
    assert "the budget is $5.00" in finding.message


def test_each_budget_is_compared_with_its_own_number_of_replicas(environment: Path) -> None:
    budget(environment, "steadyUsdPerHour: 5", "ceilingUsdPerHour: 5.67")
    assert [finding.line for finding in of_cost(environment)] == [
        line_of(environment, "steadyUsdPerHour"),
        line_of(environment, "ceilingUsdPerHour"),
    ]


@pytest.mark.parametrize("lines", [("steadyUsdPerHour: 5.68", "ceilingUsdPerHour: 5.68"), ("ceilingUsdPerHour: 100",)])
def test_within_the_budget_nothing_is_said(environment: Path, lines: tuple[str, ...]) -> None:
    budget(environment, *lines)
    assert of_cost(environment) == []


def test_what_custom_adds_counts_too(environment: Path) -> None:
    with_custom(environment, "p5.48xlarge")
    budget(environment, "steadyUsdPerHour: 6")
    (finding,) = of_cost(environment)
    assert finding.rule == "cost/budget-exceeded"
    assert "$60.71 an hour as usual (1 x p5.48xlarge, 1 x g5.12xlarge" in finding.message


def test_a_price_that_is_not_known_is_said_where_there_is_a_budget(environment: Path) -> None:
    with_custom(environment, "p5e.48xlarge")
    assert of_cost(environment) == []
    budget(environment, "ceilingUsdPerHour: 6")
    (finding,) = of_cost(environment)
    assert (finding.rule, finding.line) == ("cost/price-unknown", line_of(environment, "budget:"))
    assert "`p5e.48xlarge`" in finding.message
