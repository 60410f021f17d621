"""What nimfleet refuses is pushed anyway: the server, Flux or Helm refuses it, too, and the cluster stays as it was.

The tests share one cluster. Each begins with the environment as it came up, whatever the one before has pushed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from fleet import FLUX_NAMESPACE, HELM, KUSTOMIZATIONS, WAIT_SECONDS, Fleet
from recorder import condition, is_ready
from stage import Edit, Object, Stage, cache_name, config_map, custom, development, storage_class

MODEL = "llama-3-1-8b-instruct"
KUSTOMIZATION = f"nim-model-{MODEL}"
_MODEL_LAYER = f"models/{MODEL}"
_SCHEDULE = {"budgets": [{"nodes": "1", "schedule": "0 9 * * *"}]}


@pytest.fixture(scope="module")
def shared() -> Iterator[Stage]:
    """Environment dev, up and running."""
    with development() as found:
        yield found


@pytest.fixture
def stage(shared: Stage) -> Stage:
    """The same, with the objects and the repository as they were at first."""
    shared.begin()
    return shared


@dataclass(frozen=True, slots=True)
class Bad:
    """A change that nimfleet refuses with ``rule``, and the server through Flux with ``words``, in the named
    Kustomization. ``layer`` is where it goes in custom/."""

    rule: str
    words: str
    layer: str
    patch: Object | None = None
    resource: Object | None = None

    @property
    def kustomization(self) -> str:
        """Which one fails."""
        return KUSTOMIZATION if self.layer.startswith("models/") else f"nim-{self.layer}"


def _service(**spec: Any) -> Object:
    metadata = {"name": MODEL, "namespace": "nim-service"}
    return {"apiVersion": "apps.nvidia.com/v1alpha1", "kind": "NIMService", "metadata": metadata, "spec": spec}


def _budget(api_version: str, **spec: Any) -> Object:
    selector = {"matchLabels": {"app": MODEL}}
    metadata = {"name": "both", "namespace": "nim-service"}
    return {
        "apiVersion": api_version,
        "kind": "PodDisruptionBudget",
        "metadata": metadata,
        "spec": {"selector": selector, **spec},
    }


def _node_pool(name: str, **spec: Any) -> Object:
    return {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": name}, "spec": spec}


BAD: Mapping[str, Bad] = {
    "immutable": Bad("transition/storage-class", "field is immutable", "configs", storage_class("/other")),
    "unknown-field": Bad("schema/unknown-field", "field not declared in schema", _MODEL_LAYER, _service(replica=2)),
    "cel": Bad(
        "schema/cel", "'schedule' must be set with 'duration'", "configs", _node_pool("g5", disruption=_SCHEDULE)
    ),
    "type": Bad("schema/type", "expected numeric", _MODEL_LAYER, _service(replicas="two")),
    "no-namespace": Bad("reference/namespace", "nowhere", "configs", resource=config_map("notes", "nowhere")),
    "bad-name": Bad("schema/metadata", "Invalid value", "configs", resource=config_map("Bad_Name", "nim-service")),
    "native": Bad(
        "schema/native",
        "cannot be both set",
        "configs",
        resource=_budget("policy/v1", minAvailable=1, maxUnavailable=1),
    ),
    "old-version": Bad(
        "schema/unknown-kind", "no matches for kind", "configs", resource=_budget("policy/v1beta1", minAvailable=1)
    ),
    "patch-of-nothing": Bad("build/failed", "kustomize build failed", "configs", _node_pool("g55")),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_what_nimfleet_refuses_is_refused(stage: Stage, name: str) -> None:
    bad = BAD[name]
    resources = {"added.yaml": bad.resource} if bad.resource is not None else {}
    patches = [bad.patch] if bad.patch is not None else []
    told = stage.foretell(custom(stage.fleet, bad.layer, *patches, resources=resources))
    assert told.errors == {bad.rule}
    commit = stage.fleet.push(f"Bad: {name}")
    assert bad.words in stage.fleet.wait_failed(bad.kustomization, commit)
    stage.unchanged(told)


def test_a_changed_cache_is_refused_by_the_operators_rule(stage: Stage) -> None:
    cache = cache_name(stage.fleet.predicted(), MODEL)
    patch = {
        "apiVersion": "apps.nvidia.com/v1alpha1",
        "kind": "NIMCache",
        "metadata": {"name": cache, "namespace": "nim-service"},
        "spec": {"storage": {"pvc": {"size": "60Gi"}}},
    }
    told = stage.foretell(custom(stage.fleet, _MODEL_LAYER, patch))
    assert told.objects("transition/nim-cache-spec") == {f"NIMCache/nim-service/{cache}"}
    commit = stage.fleet.push("Bad: another size")
    assert "spec is immutable" in stage.fleet.wait_failed(KUSTOMIZATION, commit)
    stage.unchanged(told)


def _depends(fleet: Fleet, name: str) -> Edit:
    """One more dependency of nim-configs, by hand."""
    path = fleet.folder / "flux" / "configs.yaml"

    def edit() -> None:
        text = path.read_text("utf-8")
        old = "    - name: nim-controllers\n"
        assert old in text
        path.write_text(text.replace(old, f"{old}    - name: {name}\n"), encoding="utf-8")

    return edit


def _held_up(fleet: Fleet, commit: str, by: str) -> None:
    def held_up() -> bool:
        found = condition(fleet.kustomization("nim-configs"), "Ready")
        return found.get("reason") == "DependencyNotReady" and by in str(found.get("message"))

    fleet.wait(held_up, WAIT_SECONDS, "it waits")
    value = fleet.kustomization("nim-configs")
    assert commit not in json.dumps(value["status"].get("lastAppliedRevision"))
    assert not is_ready(KUSTOMIZATIONS, "Kustomization", value)


def test_a_dependency_that_is_missing_holds_everything_up(stage: Stage) -> None:
    fleet = stage.fleet
    told = stage.foretell(_depends(fleet, "nim-nothing"), rendered=False)
    assert told.objects("flux/missing-dependency") == {"Kustomization/flux-system/nim-configs"}
    commit = fleet.push("Bad: a dependency that is missing")
    fleet.wait(lambda: fleet.applied("nim-controllers", commit), WAIT_SECONDS, "what comes before is ready")
    _held_up(fleet, commit, "nim-nothing")


def test_a_circle_of_dependencies_holds_everything_up_until_it_is_gone(stage: Stage) -> None:
    fleet = stage.fleet
    told = stage.foretell(_depends(fleet, KUSTOMIZATION), rendered=False)
    assert told.objects("flux/dependency-cycle") == {"Kustomization/flux-system/nim-configs"}
    _held_up(fleet, fleet.push("Bad: a circle"), KUSTOMIZATION)
    stage.begin()


def _mended(fleet: Fleet) -> None:
    """What a person does who does not want to wait for the timeout: take the value out of the release, by hand."""
    body = {"spec": {"values": {"replicaCounts": None}}}
    path = f"/apis/{HELM}/v2/namespaces/{FLUX_NAMESPACE}/helmreleases/cert-manager"
    answer = fleet.server.request("PATCH", path, json.dumps(body).encode(), "application/merge-patch+json")
    assert answer.status == 200, answer.message


def test_values_that_the_chart_refuses_are_refused_by_helm(stage: Stage) -> None:
    fleet = stage.fleet
    metadata = {"name": "cert-manager", "namespace": FLUX_NAMESPACE}
    patch = {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": metadata}
    told = stage.foretell(custom(fleet, "controllers", {**patch, "spec": {"values": {"replicaCounts": 2}}}))
    assert told.objects("helm/values-schema") == {"HelmRelease/flux-system/cert-manager"}
    fleet.push("Bad: a value")

    def failed() -> bool:
        value = fleet.get(HELM, "HelmRelease", "cert-manager")
        assert value is not None
        found = condition(value, "Released")
        return found.get("status") == "False" and "replicaCounts" in str(found.get("message"))

    fleet.wait(failed, WAIT_SECONDS, "Helm refuses the value")
    # Until then Flux waits for the release, and looks at no other commit.
    _mended(fleet)
