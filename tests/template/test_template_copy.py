"""`copier copy`: the files it writes, the answers it refuses, and the second environment."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment, FileSystemLoader
from template_support import ANSWERS, COPIER, ROOT, Copy, Recorder, commit, git, intent, replace, run, tree

from nimfleet.intent.load import load_environment
from nimfleet.render.tree import render_environment
from nimfleet.version import __version__

AGE = "age1" + "q" * 58
INGRESS = {"exposure": "ingress", "ingress_domain": "nim.example.com", "vpc_id": "vpc-0123456789abcdef0"}


def load(folder: Path, environment: str = "dev") -> Any:
    return load_environment(folder / "clusters" / environment / "environment.yaml").environment


def test_a_first_copy_writes_the_shared_files_and_one_environment(first_copy: Path) -> None:
    assert set(tree(first_copy)) == {
        ".copier-answers.repo.yml",
        ".gitattributes",
        ".github/workflows/validate.yml",
        ".gitignore",
        ".gitlab-ci.yml",
        ".nimfleet/environment.schema.json",
        ".nimfleet/new-environment.sh",
        ".nimfleet/secrets.sh",
        ".nimfleet/upgrade.sh",
        ".pre-commit-config.yaml",
        ".yamllint.yaml",
        "Makefile",
        "README.md",
        "clusters/dev/.copier-answers.yml",
        "clusters/dev/custom/README.md",
        "clusters/dev/environment.yaml",
        "renovate.json5",
        "requirements.txt",
    }


def test_the_default_answers_are_the_first_deployment(first_copy: Path) -> None:
    assert intent(first_copy) == {
        "version": 1,
        "name": "dev",
        "cluster": {
            "name": "nvidia-nim-eks",
            "region": "us-west-2",
            "zones": ["us-west-2a", "us-west-2b"],
            "kubernetesVersion": "1.34",
        },
        "git": {"url": "ssh://git@github.com/acme/fleet", "branch": "main"},
        "secrets": {"method": "manual"},
        "storage": {"efs": {"fileSystemId": "fs-0123456789abcdef0"}},
        "pools": {"g5": {"instanceTypes": ["g5.12xlarge"]}},
        "exposure": {"type": "cluster-ip"},
        "observability": {"prometheus": False},
        "models": {
            "llama-3-1-8b-instruct": {
                "model": "meta/llama-3.1-8b-instruct",
                "tag": "1.3.3",
                "pool": "g5",
                "engine": "tensorrt_llm",
                "precision": "fp16",
                "tensorParallelism": 2,
                "cache": {"size": "50Gi"},
            }
        },
    }
    assert load(first_copy).models["llama-3-1-8b-instruct"].tensor_parallelism == 2


def test_editors_find_the_project_s_schema(first_copy: Path) -> None:
    schema = (ROOT / "schemas/nimfleet/environment-v1.json").read_bytes()
    assert (first_copy / ".nimfleet/environment.schema.json").read_bytes() == schema
    first_line = (first_copy / "clusters/dev/environment.yaml").read_text("utf-8").splitlines()[0]
    relative = first_line.removeprefix("# yaml-language-server: $schema=")
    assert (first_copy / "clusters/dev" / relative).resolve().name == "environment.schema.json"


def test_the_shared_answers_have_nothing_of_the_environment_s_own(first_copy: Path, project: Path) -> None:
    answers = yaml.safe_load((first_copy / ".copier-answers.repo.yml").read_text("utf-8"))
    assert answers == {
        "_commit": "v0.1.0",
        "_src_path": str(project),
        "answers_for": "repo",
        "cluster_name": "nvidia-nim-eks",
        "environment": "dev",
        "git_branch": "main",
        "git_url": "ssh://git@github.com/acme/fleet",
        "region": "us-west-2",
        "secrets_method": "manual",
    }


def test_nimfleet_is_pinned_by_revision(first_copy: Path, project: Path) -> None:
    revision = git(project, "rev-parse", "v0.1.0")
    assert f"@{revision}#egg=nimfleet  # v0.1.0\n" in (first_copy / "requirements.txt").read_text("utf-8")
    hooks = yaml.safe_load((first_copy / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert [(hook["repo"], hook["rev"]) for hook in hooks] == [(str(project), revision)]
    assert {hook["id"] for hook in hooks[0]["hooks"]} == {hook["id"] for hook in offered}


@pytest.mark.parametrize(
    ("source", "location", "pip"),
    [
        ("gh:acme/nimfleet", "https://github.com/acme/nimfleet.git", "https://github.com/acme/nimfleet.git"),
        ("gl:acme/nimfleet.git", "https://gitlab.com/acme/nimfleet.git", "https://gitlab.com/acme/nimfleet.git"),
        ("git+https://host/x.git", "https://host/x.git", "https://host/x.git"),
        ("https://host/x.git", "https://host/x.git", "https://host/x.git"),
        ("git@host:acme/x.git", "git@host:acme/x.git", "ssh://git@host/acme/x.git"),
        ("/srv/nimfleet", "/srv/nimfleet", "file:///srv/nimfleet"),
    ],
)
def test_where_the_template_came_from(source: str, location: str, pip: str) -> None:
    environment = Environment(  # noqa: S701 - no HTML
        loader=FileSystemLoader(ROOT), extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"]
    )
    module: Any = environment.get_template("copier/source.jinja").module
    assert (module.location(source).strip(), module.pip_url(source).strip()) == (location, pip)


def test_a_template_that_is_no_git_repository_is_pinned_by_version(project: Path, tmp_path: Path) -> None:
    template = tmp_path / "template"
    shutil.copytree(project, template, ignore=shutil.ignore_patterns(".git"))
    data = [word for name, value in ANSWERS.items() for word in ("--data", f"{name}={value}")]
    run([*COPIER, "copy", "--trust", "--defaults", *data, str(template), "fleet"], tmp_path, env={"NIMFLEET": "true"})
    assert f"\nnimfleet=={__version__}\n" in (tmp_path / "fleet/requirements.txt").read_text("utf-8")
    [hooks] = yaml.safe_load((tmp_path / "fleet/.pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert hooks["repo"] == "local"


def test_a_relative_template_path_can_be_updated_later(project: Path, tmp_path: Path, nimfleet: Recorder) -> None:
    data = tmp_path / "answers.yml"
    data.write_text(yaml.safe_dump(ANSWERS), encoding="utf-8")
    command = [*COPIER, "copy", "--trust", "--defaults", "--data-file", str(data), f"../{project.name}"]
    run([*command, str(tmp_path / "fleet")], project, env=nimfleet.env)
    answers = yaml.safe_load((tmp_path / "fleet/clusters/dev/.copier-answers.yml").read_text("utf-8"))
    assert answers["_src_path"] == str(project)
    assert nimfleet.calls == ["render dev"]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"secrets_method": "sops", "sops_age_recipient": AGE}, {"method": "sops"}),
        (
            {"secrets_method": "external-secrets", **INGRESS, "prometheus": True},
            {"method": "external-secrets", "externalSecrets": {"remoteKey": "nvidia-nim-eks/ngc"}},
        ),
        (
            {
                "fsx": True,
                "fsx_subnet_id": "subnet-0123456789abcdef0",
                "fsx_security_group_ids": "sg-0123456789abcdef0, sg-0123456789abcdef1",
                "cluster_name": "1234",
                "git_branch": "true",
                "zones": "us-west-2c",
                **INGRESS,
                "ingress_certificate_arn": "arn:aws:acm:us-west-2:123456789012:certificate/0123abcd",
            },
            {"method": "manual"},
        ),
    ],
    ids=["sops", "external-secrets", "fsx"],
)
def test_other_answers_make_a_valid_environment_too(
    copy: Copy, tmp_path: Path, answers: dict[str, Any], expected: dict[str, Any]
) -> None:
    copy(tmp_path, **answers)
    found = intent(tmp_path)
    assert found["secrets"] == expected
    environment = load(tmp_path)
    assert environment.cluster.name == answers.get("cluster_name", "nvidia-nim-eks")
    assert environment.git.branch == answers.get("git_branch", "main")
    assert (environment.storage.fsx is not None) == answers.get("fsx", False)
    assert environment.exposure.type == answers.get("exposure", "cluster-ip")
    assert (tmp_path / ".sops.yaml").exists() == ("sops_age_recipient" in answers)


def test_sops_names_the_key_and_the_files(copy: Copy, tmp_path: Path) -> None:
    copy(tmp_path, secrets_method="sops", sops_age_recipient=AGE)
    [rule] = yaml.safe_load((tmp_path / ".sops.yaml").read_text("utf-8"))["creation_rules"]
    assert (rule["age"], rule["encrypted_regex"]) == (AGE, "^(data|stringData)$")
    assert re.search(rule["path_regex"], "clusters/dev/custom/secrets/ngc-secret.yaml")
    assert not re.search(rule["path_regex"], "clusters/dev/environment.yaml")


def test_every_model_that_is_offered_finds_a_pool(copy: Copy, tmp_path: Path) -> None:
    offered = re.findall(r'^  "([^"]+)": {"name"', (ROOT / "copier/catalog.jinja").read_text("utf-8"), re.MULTILINE)
    assert len(offered) >= 25
    copy(tmp_path, models=offered)
    environment = load(tmp_path)
    assert sorted(model.model for model in environment.models.values()) == sorted(offered)
    assert len(render_environment(tmp_path / "clusters/dev").plan.standalone) == len(offered)
    # The one pool with a narrowed model holds what each of its models needs.
    assert len(environment.pools["g5"].instance_types) > 1


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"environment": "Prod"}, "use lower-case letters, digits and '-'"),
        ({"region": "us-west-2a"}, "it looks like an availability zone of us-west-2"),
        ({"region": "oregon"}, "'oregon' is not an AWS region; regions look like us-west-2"),
        (
            {"zones": "us-west-2a, us-east-1b"},
            "not in region us-west-2: us-east-1b; zones of this region look like us-west-2a",
        ),
        ({"zones": "us-west-2a,us-west-2a"}, "a zone is named twice"),
        ({"git_url": "git@github.com:acme/fleet"}, "use ssh://git@github.com/acme/fleet"),
        ({"git_url": "acme/fleet"}, "use an https:// or ssh:// URL"),
        ({"kubernetes_version": "1.20"}, "'1.20' is not in ['1.32', '1.33', '1.34', '1.35']"),
        ({"efs_file_system_id": "my-efs"}, "an EFS file system id is fs- and 8 to 40 hexadecimal digits"),
        ({"models": []}, "choose at least one model"),
        ({"models": ["meta/llama-9"]}, "'meta/llama-9' is not in ['meta/llama-3.1-70b-instruct', "),
        ({"pools": ["g9"]}, "'g9' is not in ['g5', 'g6', "),
        (
            {"models": ["mistralai/mistral-medium-3.5-128b"], "pools": ["g5", "inf2"]},
            "no chosen pool runs mistralai/mistral-medium-3.5-128b (fits p5",
        ),
        (
            {"secrets_method": "sops", "sops_age_recipient": "AGE-SECRET-KEY-1ABC"},
            "this is the secret key: keep it out of git",
        ),
        ({"secrets_method": "sops", "sops_age_recipient": "age1abc"}, "an age public key is age1 and 58 more"),
        ({**INGRESS, "ingress_domain": "nim"}, "a DNS domain in lower case, such as nim.example.com"),
        ({**INGRESS, "vpc_id": "default"}, "a VPC id is vpc- and"),
        ({"fsx": True, "fsx_subnet_id": "x"}, "a subnet id is subnet- and"),
        (
            {"fsx": True, "fsx_subnet_id": "subnet-01234567", "fsx_security_group_ids": "sg-01234567 sg-1"},
            "a security group id is sg- and",
        ),
        ({"regoin": "us-east-1"}, "no such question: regoin; the questions are environment, cluster_name, region"),
    ],
)
def test_a_wrong_answer_is_refused_in_words(copy: Copy, tmp_path: Path, answers: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        copy(tmp_path / "fleet", **answers)
    assert not (tmp_path / "fleet").exists()


def test_the_known_answers_are_the_questions() -> None:
    documents = yaml.safe_load_all((ROOT / "copier.yml").read_text("utf-8"))
    questions = [name for document in documents for name in document if not name.startswith("_")]
    module: Any = Environment(loader=FileSystemLoader(ROOT)).get_template("copier/answers.jinja").module  # noqa: S701
    assert module.questions == questions[1:]
    assert questions[0] == "scope"


def test_a_second_environment_changes_nothing_shared(committed_fleet: Path, first_copy: Path) -> None:
    shared = {name: text for name, text in tree(committed_fleet).items() if not name.startswith("clusters/staging/")}
    assert shared == tree(first_copy)
    assert load(committed_fleet, "staging").cluster.name == "nvidia-nim-eks-staging"


def test_a_second_environment_asks_nothing_about_edited_shared_files(
    project: Path, fleet: Path, nimfleet: Recorder
) -> None:
    replace(fleet / "Makefile", "PYTHON ?= python3", "PYTHON ?= python3.13")
    (fleet / "README.md").write_text("Ours\n", encoding="utf-8")
    before = tree(fleet)
    # Without --defaults for the answers that have one: git_url comes from the repository itself.
    data = ["--data", "efs_file_system_id=fs-0123456789abcdef1", "--defaults", "--vcs-ref", "v0.2.0"]
    result = run([*COPIER, "copy", "--trust", *data, str(project), "."], fleet, env=nimfleet.env)
    after = tree(fleet)
    assert {name: after[name] for name in before} == before
    assert {name.split("/")[1] for name in set(after) - set(before)} == {"prod"}
    assert load(fleet, "prod").git.url == ANSWERS["git_url"]
    assert nimfleet.calls == ["render prod"]
    assert "conflict" not in result.stderr


def test_a_second_environment_with_sops_brings_the_missing_sops_file(copy: Copy, fleet: Path) -> None:
    copy(fleet, environment="prod", secrets_method="sops", sops_age_recipient=AGE)
    assert AGE in (fleet / ".sops.yaml").read_text("utf-8")
    (fleet / ".sops.yaml").write_text("ours\n", encoding="utf-8")
    copy(fleet, environment="prod-eu", secrets_method="sops", sops_age_recipient=AGE)
    assert (fleet / ".sops.yaml").read_text("utf-8") == "ours\n"


def test_an_environment_is_not_copied_over(copy: Copy, fleet: Path) -> None:
    before = tree(fleet)
    with pytest.raises(ValueError, match=re.escape("environment.yaml exists already: choose another name")):
        copy(fleet, environment="dev")
    assert tree(fleet) == before


def test_a_first_copy_keeps_files_that_were_there(copy: Copy, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("Ours\n", encoding="utf-8")
    copy(tmp_path)
    assert (tmp_path / "README.md").read_text("utf-8") == "Ours\n"
    assert (tmp_path / "Makefile").exists()


@pytest.fixture(scope="module")
def bare_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with git and a shell, without make, python and nimfleet."""
    folder = tmp_path_factory.mktemp("bin")
    for name in ("git", "sh", "sed", "sort"):
        program = shutil.which(name)
        assert program is not None
        (folder / name).symlink_to(program)
    return str(folder)


