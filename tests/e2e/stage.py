"""An environment that is up, and changes to it: what nimfleet says of each beforehand, and what happens."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from compare import differences
from fleet import KUSTOMIZATIONS, WAIT_SECONDS, Fleet, bootstrap, copied, flux, key_of
from recorder import NIM, Key

from nimfleet.cluster.model import Cluster
from nimfleet.engine import validate
from nimfleet.manifest.emit import dump
from nimfleet.report.finding import Severity
from nimfleet.report.model import Report

Object = dict[str, Any]
Edit = Callable[[], None]
"""Changes the working copy."""


@dataclass(frozen=True, slots=True)
class Foretold:
    """What nimfleet says of a change: the cluster before and after, and the report of `validate --base HEAD`.
    ``tree`` is git's name of what there was before, and ``was`` the objects by key: uid and generation."""

    before: Cluster
    after: Cluster
    report: Report
    tree: str
    was: Mapping[Key, tuple[str, int]]

    def rules(self) -> set[str]:
        """Rules with a finding that there was not before the change."""
        return {finding.rule for finding in self.report.findings}

    def objects(self, rule: str) -> set[str]:
        """The objects that a rule names."""
        return {finding.object for finding in self.report.findings if finding.rule == rule}

    @property
    def errors(self) -> set[str]:
        """Rules with an error."""
        return {finding.rule for finding in self.report.findings if finding.severity is Severity.ERROR}


class Stage:
    """A fleet for several tests, of which each says where it begins."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._first = self._tree()
        self._shown = self._first
        """What the objects in the cluster are those of; empty when that is not known."""

    def begin(self, *edits: Edit) -> None:
        """Have the environment be as it came up, but for ``edits``. Nothing is pushed when it is so already."""
        repository = self.fleet.repository
        repository.git("read-tree", "-u", "--reset", self._first)
        repository.git("clean", "--quiet", "--force", "-d")
        for edit in edits:
            edit()
        if edits:
            self.fleet.render()
        repository.commit("Begin")
        if self._shown == self._tree():
            return
        self._shown = ""
        commit = self.fleet.push("Begin")
        wanted = self.fleet.predicted()
        for unit in wanted.units:
            # Flux tells nobody of a commit while dependencies are a circle.
            if self.fleet.get(KUSTOMIZATIONS, "Kustomization", unit.id.name) is not None:
                self.fleet.request(KUSTOMIZATIONS, "Kustomization", unit.id.name)
        self.fleet.wait_ready(commit)
        self.fleet.wait(lambda: not list(differences(wanted, self.fleet.server)), WAIT_SECONDS, "all is as predicted")
        self._shown = self._tree()

    def foretell(self, edit: Edit, *, rendered: bool = True) -> Foretold:
        """Make a change in the working copy, and ask nimfleet about it."""
        fleet, tree = self.fleet, self._tree()
        before = fleet.predicted()
        was = {}
        for item in before.objects:
            value = fleet.recorder.get(key_of(item))
            if value is not None:
                was[key_of(item)] = (value["metadata"]["uid"], value["metadata"].get("generation", 0))
        edit()
        if rendered:
            fleet.render()
        report = validate(fleet.folder, base="HEAD", root=fleet.repository.folder)
        # What does not build has no objects to tell of.
        after = fleet.predicted()
        self._shown = ""
        return Foretold(before, after, report, tree, was)

    def settle(self, told: Foretold, message: str) -> None:
        """Push, and see what was foretold."""
        self.see(told, self.fleet.push(message))

    def see(self, told: Foretold, commit: str) -> None:
        """Wait until Flux is done with ``commit``, and see that what happened is what was foretold."""
        fleet = self.fleet
        fleet.wait_ready(commit)
        gone = {key_of(item) for item in told.before.objects} - {key_of(item) for item in told.after.objects}
        left = {key_of(item) for item in told.before.objects if str(item.id) in told.objects("transition/orphaned")}
        fleet.wait(
            lambda: all(fleet.recorder.get(key) is None for key in gone - left), WAIT_SECONDS, "what is gone is deleted"
        )
        assert not list(_happened(fleet, told))
        assert not fleet.double.errors
        self._shown = self._tree()

    def unchanged(self, told: Foretold) -> None:
        """See that the objects in the cluster are those from before the change."""
        assert not list(differences(told.before, self.fleet.server))
        self._shown = told.tree

    def _tree(self) -> str:
        return self.fleet.repository.git("rev-parse", "HEAD^{tree}")


@contextlib.contextmanager
def development() -> Iterator[Stage]:
    """Environment dev, up and running."""
    by_hand = {"nim-service": ("ngc-secret", "ngc-api-secret")}
    with flux("dev", lambda folder, url: copied("dev", folder, url), by_hand) as found:
        bootstrap(found)
        yield Stage(found)


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


def replaced(fleet: Fleet, old: str, new: str) -> Edit:
    """Another text in environment.yaml."""

    def edit() -> None:
        path = fleet.folder / "environment.yaml"
        text = path.read_text("utf-8")
        assert text.count(old) == 1, text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def custom(fleet: Fleet, layer: str, *patches: Object, resources: Mapping[str, Object] | None = None) -> Edit:
    """A Component in custom/, as users have them."""

    def edit() -> None:
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

    return edit


def storage_class(path: str, **annotations: str | None) -> Object:
    """A patch of environment dev's StorageClass, whose parameters do not change in place; with Flux's ``annotations``."""
    metadata: Object = {"name": "efs-nim"}
    if annotations:
        metadata["annotations"] = {f"kustomize.toolkit.fluxcd.io/{key}": part for key, part in annotations.items()}
    parameters = {"basePath": path}
    return {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": metadata, "parameters": parameters}


def config_map(name: str, namespace: str, **annotations: str) -> Object:
    """A small object, with Flux's ``annotations``."""
    metadata: Object = {"name": name, "namespace": namespace}
    if annotations:
        metadata["annotations"] = {f"kustomize.toolkit.fluxcd.io/{key}": part for key, part in annotations.items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b"}}


def cache_name(cluster: Cluster, model: str) -> str:
    """The NIMCache of a model."""
    (found,) = [item.id.name for item in cluster.kind(NIM, "NIMCache") if item.id.name.startswith(model)]
    return found
