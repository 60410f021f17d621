"""environment.yaml: every mistake is named with its line, its neighbours and the fix, all at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nimfleet.errors import IntentError, UsageError
from nimfleet.intent.load import load_environment, parse_environment
from nimfleet.intent.models import PATTERN_HELP, Environment
from nimfleet.manifest.emit import dump

FILE = "clusters/dev/environment.yaml"
Change = Callable[[dict[str, Any]], object]


def problems(value: dict[str, Any] | str) -> list[tuple[str, str]]:
    text = value if isinstance(value, str) else dump(value)
    with pytest.raises(IntentError) as caught:
        parse_environment(text, FILE, "dev")
    return [(problem.pointer, problem.message) for problem in caught.value.problems]


def test_a_small_environment_is_valid(small: dict[str, Any]) -> None:
    loaded = parse_environment(dump(small), FILE, "dev")
    assert loaded.environment.models["llama"].tensor_parallelism == 2
    assert loaded.environment.secrets.pull_secret == "ngc-secret"


def test_policy_and_budget(small: dict[str, Any]) -> None:
    nothing = parse_environment(dump(small), FILE, "dev").environment.policy
    assert nothing.profile is None
    assert (nothing.budget.steady_usd_per_hour, nothing.budget.ceiling_usd_per_hour) == (None, None)
    small["policy"] = {"profile": "production", "budget": {"steadyUsdPerHour": 12, "ceilingUsdPerHour": 40.5}}
    policy = parse_environment(dump(small), FILE, "dev").environment.policy
    assert policy.profile == "production"
    assert (policy.budget.steady_usd_per_hour, policy.budget.ceiling_usd_per_hour) == (12, 40.5)


MISTAKES: dict[str, tuple[Change, str, str]] = {
    "unknown-key": (
        lambda e: e["models"]["llama"].update(replica=2),
        "/models/llama/replica",
        "unknown key 'replica' in models.llama. Did you mean 'replicas'?",
    ),
    "missing-key": (
        lambda e: e["cluster"].pop("region"),
        "/cluster/region",
        "'region' is missing in cluster. AWS region",
    ),
    "version-as-number": (
        lambda e: e["cluster"].update(kubernetesVersion=1.34),
        "/cluster/kubernetesVersion",
        "must be text, but '1.34' is a number. Put it in quotes: \"1.34\".",
    ),
    "text-for-number": (
        lambda e: e["models"]["llama"].update(tensorParallelism="2"),
        "/models/llama/tensorParallelism",
        "must be a whole number, but '2' is text. Remove the quotes: 2.",
    ),
    "scp-address": (
        lambda e: e["git"].update(url="git@github.com:acme/fleet"),
        "/git/url",
        "such as ssh://git@github.com/acme/fleet",
    ),
    "choice": (
        lambda e: e.update(secrets={"method": "sop"}),
        "/secrets/method",
        "is 'sop'; it can be external-secrets, manual, sops. Did you mean 'sops'?",
    ),
    "pattern": (
        lambda e: e["storage"]["efs"].update(fileSystemId="fs-xyz"),
        "/storage/efs/fileSystemId",
        "expected an EFS file system id, such as fs-0123456789abcdef0",
    ),
    "bad-name": (
        lambda e: e["models"].update({"Llama_8B": e["models"].pop("llama")}),
        "/models/Llama_8B",
        "the name 'Llama_8B' does not look right: expected lower-case letters",
    ),
    "unknown-pool": (
        lambda e: e["models"]["llama"].update(pool="g55"),
        "/models/llama/pool",
        "pool 'g55' is not declared; pools here: g5. Did you mean 'g5'?",
    ),
    "pool-without-preset": (
        lambda e: (e["pools"].update(fast={}), e["models"]["llama"].update(pool="g5")),
        "/pools/fast",
        "pool 'fast' has no preset",
    ),
    "two-pools-none-named": (lambda e: e["pools"].update(g6={}), "/models/llama", "names no pool, and there are 2"),
    "foreign-zone": (
        lambda e: e["cluster"].update(zones=["us-east-1a"]),
        "/cluster/zones/0",
        "zone 'us-east-1a' is not in region 'us-west-2'",
    ),
    "pool-zone": (
        lambda e: e["pools"].update(g5={"zones": ["us-west-2c"]}),
        "/pools/g5/zones/0",
        "is not one of cluster.zones (us-west-2a)",
    ),
    "name-and-folder": (lambda e: e.update(name="prod"), "/name", "named 'prod', but its folder is 'dev'"),
    "sops-without-method": (lambda e: e.update(secrets={"sops": {}}), "/secrets/sops", "secrets.method is 'manual'"),
    "one-secret-name": (
        lambda e: e.update(secrets={"authSecret": "ngc-secret"}),
        "/secrets/authSecret",
        "need two names",
    ),
    "ingress-without-domain": (
        lambda e: (e.update(exposure={"type": "ingress"}), e["cluster"].update(vpcId="vpc-0123456789abcdef0")),
        "/exposure/type",
        "exposure.ingress is missing",
    ),
    "ingress-without-vpc": (
        lambda e: e.update(exposure={"type": "ingress", "ingress": {"domain": "nim.example.com"}}),
        "/exposure/type",
        "cluster.vpcId is missing",
    ),
    "ingress-unused": (
        lambda e: e.update(exposure={"ingress": {"domain": "nim.example.com"}}),
        "/exposure/ingress",
        "but exposure.type is 'cluster-ip'",
    ),
    "no-storage": (lambda e: e.update(storage={}), "/storage", "declare storage.efs or storage.fsx"),
    "fsx-not-declared": (
        lambda e: e["models"]["llama"].update(cache={"storage": "fsx"}),
        "/models/llama/cache/storage",
        "storage.fsx is not declared",
    ),
    "scaled-and-fixed": (
        lambda e: (
            e["models"]["llama"].update(replicas=2, autoscaling={"maxReplicas": 3}),
            e.update(observability={"prometheus": True}),
        ),
        "/models/llama/replicas",
        "replicas and autoscaling exclude each other",
    ),
    "scaled-without-metrics": (
        lambda e: e["models"]["llama"].update(autoscaling={"maxReplicas": 3}),
        "/models/llama/autoscaling",
        "set observability.prometheus to true",
    ),
    "scaled-backwards": (
        lambda e: (
            e["models"]["llama"].update(autoscaling={"minReplicas": 4, "maxReplicas": 3}),
            e.update(observability={"prometheus": True}),
        ),
        "/models/llama/autoscaling",
        "minReplicas 4 is above maxReplicas 3",
    ),
    "key-in-env": (
        lambda e: e["models"]["llama"].update(env={"NGC_API_KEY": "x"}),
        "/models/llama/env/NGC_API_KEY",
        "does not belong in a repository",
    ),
    "pipeline-of-nothing": (
        lambda e: e.update(pipelines={"rag": {"services": {"lama": {}}}}),
        "/pipelines/rag/services/lama",
        "service 'lama' is not a model of this environment; models: llama. Did you mean 'llama'?",
    ),
    "pipeline-dependency": (
        lambda e: e.update(pipelines={"rag": {"services": {"llama": {"urls": {"EMBED_URL": "embed"}}}}}),
        "/pipelines/rag/services/llama/urls/EMBED_URL",
        "'embed' is not a service of pipeline 'rag'",
    ),
    "pipeline-name-taken": (
        lambda e: e.update(pipelines={"llama": {"services": {"llama": {}}}}),
        "/pipelines/llama",
        "names a model and a pipeline",
    ),
    "unknown-model": (
        lambda e: e["models"]["llama"].update(model="meta/llama-3.1-8b-instuct"),
        "/models/llama/model",
        "Did you mean 'meta/llama-3.1-8b-instruct'?",
    ),
    "instance-of-another-family": (
        lambda e: e["pools"].update(g5={"instanceTypes": ["g6.xlarge"]}),
        "/pools/g5/instanceTypes/0",
        "is of family g6, but preset g5 has g5",
    ),
    "unknown-instance": (
        lambda e: e["pools"].update(g5={"instanceTypes": ["g5.13xlarge"]}),
        "/pools/g5/instanceTypes/0",
        "Did you mean 'g5.",
    ),
    "unknown-chart": (
        lambda e: e.update(charts={"karpentr": "1.14.1"}),
        "/charts/karpentr",
        "Did you mean 'karpenter'?",
    ),
    "old-kubernetes": (
        lambda e: e["cluster"].update(kubernetesVersion="1.20"),
        "/cluster/kubernetesVersion",
        "schemas reach from 1.25",
    ),
    "exposed-to-nobody": (
        lambda e: e["models"]["llama"].update(expose=True),
        "/models/llama/expose",
        "expose is true, but exposure.type is 'cluster-ip'",
    ),
    "profile-without-gpus": (
        lambda e: (e["models"]["llama"].update(profile="abc123"), e["models"]["llama"].pop("tensorParallelism")),
        "/models/llama/profile",
        "a profile needs tensorParallelism beside it",
    ),
    "default-scaled-and-fixed": (
        lambda e: e.update(
            defaults={"replicas": 2, "autoscaling": {"maxReplicas": 3}}, observability={"prometheus": True}
        ),
        "/defaults/replicas",
        "keep one of them as the default",
    ),
    "target-of-zero": (
        lambda e: (
            e["models"]["llama"].update(autoscaling={"maxReplicas": 3, "target": "0"}),
            e.update(observability={"prometheus": True}),
        ),
        "/models/llama/autoscaling/target",
        "a quantity above zero",
    ),
    "python-s-spelling": (
        lambda e: e["models"]["llama"].update(tensor_parallelism=2),
        "/models/llama/tensor_parallelism",
        "Did you mean 'tensorParallelism'?",
    ),
    "unknown-policy": (
        lambda e: e.update(policy={"profile": "prod"}),
        "/policy/profile",
        "is 'prod'; it can be minimal, production, standard.",
    ),
    "budget-of-nothing": (
        lambda e: e.update(policy={"budget": {"steadyUsdPerHour": 0}}),
        "/policy/budget/steadyUsdPerHour",
        "it must be above 0",
    ),
    "budget-as-text": (
        lambda e: e.update(policy={"budget": {"ceilingUsdPerHour": "40"}}),
        "/policy/budget/ceilingUsdPerHour",
        "must be a number, but '40' is text",
    ),
    "budget-upside-down": (
        lambda e: e.update(policy={"budget": {"steadyUsdPerHour": 40, "ceilingUsdPerHour": 12.5}}),
        "/policy/budget/ceilingUsdPerHour",
        "ceilingUsdPerHour 12.5 is below steadyUsdPerHour 40",
    ),
    "gpu-limit-of-cpu-pool": (
        lambda e: (e["pools"].update(cpu={"limits": {"gpus": 1}}), e["models"]["llama"].update(pool="g5")),
        "/pools/cpu/limits/gpus",
        "use limits.cpus",
    ),
}


@pytest.mark.parametrize("fault", MISTAKES)
def test_mistake(fault: str, small: dict[str, Any]) -> None:
    change, pointer, words = MISTAKES[fault]
    change(small)
    found = problems(small)
    assert len(found) == 1, found
    assert found[0][0] == pointer
    assert words in found[0][1]


def test_all_mistakes_at_once_in_file_order(small: dict[str, Any]) -> None:
    small["cluster"]["regoin"] = small["cluster"].pop("region")
    small["models"]["llama"]["tensorParallelism"] = "2"
    small["pools"]["g5"] = {"presett": "g5"}
    with pytest.raises(IntentError) as caught:
        parse_environment(dump(small), FILE, "dev")
    lines = [problem.line for problem in caught.value.problems]
    assert len(lines) == 4
    assert lines == sorted(lines)


def test_the_quoting_hint_has_the_text_of_the_file(small: dict[str, Any]) -> None:
    text = dump(small).replace('kubernetesVersion: "1.34"', "kubernetesVersion: 1.30 # the next one")
    [(_, message)] = problems(text)
    assert message == "cluster.kubernetesVersion must be text, but '1.30' is a number. Put it in quotes: \"1.30\"."


def test_every_pattern_is_explained_in_words() -> None:
    patterns = re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(Environment.model_json_schema()))
    found = {json.loads(pattern) for pattern in patterns}
    assert len(found) > 15
    assert found <= PATTERN_HELP.keys(), found - PATTERN_HELP.keys()


def test_unknown_names_are_found_beside_broken_settings(small: dict[str, Any]) -> None:
    small["models"]["llama"]["tensorParallelism"] = "2"
    small["models"]["llama"]["pool"] = "g66"
    small["models"]["other"] = {"model": "meta/nothing"}
    found = dict(problems(small))
    assert set(found) == {"/models/llama/tensorParallelism", "/models/llama/pool", "/models/other/model"}


def test_no_problem_is_made_up_because_another_setting_is_broken(small: dict[str, Any]) -> None:
    small["observability"] = {"prometheus": "yes"}
    small["models"]["llama"]["autoscaling"] = {"maxReplicas": 3}
    small["exposure"] = {"type": "ingres", "ingress": {"domain": "nim.example.com"}}
    assert {pointer for pointer, _ in problems(small)} == {"/observability/prometheus", "/exposure/type"}


def test_the_line_and_column_are_those_of_the_key() -> None:
    text = dump({"version": 1}) + "name: dev\ncluster:\n  name: demo\n  nmae: demo\n"
    with pytest.raises(IntentError) as caught:
        parse_environment(text, FILE, "dev")
    places = {problem.pointer: (problem.line, problem.column) for problem in caught.value.problems}
    assert places["/cluster/nmae"] == (6, 3)


def test_conflict_markers_are_named_by_line(small: dict[str, Any]) -> None:
    text = dump(small) + "<<<<<<< before updating\nmodels: {}\n=======\nmodels: {}\n>>>>>>> after updating\n"
    [(_, message)] = problems(text)
    start = dump(small).count("\n") + 1
    assert f"conflict markers of an unfinished merge in lines {start}, {start + 2}, {start + 4}" in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("version: 1\n---\nversion: 1\n", "holds 2 YAML documents"),
        ("- a\n", "an environment is a mapping"),
        ("version: 1\nname: [dev\n", ""),
        ("version: 1\nversion: 1\n", "version"),
    ],
)
def test_what_is_no_environment_at_all(text: str, words: str) -> None:
    found = problems(text)
    assert words in found[0][1]


def test_unreadable_files_are_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        load_environment(tmp_path / "environment.yaml")
    (tmp_path / "environment.yaml").write_bytes(b"name: \xff\n")
    with pytest.raises(UsageError, match="not UTF-8"):
        load_environment(tmp_path / "environment.yaml")
