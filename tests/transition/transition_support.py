"""Small repositories in two states, and what is found about the step between them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from nimfleet import validate
from nimfleet.engine import Report

Files = Mapping[str, str]
Changes = Mapping[str, str | None]
Brief = tuple[str, str, int, str]


def git(root: Path, *arguments: str) -> str:
    """Run git in ``root``."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(root: Path, message: str = "base", branch: str = "main") -> None:
    """Commit everything in ``root``, which becomes a repository if it is none."""
    if not (root / ".git").exists():
        git(root, "init", "--quiet", "--initial-branch", branch)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)


def write(root: Path, files: Changes) -> None:
    """Write files by path; None removes one."""
    for name, text in files.items():
        path = root / name
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def step(root: Path, base: Files, changes: Changes) -> Report:
    """Commit ``base``, change the files, and judge the step."""
    write(root, base)
    commit(root)
    write(root, changes)
    return validate(root, "HEAD", only=["build", "transition"])


def brief(report: Report) -> list[Brief]:
    """Rule (without its family), file, line and pointer of what was found about transitions."""
    return [
        (finding.rule.removeprefix("transition/"), finding.file, finding.line, finding.pointer)
        for finding in report.findings
        if finding.rule.startswith(("transition/", "internal/"))
    ]


def said(report: Report, rule: str) -> str:
    """The message of the one finding of a rule."""
    (found,) = [finding for finding in report.findings if finding.rule == f"transition/{rule}"]
    return found.message


def manifest(api: str, kind: str, name: str, namespace: str = "", **rest: Any) -> str:
    """A manifest in block style; ``annotations`` go where they belong."""
    metadata: dict[str, Any] = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if annotations := rest.pop("annotations", None):
        metadata["annotations"] = annotations
    return yaml.safe_dump({"apiVersion": api, "kind": kind, "metadata": metadata, **rest}, sort_keys=False)


def flux(name: str, path: str, **spec: Any) -> str:
    """A Flux Kustomization that prunes."""
    return manifest(
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        name,
        "flux-system",
        spec={
            "interval": "10m",
            "path": path,
            "prune": True,
            "sourceRef": {"kind": "GitRepository", "name": "flux-system"},
            **spec,
        },
    )


def release(name: str, chart: str, version: str = "1.0.0", annotations: Any = None, **spec: Any) -> str:
    """A HelmRelease."""
    source = {"kind": "HelmRepository", "name": name}
    return manifest(
        "helm.toolkit.fluxcd.io/v2",
        "HelmRelease",
        name,
        "flux-system",
        annotations=annotations,
        spec={"interval": "1h", "chart": {"spec": {"chart": chart, "version": version, "sourceRef": source}}, **spec},
    )


def resources(*names: str) -> str:
    """A kustomization.yaml."""
    return yaml.safe_dump({"resources": list(names)})