def test_without_nimfleet_copier_says_what_to_run(project: Path, tmp_path: Path, bare_path: str) -> None:
    data = [word for name, value in ANSWERS.items() for word in ("--data", f"{name}={value}")]
    command = [*COPIER, "copy", "--trust", "--defaults", *data, str(project), str(tmp_path / "fleet")]
    result = run(command, tmp_path, env={"PATH": bare_path, "NIMFLEET": ""})
    assert "nimfleet is not installed here, so nothing was rendered yet" in result.stderr
    assert "clusters/dev is rendered by: make render ENV=dev" in result.stderr
    assert (tmp_path / "fleet/clusters/dev/environment.yaml").exists()


def test_a_failing_nimfleet_does_not_undo_the_copy(
    copy: Copy, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    copy(tmp_path / "fleet", env={"NIMFLEET": "false"})
    assert "Rendering failed: the reason is above" in capfd.readouterr().err
    assert (tmp_path / "fleet/clusters/dev/environment.yaml").exists()


def test_without_trust_copier_says_so(project: Path, tmp_path: Path) -> None:
    result = run([*COPIER, "copy", "--defaults", str(project), "fleet"], tmp_path, check=False)
    assert result.returncode == 4
    assert "--trust" in result.stderr


def test_renovate_finds_the_pins(first_copy: Path) -> None:
    text = (first_copy / "renovate.json5").read_text("utf-8")
    patterns = [
        pattern.replace("\\\\", "\\").replace('\\"', '"').replace("(?<", "(?P<")
        for pattern in re.findall(r'"((?:[^"\\\n]|\\.)*\(\?<(?:[^"\\\n]|\\.)*)"', text)
    ]
    assert len(patterns) == 3
    tag, chart, nimfleet = patterns
    environment = (first_copy / "clusters/dev/environment.yaml").read_text("utf-8")
    assert [match.groupdict() for match in re.finditer(tag, environment)] == [
        {"depName": "meta/llama-3.1-8b-instruct", "currentValue": "1.3.3"}
    ]
    override = (
        "charts:\n  # renovate: datasource=helm depName=karpenter registryUrl=https://host\n  karpenter: 1.14.1\n"
    )
    found = re.search(chart, override)
    assert found is not None
    assert found["currentValue"] == "1.14.1"
    pin = re.search(nimfleet, f"nimfleet @ git+https://host/x.git@{'0' * 40}  # v0.1.0\n")
    assert pin is not None
    assert (pin["packageName"], pin["currentValue"]) == ("https://host/x.git", "v0.1.0")


def test_the_copy_is_clean_yaml(first_copy: Path) -> None:
    yamllint = str(Path(COPIER[0]).with_name("yamllint"))
    run([yamllint, "--strict", "."], first_copy)


def test_commit_keeps_everything(first_copy: Path, tmp_path: Path) -> None:
    """No rule of .gitignore hides a file that the repository needs."""
    shutil.copytree(first_copy, tmp_path / "fleet")
    git(tmp_path / "fleet", "init", "-q")
    commit(tmp_path / "fleet", "All")
    assert set(git(tmp_path / "fleet", "ls-files").splitlines()) == set(tree(first_copy))
