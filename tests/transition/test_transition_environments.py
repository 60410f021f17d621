"""What users do to the three environments of this project, and what they are told about it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from transition_support import brief, commit, said

from nimfleet import validate
from nimfleet.engine import Report, Severity, Status
from nimfleet.render.tree import render_environment
from nimfleet.render.write import write as write_tree

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(PROJECT / ".bin"), prepend=":")
    if not shutil.which("kustomize"):
        pytest.skip("kustomize is not installed")


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A checkout with the three environments, committed on main."""
    shutil.copytree(PROJECT / "clusters", tmp_path / "clusters")
    shutil.copy(PROJECT / ".yamllint.yaml", tmp_path)
    commit(tmp_path)
    return tmp_path.resolve()


def render(fleet: Path, environment: str, old: str, new: str) -> Report:
    """Change one text of environment.yaml, render, and judge the step with the base that is found by itself."""
    file = fleet / "clusters" / environment / "environment.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    write_tree(file.parent, render_environment(file.parent).files)
    report = validate(fleet, "auto", only=["build", "transition"])
    stage = next(stage for stage in report.stages if stage.name == "transition")
    assert stage.status in {Status.PASSED, Status.FAILED}
    assert "objects of HEAD compared" in stage.detail
    return report


def without(text: str, start: str, end: str) -> str:
    """The part of a text from ``start`` up to ``end``."""
    begin = text.index(start)
    return text[begin : text.index(end, begin)]


@pytest.mark.parametrize(
    ("environment", "old", "new"),
    [
        ("dev", "tag: 1.3.3", "tag: 1.1.2"),
        ("dev", "size: 50Gi", "size: 80Gi"),
        ("prod", "pool: g6e\n    precision: bf16", "pool: p5\n    precision: bf16"),
    ],
    ids=["tag", "size", "pool"],
)
def test_another_cache_is_only_told(fleet: Path, environment: str, old: str, new: str) -> None:
    report = render(fleet, environment, old, new)
    model = "llama-3-1-8b-instruct"
    file = f"clusters/{environment}/models/{model}/nimcache.yaml"
    assert brief(report) == [("cache-replaced", file, 1, "")]
    assert "the model is downloaded again" in said(report, "cache-replaced")
    assert "Retain" in said(report, "cache-replaced")
    (finding,) = report.findings
    assert finding.severity is Severity.INFO
    assert finding.intent is not None
    line = (fleet / finding.intent.file).read_text().splitlines()[finding.intent.line - 1]
    assert line == f"  {model}:"


def test_replicas_change_nothing_that_lasts(fleet: Path) -> None:
    assert brief(render(fleet, "prod", "replicas: 2", "replicas: 3")) == []


def test_a_model_that_goes_is_told_with_what_stays(fleet: Path) -> None:
    text = (fleet / "clusters/prod/environment.yaml").read_text()
    report = render(fleet, "prod", without(text, "  embedding:", "  reranking:"), "")
    assert brief(report) == [
        ("kustomization-removed", "clusters/prod/flux/model-embedding.yaml", 3, ""),
        ("volume-left", "clusters/prod/models/embedding/nimcache.yaml", 3, ""),
    ]
    assert report.ok
    assert {f.intent.file for f in report.findings if f.intent} == {"clusters/prod/environment.yaml"}


def test_another_namespace_is_another_address(fleet: Path) -> None:
    report = render(fleet, "dev", "git:\n", "namespace: other\ngit:\n")
    assert brief(report) == [
        ("volume-left", "clusters/dev/models/llama-3-1-8b-instruct/nimcache.yaml", 1, ""),
        ("renamed", "clusters/dev/models/llama-3-1-8b-instruct/nimservice.yaml", 6, "/metadata/name"),
        ("namespace-removed", "clusters/dev/sources/namespaces.yaml", 1, ""),
    ]
    assert "its address changes" in said(report, "renamed")


def test_an_ingress_that_goes_takes_two_commits(fleet: Path) -> None:
    text = (fleet / "clusters/prod/environment.yaml").read_text()
    report = render(fleet, "prod", without(text, "exposure:", "observability:"), "")
    assert brief(report) == [
        ("controller-removed", "clusters/prod/controllers/aws-load-balancer-controller.yaml", 3, "")
    ]
    assert "take two commits" in said(report, "controller-removed")
    assert not report.ok


def test_the_two_commits_pass(fleet: Path) -> None:
    path = fleet / "clusters/prod/environment.yaml"
    text = path.read_text()
    for model in ("llama-3-3-70b-instruct", "llama-3-1-8b-instruct", "embedding", "reranking"):
        text = text.replace(f"  {model}:\n", f"  {model}:\n    expose: false\n", 1)
    path.write_text(text)
    first = render(fleet, "prod", "# Production", "# The fleet")
    assert brief(first) == []
    commit(fleet, "no addresses")
    second = render(fleet, "prod", without(text, "exposure:", "observability:"), "")
    assert brief(second) == []


def test_services_of_a_pipeline_that_stand_alone_from_now_on(fleet: Path) -> None:
    text = (fleet / "clusters/staging/environment.yaml").read_text()
    report = render(fleet, "staging", text[text.index("\npipelines:") :], "")
    assert sorted({rule for rule, *_ in brief(report)}) == ["kustomization-removed", "moved-between-kustomizations"]


def test_an_environment_that_goes(fleet: Path) -> None:
    shutil.rmtree(fleet / "clusters" / "staging")
    report = validate(fleet, "HEAD", only=["build", "transition"])
    (found,) = brief(report)
    assert (found[0], found[1].split("/")[1]) == ("environment-removed", "staging")
