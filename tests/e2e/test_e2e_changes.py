"""Changes do to a cluster what `nimfleet validate --base` says before they are pushed; what it refuses, the server or
Flux refuses too.

The tests share one cluster and run in their order: each begins where the one before has left it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from compare import differences
from fleet import FLUX_NAMESPACE, HELM, KUSTOMIZATIONS, Fleet, bootstrap, copied, flux, key_of
from recorder import NIM, Key, condition, is_ready

from nimfleet.cluster.model import Cluster
from nimfleet.engine import validate
from nimfleet.manifest.emit import dump
from nimfleet.report.finding import Severity
from nimfleet.report.model import Report

MODEL = "llama-3-1-8b-instruct"
KUSTOMIZATION = f"nim-model-{MODEL}"
EMBEDDING = """
  embedding:
    model: nvidia/llama-3.2-nv-embedqa-1b-v2
    pool: g5
"""
Object = dict[str, Any]


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    """Environment dev, up and running."""
    by_hand = {"nim-service": ("ngc-secret", "ngc-api-secret")}
    with flux("dev", lambda folder, url: copied("dev", folder, url), by_hand) as found:
        bootstrap(found)
        yield found


@dataclass(frozen=True, slots=True)
class Foretold:
    """What nimfleet says of a change: the cluster before and after, and the report of `validate --base HEAD`.
    ``was`` is what the objects were before, by key: uid and generation."""

    before: Cluster
    after: Cluster
    report: Report
    was: Mapping[Key, tuple[str, int]]

    def rules(self) -> set[str]:
        """Rules with a finding that there was not before the change."""
        return {finding.rule for finding in self.report.findings}

    def objects(self, rule: str) -> set[str]:
        """The objects that a rule names."""
        return {finding.object for finding in self.report.findings if finding.rule == rule}

    @property
    def refused(self) -> bool:
        """Whether there is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.report.findings)


def _foretell(fleet: Fleet, change: Callable[[], None], *, rendered: bool = True) -> Foretold:
    before = fleet.predicted()
    was = {}
    for item in before.objects:
        value = fleet.recorder.get(key_of(item))
        if value is not None:
            was[key_of(item)] = (value["metadata"]["uid"], value["metadata"].get("generation", 0))
    change()
    if rendered:
        fleet.render()
    report = validate(fleet.folder, base="HEAD", root=fleet.repository.folder)
    # What does not build has no objects to tell of.
    after = fleet.predicted()
    return Foretold(before, after, report, was)


def _happened(fleet: Fleet, told: Foretold) -> Iterator[str]:
    """What is not as it was foretold, of all objects that were or should be."""
    recreated, left = told.objects("transition/recreated"), told.objects("transition/orphaned")
    values = {key_of(item): item.value for item in told.after.objects}
    for item in told.before.objects:
        key = key_of(item)
        now = fleet.recorder.get(key)
        if key not in told.was:
            yield f"{item.id} was not there before"
        elif key not in values and str(item.id) not in left:
            if now is not None:
                yield f"{item.id} should be gone"
        elif now is None:
            yield f"{item.id} should be there"
        else:
            same = now["metadata"]["uid"] == told.was[key][0]
            if same is (str(item.id) in recreated):
                yield f"{item.id} {'is still the same' if same else 'was made anew'}"
            generation = now["metadata"].get("generation", 0)
            if key in values and values[key] == item.value and generation != told.was[key][1]:
                yield f"{item.id} was changed, and should not be"
    orphans = {key_of(item) for item in told.before.objects if str(item.id) in left}
    yield from differences(told.after, fleet.server, orphans)


def _settled(fleet: Fleet, told: Foretold, message: str) -> None:
    """Push, wait until Flux is done, and see."""
    commit = fleet.push(message)
    fleet.wait_ready(commit)
    gone = {key_of(item) for item in told.before.objects} - {key_of(item) for item in told.after.objects}
    orphans = {key_of(item) for item in told.before.objects if str(item.id) in told.objects("transition/orphaned")}
    fleet.wait(lambda: all(fleet.recorder.get(key) is None for key in gone - orphans), 60, "what is gone is deleted")
    assert not list(_happened(fleet, told))
    assert not fleet.double.errors


