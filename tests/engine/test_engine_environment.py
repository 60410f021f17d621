"""Environments: drift, invalid intent, and findings that name the line of environment.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from nimfleet import validate
from nimfleet.engine import Finding, Report, Status


def brief(report: Report) -> list[tuple[str, str, int]]:
    return [(finding.rule, finding.file, finding.line) for finding in report.findings]


def stage(report: Report, name: str) -> Status:
    return next(item.status for item in report.stages if item.name == name)


def only(report: Report) -> Finding:
    (finding,) = report.findings
    return finding


def some_file(root: Path, kind: str) -> Path:
    folder = root / "clusters" / "dev"
    return next(path for path in sorted(folder.rglob("*.yaml")) if f"\nkind: {kind}\n" in path.read_text())


def test_a_rendered_environment_is_clean(dev: Path) -> None:
    report = validate(dev, root=dev)
    assert report.findings == ()
    assert stage(report, "drift") is Status.PASSED


def test_an_edited_file_is_named_with_the_first_line_that_differs(dev: Path) -> None:
    path = some_file(dev, "NIMCache")
    lines = [*path.read_text().splitlines(keepends=True), "# by hand\n"]
    path.write_text("".join(lines))
    finding = only(validate(dev, root=dev))
    assert (finding.rule, finding.line) == ("drift/edited", len(lines))
    assert finding.file == path.relative_to(dev).as_posix()
    assert finding.intent is not None
    assert finding.intent.file == "clusters/dev/environment.yaml"


def test_a_missing_file_is_blamed_on_environment_yaml(dev: Path) -> None:
    path = dev / "clusters" / "dev" / "flux-entry.yaml"
    path.unlink()
    finding = only(validate(dev, root=dev))
    assert (finding.rule, finding.file) == ("drift/missing", "clusters/dev/environment.yaml")
    assert "flux-entry.yaml" in finding.message


def test_a_file_among_generated_ones_is_stale(dev: Path) -> None:
    (dev / "clusters" / "dev" / "models" / "left-over.yaml").write_text("a: 1\n")
    assert brief(validate(dev, root=dev)) == [("drift/stale", "clusters/dev/models/left-over.yaml", 1)]


def test_custom_and_bootstrap_files_are_the_users(dev: Path) -> None:
    for name in ("custom/notes.yaml", "flux-system/other.yaml"):
        path = dev / "clusters" / "dev" / name
        path.parent.mkdir()
        path.write_text("a: 1\n")
    assert validate(dev, root=dev).findings == ()


def test_drift_is_told_for_the_paths_that_were_asked_for(dev: Path) -> None:
    (dev / "clusters" / "dev" / "flux-entry.yaml").write_text("a: 1\n")
    assert validate(dev / "clusters" / "dev" / "models", root=dev).findings == ()
    assert brief(validate(dev / "clusters" / "dev" / "flux-entry.yaml", root=dev)) == [
        ("drift/edited", "clusters/dev/flux-entry.yaml", 1)
    ]


def test_an_invalid_environment_is_a_finding_at_its_line(dev: Path) -> None:
    path = dev / "clusters" / "dev" / "environment.yaml"
    text = path.read_text() + "colour: blue\n"
    path.write_text(text)
    report = validate(dev, root=dev)
    assert brief(report) == [("intent/invalid", "clusters/dev/environment.yaml", text.count("\n"))]
    assert only(report).pointer == "/colour"


def test_a_broken_environment_is_reported_once(dev: Path) -> None:
    path = dev / "clusters" / "dev" / "environment.yaml"
    path.write_text("<<<<<<< before\n" + path.read_text() + "=======\n>>>>>>> after\n")
    report = validate(dev, root=dev)
    assert brief(report) == [("yaml/conflict-marker", "clusters/dev/environment.yaml", 1)]


@pytest.mark.parametrize("kind", ["NIMCache", "EC2NodeClass"])
def test_a_fault_in_a_generated_file_names_the_intent(dev: Path, kind: str) -> None:
    path = some_file(dev, kind)
    path.write_text(path.read_text().replace("\nspec:\n", "\nspec:\n  colour: blue\n", 1))
    rules = {finding.rule: finding for finding in validate(dev, root=dev).findings}
    assert set(rules) == {"drift/edited", "schema/unknown-field"}
    finding = rules["schema/unknown-field"]
    assert finding.file == path.relative_to(dev).as_posix()
    assert path.read_text().splitlines()[finding.line - 1] == "  colour: blue"
    assert finding.intent is not None
    assert finding.intent.file == "clusters/dev/environment.yaml"


def test_generated_files_are_not_linted_again_but_edited_ones_are(dev: Path) -> None:
    path = some_file(dev, "NIMCache")
    path.write_text(path.read_text() + "# trailing \n")
    assert {finding.rule for finding in validate(dev, root=dev).findings} == {"drift/edited", "yaml/style"}


def test_the_kubernetes_version_is_that_of_the_environment(dev: Path) -> None:
    api = "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata:\n  name: x\n"
    path = dev / "clusters" / "dev" / "custom" / "old.yaml"
    path.parent.mkdir()
    path.write_text(api)
    assert {finding.rule for finding in validate(dev, root=dev, kubernetes_version="1.25").findings} == {
        "schema/unknown-kind"
    }
