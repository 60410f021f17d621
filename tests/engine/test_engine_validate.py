"""validate as a whole: stages, strictness, bad usage, tools that are missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import jsonschema
import pytest

import nimfleet.rules.yaml.syntax as syntax_rule
from nimfleet import validate
from nimfleet.engine import Report, Stage, Status
from nimfleet.engine import stages as stages_module
from nimfleet.errors import UsageError
from nimfleet.report.json_report import render_json
from nimfleet.rules.registry import Rule, rules_about
from nimfleet.rules.subjects import TextProblem

Write = Callable[[Mapping[str, str]], Path]
PROJECT = Path(__file__).resolve().parents[2]
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: nim\n"


def stage(report: Report, name: str) -> Stage:
    return next(item for item in report.stages if item.name == name)


def test_the_stages_have_their_order(write: Write) -> None:
    report = validate(write({"a.yaml": NAMESPACE}))
    assert [item.name for item in report.stages] == [
        "style",
        "parse",
        "build",
        "schema",
        "admission",
        "secrets",
        "cluster",
        "drift",
        "second-opinion",
        "transition",
    ]
    assert (report.ok, report.exit_code) == (True, 0)
    assert stage(report, "schema").checked == 1


def test_several_paths_are_one_repository(write: Write) -> None:
    root = write({"a/x.yaml": NAMESPACE, "b/y.yaml": NAMESPACE + "extra: 1\n", "c/z.yaml": "a: b: c"})
    report = validate([root / "a", root / "b"], root=root)
    assert {finding.file for finding in report.findings} == {"b/y.yaml"}


def test_what_is_not_kubernetes_is_said(write: Write) -> None:
    report = validate(write({"values.yaml": "a: 1\n"}))
    assert "1 not Kubernetes" in stage(report, "parse").detail


@pytest.mark.parametrize(
    "arguments", [{"path": "/nonexistent"}, {"path": []}, {"path": ".", "kubernetes_version": "0.9"}]
)
def test_bad_usage_is_an_error_of_its_own(
    arguments: dict[str, object], write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write({"a.yaml": NAMESPACE}))
    with pytest.raises(UsageError):
        validate(**arguments)  # type: ignore[arg-type] # wrong on purpose


def test_nothing_to_check_is_bad_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no YAML file"):
        validate(tmp_path)


def test_a_bad_yamllint_configuration_is_bad_usage(write: Write) -> None:
    root = write({".yamllint.yaml": "rules: {nonsense: enable}\n", "a.yaml": NAMESPACE})
    with pytest.raises(UsageError, match="yamllint"):
        validate(root)


def test_the_repositorys_yamllint_configuration_counts(write: Write) -> None:
    files = {"a.yaml": NAMESPACE + "# " + "x " * 100 + "x\n", "b.yaml": NAMESPACE + "# trailing \n"}
    root = write(files)
    assert {finding.file for finding in validate(root).findings} == {"a.yaml", "b.yaml"}
    write({".yamllint": "rules: {trailing-spaces: enable}\nignore: a.yaml\n"})
    report = validate(root)
    assert {finding.file for finding in report.findings} == {"b.yaml"}
    assert stage(report, "style").unchecked == 1


def test_missing_tools_are_said_and_fail_where_strict(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write({"kustomization.yaml": "resources:\n  - a.yaml\n", "a.yaml": NAMESPACE})
    monkeypatch.setenv("PATH", "/nonexistent")
    report = validate(root)
    assert stage(report, "build").status is Status.NOT_RUN
    assert stage(report, "second-opinion").status is Status.NOT_RUN
    assert report.ok
    strict = validate(root, strict=True)
    assert strict.findings == ()
    assert strict.exit_code == 1


def test_a_rule_that_crashes_is_a_finding_and_stops_nothing(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: TextProblem) -> Iterable[object]:
        raise RuntimeError("boom")

    rules = rules_about(TextProblem)
    broken = next(rule for rule in rules if rule.name == "yaml/syntax")
    replaced = Rule(broken.name, broken.severity, broken.source, broken.subject, broken.page, crash)  # type: ignore[arg-type] # crashes anyway
    monkeypatch.setattr(
        "nimfleet.engine.runner.rules_about",
        lambda subject: [replaced if rule is broken else rule for rule in rules_about(subject)],
    )
    root = write({"a.yaml": "a: b: c\n", "b.yaml": "a: 1\na: 2\n"})
    report = validate(root)
    assert [(finding.rule, finding.file) for finding in report.findings] == [
        ("internal/rule-crashed", "a.yaml"),
        ("internal/rule-crashed", "b.yaml"),
        ("yaml/duplicate-key", "b.yaml"),
    ]
    assert "yaml/syntax failed: RuntimeError: boom" in report.findings[0].message
    assert syntax_rule.check is not crash


def test_a_stage_that_crashes_is_a_finding_and_stops_nothing(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(stages_module, "drift", crash)
    report = validate(write({"a.yaml": NAMESPACE + "extra: 1\n"}))
    assert [finding.rule for finding in report.findings] == ["internal/rule-crashed", "schema/unknown-field"]
    assert stage(report, "drift").status is Status.FAILED


def test_kubeconforms_disagreement_is_a_finding(
    write: Write, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path_factory.mktemp("tools")
    fake = tools / "kubeconform"
    answer = {
        "validationErrors": [{"path": "/metadata/name", "msg": "not to my taste"}],
        "version": "v1",
        "kind": "Namespace",
        "name": "nim",
    }
    fake.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"print(json.dumps({{'resources': [{{'filename': sys.argv[-1] + '/0.yaml', **{answer!r}}}]}}))\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    (finding,) = validate(write({"a.yaml": NAMESPACE})).findings
    assert (finding.rule, finding.file, finding.line, finding.column) == ("secondopinion/kubeconform", "a.yaml", 4, 3)
    assert finding.message.endswith("not to my taste")


def test_kubeconform_that_fails_is_not_run(
    write: Write, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path_factory.mktemp("tools")
    (tools / "kubeconform").write_text("#!/bin/sh\nexit 1\n")
    (tools / "kubeconform").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    assert stage(validate(write({"a.yaml": NAMESPACE})), "second-opinion").status is Status.NOT_RUN


def test_encrypted_secrets_are_checked_as_flux_applies_them(write: Write) -> None:
    text = (
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: ngc\ndata:\n  KEY: ENC[AES256_GCM,data:x]\n"
        "sops:\n  age:\n    - recipient: age1x\n      enc: x\n  lastmodified: '2026-11-01T00:00:00Z'\n"
        "  mac: ENC[AES256_GCM,data:x]\n"
    )
    assert validate(write({"a.yaml": text})).findings == ()


def test_no_secret_value_is_in_any_report(write: Write) -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: ngc\ndata:\n  KEY: nvapi-hunter2!\n"
    report = validate(write({"a.yaml": text}))
    assert [finding.rule for finding in report.findings] == ["schema/pattern", "secret/plain-secret"]
    assert "hunter2" not in render_json(report)


def test_nothing_is_read_from_the_network(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = tmp_path / "tools" / "called"
    root = write({"k/kustomization.yaml": "resources: ['https://example.com/x', github.com/a/b, missing]\n"})
    for name in ("git", "kustomize"):
        tool = root / "tools" / name
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f"#!/bin/sh\ntouch {called}\n")
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(root / "tools"))
    rules = [finding.rule for finding in validate(root / "k", root=root).findings if finding.rule != "yaml/style"]
    assert rules == ["build/remote-base", "build/remote-base", "build/missing-path"]
    assert not called.exists()


@pytest.mark.parametrize("name", ["fifo", "directory", "unreadable", "loop", "binary", "utf-16"])
def test_hostile_files_are_findings(write: Write, name: str) -> None:
    root = write({"ok.yaml": NAMESPACE})
    path = root / "bad.yaml"
    match name:
        case "fifo":
            os.mkfifo(path)
        case "directory":
            (path / "inner.yaml").mkdir(parents=True)
            (path / "inner.yaml" / "x.yaml").symlink_to("/nonexistent")
        case "unreadable":
            if os.getuid() == 0:
                pytest.skip("root reads everything")
            path.write_text("a: 1")
            path.chmod(0)
        case "loop":
            path.symlink_to(path)
        case "binary":
            path.write_bytes(bytes(range(256)) * 10)
        case "utf-16":
            path.write_bytes("a: 1".encode("utf-16"))
    report = validate(root)
    assert [finding.rule for finding in report.findings] == ["yaml/unreadable"]
    assert stage(report, "schema").checked == 1


def test_the_projects_own_clusters_are_clean_and_the_report_fits_its_schema() -> None:
    report = validate(PROJECT / "clusters", strict=shutil.which("kustomize") is not None)
    assert report.findings == ()
    schema = json.loads((PROJECT / "schemas" / "nimfleet" / "report-v1.json").read_text())
    jsonschema.validate(json.loads(render_json(report)), schema, jsonschema.Draft202012Validator)


def test_two_runs_print_the_same(write: Write) -> None:
    root = write({f"{name}.yaml": NAMESPACE + "bad: 1\n" for name in "abcdef"})
    command = [sys.executable, "-m", "nimfleet.cli.main", "validate", str(root), "--format", "json"]
    code = "from nimfleet.cli.main import main; main()"
    command[1:3] = ["-c", code]
    runs = [
        subprocess.run(command, capture_output=True, check=False, env={**os.environ, "PYTHONHASHSEED": seed})
        for seed in ("1", "2")
    ]
    assert runs[0].returncode == 1
    assert runs[0].stdout == runs[1].stdout
