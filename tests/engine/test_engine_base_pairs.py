"""Which object became which, which cluster is whose, and what is not built twice."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from nimfleet import validate
from nimfleet.engine import Report
from nimfleet.repository import load

Write = Callable[[Mapping[str, str]], Path]

pytestmark = pytest.mark.usefixtures("_tools")


def flux(name: str, path: str, **spec: str) -> str:
    lines = "".join(f"  {key}: {value}\n" for key, value in spec.items())
    return (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata:\n  name: {name}\n  namespace: flux-system\n"
        f"spec:\n  interval: 10m\n  path: {path}\n  prune: true\n{lines}"
        "  sourceRef:\n    kind: GitRepository\n    name: flux-system\n"
    )


def config(value: str, name: str = "c", namespace: str = "") -> str:
    where = f"  namespace: {namespace}\n" if namespace else ""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n{where}immutable: true\ndata:\n  a: {value}\n"


CLAIM = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\nspec:\n  accessModes: [ReadWriteMany]\n"
KUSTOMIZATION = "resources: [a.yaml]\n"


def committed(root: Path) -> Path:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "base"]):
        subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)
    return root


def judged(root: Path) -> Report:
    return validate(root, "HEAD", only=["build", "transition"])


def found(report: Report) -> list[tuple[str, str]]:
    return [(finding.rule, finding.file) for finding in report.findings if finding.rule.startswith("transition/")]


def detail(report: Report) -> str:
    return next(stage.detail for stage in report.stages if stage.name == "transition")


def fleet(value: str = "x") -> dict[str, str]:
    """Two clusters that Flux syncs from one repository, each with an overlay over one base."""
    files = {"base/kustomization.yaml": KUSTOMIZATION, "base/a.yaml": config(value)}
    for name in ("prod", "staging"):
        files |= {
            f"clusters/{name}/flux-system/kustomization.yaml": "resources: [sync.yaml]\n",
            f"clusters/{name}/flux-system/sync.yaml": flux("flux-system", f"./clusters/{name}"),
            f"clusters/{name}/apps.yaml": flux("apps", f"./apps/{name}"),
            f"apps/{name}/kustomization.yaml": "resources: [../../base]\nnamePrefix: app-\n",
        }
    return files


def test_a_change_below_two_overlays_is_one_line_to_edit(write: Write) -> None:
    root = committed(write(fleet()))
    write({"base/a.yaml": config("y")})
    report = judged(root)
    assert found(report) == [("transition/immutable-config", "base/a.yaml")]
    assert "Kustomization apps" in report.findings[0].message


def test_what_one_cluster_loses_is_not_found_in_another(write: Write) -> None:
    files = fleet() | {
        f"apps/{name}/{file}": text
        for name in ("prod", "staging")
        for file, text in {"kustomization.yaml": KUSTOMIZATION, "a.yaml": CLAIM}.items()
    }
    root = committed(write(files))
    write({"apps/staging/kustomization.yaml": "resources: [b.yaml]\n", "apps/staging/b.yaml": config("z")})
    assert found(judged(root)) == [("transition/data-loss", "apps/staging/a.yaml")]


def test_objects_of_one_name_in_one_folder_are_compared_by_file(write: Write) -> None:
    root = committed(write({"a.yaml": config("x"), "b.yaml": config("y")}))
    write({"b.yaml": config("z")})
    assert found(judged(root)) == [("transition/immutable-config", "b.yaml")]
    (root / "b.yaml").unlink()
    assert found(judged(root)) == []


def test_an_object_is_followed_into_another_folder(write: Write) -> None:
    root = committed(write({"a/a.yaml": config("x"), "b.yaml": config("y", "other")}))
    (root / "a/a.yaml").unlink()
    write({"c/a.yaml": config("z")})
    assert found(judged(root)) == [("transition/immutable-config", "c/a.yaml")]


def test_an_overlay_that_no_longer_builds_takes_nothing_away(write: Write) -> None:
    root = committed(write(fleet() | {"apps/prod/a.yaml": CLAIM, "apps/prod/kustomization.yaml": KUSTOMIZATION}))
    write({"apps/prod/kustomization.yaml": "resources: [missing.yaml]\n"})
    (root / "apps/prod/a.yaml").unlink()
    report = judged(root)
    assert found(report) == []
    assert "1 not judged, as the overlays that held them do not build now" in detail(report)


def test_an_overlay_of_the_base_that_does_not_build_is_told(write: Write) -> None:
    root = committed(write(fleet() | {"apps/prod/kustomization.yaml": "resources: [../../base]\nnamePrefix: [1]\n"}))
    write({"base/a.yaml": config("y"), "apps/prod/kustomization.yaml": "resources: [../../base]\n"})
    assert "1 of its overlays cannot be built, so what they held is not known" in detail(judged(root))


@pytest.mark.parametrize(
    ("changes", "built"),
    [
        ({"README.md": "text\n"}, set()),
        ({"apps/prod/kustomization.yaml": "resources: [../../base]\nnamePrefix: b-\n"}, {"apps/prod"}),
        ({"base/a.yaml": config("y")}, {"apps/prod", "apps/staging"}),
        ({"base/values.txt": "c=d\n"}, {"apps/prod", "apps/staging"}),
    ],
    ids=["none", "own", "shared", "generator"],
)
def test_only_what_changed_is_built_again(
    write: Write, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], built: set[str]
) -> None:
    generator = "resources: [a.yaml]\nconfigMapGenerator:\n  - name: g\n    envs: [values.txt]\n"
    root = committed(write(fleet() | {"base/kustomization.yaml": generator, "base/values.txt": "a=b\n"}))
    write(changes)
    asked: list[tuple[Path, str]] = []
    real = load.build

    def build(binary: Path, files: Any, overlay: Any) -> Any:
        asked.append((files.root, overlay.folder))
        return real(binary, files, overlay)

    monkeypatch.setattr(load, "build", build)
    judged(root)
    assert {folder for where, folder in asked if where != root} == built
    assert len([folder for where, folder in asked if where != root]) == len(built)


def test_a_suspended_kustomization_is_named(write: Write) -> None:
    files = fleet() | {"clusters/prod/apps.yaml": flux("apps", "./apps/prod", suspend="true")}
    root = committed(write(files | {"apps/prod/kustomization.yaml": KUSTOMIZATION, "apps/prod/a.yaml": config("x")}))
    write({"apps/prod/a.yaml": config("y")})
    report = judged(root)
    assert "Kustomization apps is suspended, and once resumed would fail" in report.findings[0].message


@pytest.mark.parametrize("annotation", ["reconcile: disabled", "ssa: IfNotPresent", "ssa: Ignore"])
def test_what_flux_leaves_alone_may_change(write: Write, annotation: str) -> None:
    mark = f"  annotations:\n    kustomize.toolkit.fluxcd.io/{annotation}\n"
    root = committed(write({"a.yaml": config("x").replace("  name: c\n", f"  name: c\n{mark}")}))
    write({"a.yaml": config("y").replace("  name: c\n", f"  name: c\n{mark}")})
    assert found(judged(root)) == []


@pytest.mark.parametrize("environment", [True, False])
def test_a_file_that_nothing_takes_in_any_more_is_gone(write: Write, environment: bool) -> None:
    files = {
        "clusters/dev/entry.yaml": flux("flux-system", "./clusters/dev/entry"),
        "clusters/dev/entry/kustomization.yaml": "resources: [apps.yaml]\n",
        "clusters/dev/entry/apps.yaml": flux("apps", "./clusters/dev/apps"),
        "clusters/dev/apps/kustomization.yaml": "resources: [a.yaml, b.yaml]\n",
        "clusters/dev/apps/a.yaml": CLAIM,
        "clusters/dev/apps/b.yaml": config("x"),
    }
    root = committed(write(files | ({"clusters/dev/environment.yaml": "version: 1\n"} if environment else {})))
    write({"clusters/dev/apps/kustomization.yaml": "resources: [b.yaml]\n"})
    report = judged(root)
    assert found(report) == [("transition/data-loss", "clusters/dev/apps/a.yaml")]
    assert "Flux (Kustomization apps) deletes it" in report.findings[-1].message
