"""The whole way with the real nimfleet: copy, render, validate, update, conflict."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from template_support import Copy, commit, git, replace, run, tree, update

NIMFLEET = str(Path(sys.executable).with_name("nimfleet"))
ENV = {"NIMFLEET": NIMFLEET}


def rendered(folder: Path) -> dict[str, bytes]:
    return {name: text for name, text in tree(folder / "clusters/dev").items() if text.startswith(b"# Generated")}


def test_a_copy_is_rendered_valid_and_updated(copy: Copy, tmp_path: Path) -> None:
    fleet = tmp_path / "fleet"
    copy(fleet, env=ENV)
    manifests = rendered(fleet)
    assert {"kustomization.yaml", "models/llama-3-1-8b-instruct/nimservice.yaml"} <= set(manifests)
    result = run([NIMFLEET, "validate", "."], fleet)
    assert "0 errors, 0 warnings" in result.stdout

    # The comment that v0.2.0 changes; the replicas change what is rendered.
    path = fleet / "clusters/dev/environment.yaml"
    replace(path, "# How clients reach the models:", "# How our clients reach the models:")
    git(fleet, "init", "-q", "-b", "main")
    commit(fleet, "Add dev")
    update(fleet, "clusters/dev/.copier-answers.yml", env=ENV)
    refused = run([NIMFLEET, "render"], fleet, check=False)
    assert refused.returncode == 2
    assert "conflict" in refused.stderr
    assert rendered(fleet) == manifests

    git(fleet, "checkout", "--theirs", "clusters/dev/environment.yaml")
    replace(path, "    tensorParallelism: 2\n", "    tensorParallelism: 2\n    replicas: 3\n")
    commit(fleet, "Take the template's words, and three replicas")
    update(fleet, ".copier-answers.repo.yml", env=ENV)
    after = rendered(fleet)
    # The pool's limit grows with the replicas, which now leave one at a time.
    assert {name for name in after if after[name] != manifests.get(name)} == {
        "configs/nodepool-g5.yaml",
        "models/llama-3-1-8b-instruct/kustomization.yaml",
        "models/llama-3-1-8b-instruct/nimservice.yaml",
        "models/llama-3-1-8b-instruct/poddisruptionbudget.yaml",
    }
    assert run([NIMFLEET, "render", "--check"], fleet).returncode == 0


def test_an_environment_with_everything_is_valid(copy: Copy, first_copy: Path, tmp_path: Path) -> None:
    fleet = tmp_path / "fleet"
    shutil.copytree(first_copy, fleet)
    copy(
        fleet,
        env=ENV,
        environment="prod",
        models=["meta/llama-3.1-8b-instruct", "nvidia/llama-nemotron-embed-1b-v2", "meta/llama-3.3-70b-instruct"],
        pools=["g5", "g6e", "cpu"],
        fsx=True,
        fsx_subnet_id="subnet-0123456789abcdef0",
        fsx_security_group_ids="sg-0123456789abcdef0",
        secrets_method="external-secrets",
        exposure="ingress",
        ingress_domain="nim.example.com",
        vpc_id="vpc-0123456789abcdef0",
        prometheus=True,
    )
    result = run([NIMFLEET, "validate", "clusters/prod"], fleet, check=False)
    assert result.returncode == 0, result.stdout