def _edit(fleet: Fleet, old: str, new: str) -> Callable[[], None]:
    def change() -> None:
        path = fleet.folder / "environment.yaml"
        text = path.read_text("utf-8")
        assert text.count(old) == 1, text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


def _custom(fleet: Fleet, layer: str, *patches: Object, resources: Mapping[str, Object] | None = None) -> None:
    """A Component in custom/, as users have them."""
    folder = fleet.folder / "custom" / layer
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in (resources or {}).items():
        (folder / name).write_text(dump(value), encoding="utf-8")
    component: Object = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
    if resources:
        component["resources"] = sorted(resources)
    if patches:
        component["patches"] = [{"patch": dump(patch)} for patch in patches]
    (folder / "kustomization.yaml").write_text(dump(component), encoding="utf-8")


def _cache_name(cluster: Cluster, start: str) -> str:
    (found,) = [item.id.name for item in cluster.kind(NIM, "NIMCache") if item.id.name.startswith(start)]
    return found


def _storage_class(path: str, **annotations: str | None) -> Object:
    metadata: Object = {"name": "efs-nim"}
    if annotations:
        metadata["annotations"] = {f"kustomize.toolkit.fluxcd.io/{key}": part for key, part in annotations.items()}
    parameters = {"basePath": path}
    return {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": metadata, "parameters": parameters}


def test_a_model_is_added(fleet: Fleet) -> None:
    path = fleet.folder / "environment.yaml"
    last = path.read_text("utf-8").splitlines()[-1]
    told = _foretell(fleet, _edit(fleet, f"{last}\n", f"{last}{EMBEDDING}"))
    assert not told.refused
    _settled(fleet, told, "Add embedding")
    assert fleet.kustomization("nim-model-embedding")


def test_replicas_are_changed_in_place(fleet: Fleet) -> None:
    told = _foretell(fleet, _edit(fleet, "    tensorParallelism: 2\n", "    tensorParallelism: 2\n    replicas: 2\n"))
    assert not told.refused
    _settled(fleet, told, "Two replicas")
    service = fleet.recorder.get((NIM, "NIMService", "nim-service", MODEL))
    assert service is not None
    assert service["spec"]["replicas"] == 2
    assert service["metadata"]["generation"] == told.was[NIM, "NIMService", "nim-service", MODEL][1] + 1


def test_a_new_version_replaces_the_cache_and_flux_waits_for_it_through_failure(fleet: Fleet) -> None:
    told = _foretell(fleet, _edit(fleet, "tag: 1.3.3", "tag: 1.8.3"))
    assert "transition/cache-replaced" in told.rules()
    assert not told.refused
    old, new = _cache_name(told.before, MODEL), _cache_name(told.after, MODEL)
    fleet.double.failing.add(("NIMCache", new))
    commit = fleet.push("A new version")
    old_key, new_key = (NIM, "NIMCache", "nim-service", old), (NIM, "NIMCache", "nim-service", new)
    fleet.wait(lambda: fleet.recorder.get(old_key) is None, 60, "the old cache is deleted")
    fleet.wait(lambda: (fleet.recorder.get(new_key) or {}).get("status", {}).get("state") == "Failed", 60, "it fails")
    made, deleted = fleet.recorder.changes(new_key)[0], fleet.recorder.changes(old_key)[-1]
    assert made.version < deleted.version
    service = fleet.recorder.get((NIM, "NIMService", "nim-service", MODEL))
    assert service is not None
    assert service["spec"]["storage"]["nimCache"]["name"] == new
    # Flux goes on waiting, as rendered health checks know no failure, and others do not wait with it.
    fleet.wait(lambda: fleet.applied("nim-model-embedding", commit), 60, "the other model is ready")
    found = condition(fleet.kustomization(KUSTOMIZATION), "Ready")
    assert found["status"] == "Unknown", found
    fleet.double.failing.clear()
    fleet.wait_ready(commit)
    assert not list(_happened(fleet, told))


def test_a_model_is_removed(fleet: Fleet) -> None:
    told = _foretell(fleet, _edit(fleet, EMBEDDING, ""))
    assert {"transition/kustomization-removed", "transition/volume-left"} <= told.rules()
    _settled(fleet, told, "Remove embedding")
    assert fleet.get(KUSTOMIZATIONS, "Kustomization", "nim-model-embedding") is None


def test_what_is_not_pruned_is_kept(fleet: Fleet) -> None:
    annotations = {"kustomize.toolkit.fluxcd.io/prune": "disabled"}
    metadata = {"name": "notes", "namespace": "nim-service", "annotations": annotations}
    notes = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b"}}
    added = _foretell(fleet, lambda: _custom(fleet, "configs", resources={"notes.yaml": notes}))
    _settled(fleet, added, "Add notes")
    told = _foretell(fleet, lambda: shutil.rmtree(fleet.folder / "custom" / "configs"))
    assert told.objects("transition/orphaned") == {"ConfigMap/nim-service/notes"}
    _settled(fleet, told, "Remove notes")
    # As the message says: somebody deletes it by hand.
    assert fleet.server.request("DELETE", "/api/v1/namespaces/nim-service/configmaps/notes").status == 200


def test_what_is_forced_is_made_anew(fleet: Fleet) -> None:
    told = _foretell(fleet, lambda: _custom(fleet, "configs", _storage_class("/forced", force="enabled")))
    assert told.objects("transition/recreated") == {"StorageClass/efs-nim"}
    _settled(fleet, told, "Force another path")


def test_what_was_forced_before_is_made_anew_once_more(fleet: Fleet) -> None:
    # The annotation goes with this change, and Flux still finds it on the object in the cluster.
    told = _foretell(fleet, lambda: shutil.rmtree(fleet.folder / "custom" / "configs"))
    assert told.objects("transition/recreated") == {"StorageClass/efs-nim"}
    _settled(fleet, told, "Back to the first path")


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


def _config_map(name: str, namespace: str) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b"}}


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


_MODEL_LAYER = f"models/{MODEL}"
_SCHEDULE = {"budgets": [{"nodes": "1", "schedule": "0 9 * * *"}]}
BAD: Mapping[str, Bad] = {
    "immutable": Bad("transition/storage-class", "field is immutable", "configs", _storage_class("/other")),
    "unknown-field": Bad("schema/unknown-field", "field not declared in schema", _MODEL_LAYER, _service(replica=2)),
    "cel": Bad(
        "schema/cel", "'schedule' must be set with 'duration'", "configs", _node_pool("g5", disruption=_SCHEDULE)
    ),
    "type": Bad("schema/type", "expected numeric", _MODEL_LAYER, _service(replicas="two")),
    "no-namespace": Bad("reference/namespace", "nowhere", "configs", resource=_config_map("notes", "nowhere")),
    "bad-name": Bad("schema/metadata", "Invalid value", "configs", resource=_config_map("Bad_Name", "nim-service")),
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


@pytest.fixture
def restored(fleet: Fleet) -> Iterator[None]:
    """Afterwards the repository is as it was; Flux sees it with the next push."""
    good = fleet.repository.git("rev-parse", "HEAD^{tree}")
    yield
    fleet.repository.git("read-tree", "-u", "--reset", good)
    fleet.repository.git("clean", "--quiet", "--force", "-d")
    fleet.repository.git("commit", "--quiet", "--allow-empty", "--message", "As it was")


@pytest.mark.parametrize("name", sorted(BAD))
def test_what_nimfleet_refuses_is_refused(fleet: Fleet, restored: None, name: str) -> None:
    bad = BAD[name]
    resources = {"added.yaml": bad.resource} if bad.resource is not None else {}
    patches = [bad.patch] if bad.patch is not None else []
    told = _foretell(fleet, lambda: _custom(fleet, bad.layer, *patches, resources=resources))
    assert {bad.rule} == {finding.rule for finding in told.report.findings if finding.severity is Severity.ERROR}
    commit = fleet.push(f"Bad: {name}")
    assert bad.words in fleet.wait_failed(bad.kustomization, commit)
    assert not list(differences(told.before, fleet.server))


def test_a_changed_cache_is_refused_by_the_operators_rule(fleet: Fleet, restored: None) -> None:
    cache = _cache_name(fleet.predicted(), MODEL)
    metadata = {"name": cache, "namespace": "nim-service"}
    patch = {"kind": "NIMCache", "metadata": metadata, "spec": {"storage": {"pvc": {"size": "60Gi"}}}}
    told = _foretell(fleet, lambda: _custom(fleet, _MODEL_LAYER, {"apiVersion": "apps.nvidia.com/v1alpha1", **patch}))
    assert told.objects("transition/nim-cache-spec") == {f"NIMCache/nim-service/{cache}"}
    commit = fleet.push("Bad: another size")
    assert "spec is immutable" in fleet.wait_failed(KUSTOMIZATION, commit)
    assert not list(differences(told.before, fleet.server))


def _depend(fleet: Fleet, name: str) -> Callable[[], None]:
    """One more dependency of nim-configs, by hand."""
    path = fleet.folder / "flux" / "configs.yaml"

    def change() -> None:
        text = path.read_text("utf-8")
        old = "    - name: nim-controllers\n"
        assert old in text
        path.write_text(text.replace(old, f"{old}    - name: {name}\n"), encoding="utf-8")

    return change


def _held_up(fleet: Fleet, commit: str, by: str) -> None:
    def held_up() -> bool:
        found = condition(fleet.kustomization("nim-configs"), "Ready")
        return found.get("reason") == "DependencyNotReady" and by in str(found.get("message"))

    fleet.wait(held_up, 60, "it waits")
    value = fleet.kustomization("nim-configs")
    assert commit not in json.dumps(value["status"].get("lastAppliedRevision"))
    assert not is_ready(KUSTOMIZATIONS, "Kustomization", value)


def test_a_dependency_that_is_missing_holds_everything_up(fleet: Fleet, restored: None) -> None:
    told = _foretell(fleet, _depend(fleet, "nim-nothing"), rendered=False)
    assert told.objects("flux/missing-dependency") == {"Kustomization/flux-system/nim-configs"}
    commit = fleet.push("Bad: a dependency that is missing")
    fleet.wait(lambda: fleet.applied("nim-controllers", commit), 60, "what comes before is ready")
    _held_up(fleet, commit, "nim-nothing")


def test_a_circle_of_dependencies_holds_everything_up(fleet: Fleet, restored: None) -> None:
    told = _foretell(fleet, _depend(fleet, KUSTOMIZATION), rendered=False)
    assert told.objects("flux/dependency-cycle") == {"Kustomization/flux-system/nim-configs"}
    commit = fleet.push("Bad: a circle")
    _held_up(fleet, commit, KUSTOMIZATION)


def test_flux_goes_on_once_everything_is_as_it_was(fleet: Fleet) -> None:
    fleet.push("All is well")
    # As long as there is a circle, Flux tells no Kustomization of new commits: they look at their next interval.
    fleet.request(KUSTOMIZATIONS, "Kustomization", FLUX_NAMESPACE)
    circle = {"name": KUSTOMIZATION}
    fleet.wait(lambda: circle not in fleet.kustomization("nim-configs")["spec"]["dependsOn"], 60, "the circle is gone")
    fleet.wait_ready(fleet.push("Go on"))
    assert not list(differences(fleet.predicted(), fleet.server))


def test_values_that_the_chart_refuses_are_refused_by_helm(fleet: Fleet) -> None:
    # The last one: Flux waits for the release until its timeout, and looks at no other commit before.
    metadata = {"name": "cert-manager", "namespace": "flux-system"}
    patch = {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": metadata}
    told = _foretell(fleet, lambda: _custom(fleet, "controllers", {**patch, "spec": {"values": {"replicaCounts": 2}}}))
    assert told.objects("helm/values-schema") == {"HelmRelease/flux-system/cert-manager"}
    fleet.push("Bad: a value")

    def failed() -> bool:
        value = fleet.get(HELM, "HelmRelease", "cert-manager")
        assert value is not None
        found = condition(value, "Released")
        return found.get("status") == "False" and "replicaCounts" in str(found.get("message"))

    fleet.wait(failed, 60, "Helm refuses the value")
