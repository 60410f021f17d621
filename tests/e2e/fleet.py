"""One environment on a control plane of its own, with Flux reconciling it from a git repository."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import charts
from apiserver import PROJECT, ApiServer, running
from definitions import FLUX, crds, newest
from double import Double
from recorder import Key, Recorder, condition, is_ready
from web import Web, serving

from nimfleet.cluster.model import Cluster
from nimfleet.engine.clusters import load_clusters
from nimfleet.manifest.emit import dump
from nimfleet.manifest.parse import parse

FLUX_NAMESPACE = "flux-system"
KUSTOMIZATIONS = "kustomize.toolkit.fluxcd.io"
HELM = "helm.toolkit.fluxcd.io"
SOURCES = "source.toolkit.fluxcd.io"
CONTROLLERS = ("source-controller", "kustomize-controller", "helm-controller")
WAIT_SECONDS = 300
"""In which Flux does what is waited for, an environment comes up included. Without load that takes half a minute at
most: it is for machines that are busy, and only a failure takes so long."""
_GIT = (
    "git", "-c", "user.name=e2e", "-c", "user.email=e2e@example.com", "-c", "init.defaultBranch=main",
    "-c", "gc.auto=0", "-c", "maintenance.auto=false",
)  # fmt: skip


class FleetError(AssertionError):
    """Flux did not do in time what was waited for."""


def controllers() -> dict[str, Path] | None:
    """The controllers' programs by name; None before ``tools/e2e/build.sh flux``."""
    found: dict[str, Path] = {}
    for name in CONTROLLERS:
        text = (PROJECT / "tools" / "e2e" / name / "go.mod").read_text("utf-8")
        version = text.partition(f"github.com/fluxcd/{name} v")[2].split()[0]
        path = PROJECT / ".cache" / "e2e" / name / version / name
        if not path.exists():
            return None
        found[name] = path
    return found


@dataclass(slots=True)
class Repository:
    """A working copy, and the bare repository that is served."""

    folder: Path
    bare: Path

    @classmethod
    def at(cls, folder: Path, bare: Path) -> Repository:
        """An empty repository in ``folder`` that pushes to ``bare``."""
        folder.mkdir(exist_ok=True)
        repository = cls(folder, bare)
        subprocess.run([*_GIT, "init", "--quiet", "--bare", str(bare)], check=True)
        repository.git("init", "--quiet")
        return repository

    def commit(self, message: str) -> str:
        """Commit what is in the folder."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def push(self, message: str) -> str:
        """Commit what is in the folder and push it; the commit."""
        commit = self.commit(message)
        self.git("push", "--quiet", "--force", str(self.bare), "HEAD:main")
        return commit

    def git(self, *words: str) -> str:
        """A git command in the working copy."""
        done = subprocess.run([*_GIT, *words], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()


class Fleet:
    """What tests ask and do."""

    def __init__(
        self, environment: str, repository: Repository, server: ApiServer, recorder: Recorder, double: Double, web: Web
    ) -> None:
        self.environment = environment
        self.repository = repository
        self.server = server
        self.recorder = recorder
        self.double = double
        self.web = web
        self.folder = repository.folder / "clusters" / environment

    def predicted(self) -> Cluster:
        """The cluster as nimfleet sees it in the working copy."""
        (cluster,) = load_clusters([self.folder], root=self.repository.folder)
        return cluster

    def render(self) -> None:
        """``nimfleet render``, with charts for what it names."""
        nimfleet("render", self.environment, cwd=self.repository.folder)
        self.serve_charts()

    def serve_charts(self) -> None:
        """Have every chart that the environment names."""
        for name, version in charts.wanted(item.value for item in self.predicted().objects):
            if (name, version) not in self.web.charts:
                self.web.charts[name, version] = charts.chart(name, version)

    def push(self, message: str) -> str:
        """Push the working copy, and tell Flux; returns when Flux has fetched the commit."""
        commit = self.repository.push(message)
        self.request(SOURCES, "GitRepository", FLUX_NAMESPACE)
        self.wait(
            lambda: commit in str(_artifact(self.get(SOURCES, "GitRepository", FLUX_NAMESPACE))),
            WAIT_SECONDS,
            f"fetched {message}",
        )
        return commit

    def request(self, group: str, kind: str, name: str) -> None:
        """What `flux reconcile` does."""
        value = self.get(group, kind, name)
        assert value is not None
        resource = self.server.resource(value)
        assert resource is not None
        body = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": str(time.time_ns())}}}
        answer = self.server.request(
            "PATCH",
            resource.path(FLUX_NAMESPACE, name),
            json.dumps(body).encode(),
            "application/merge-patch+json",
        )
        assert answer.status == 200, answer.message

    def get(self, group: str, kind: str, name: str, namespace: str = FLUX_NAMESPACE) -> Mapping[str, Any] | None:
        """An object as the recorder saw it last."""
        return self.recorder.get((group, kind, namespace, name))

    def kustomization(self, name: str) -> Mapping[str, Any]:
        """A Flux Kustomization that must be there."""
        value = self.get(KUSTOMIZATIONS, "Kustomization", name)
        assert value is not None, f"there is no Kustomization {name}"
        return value

    def applied(self, name: str, commit: str) -> bool:
        """Whether a Kustomization is ready at a commit."""
        value = self.get(KUSTOMIZATIONS, "Kustomization", name)
        if value is None or not is_ready(KUSTOMIZATIONS, "Kustomization", value):
            return False
        return commit in str(value["status"].get("lastAppliedRevision"))

    def wait_ready(self, commit: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait until every Kustomization that nimfleet predicts is ready at ``commit``."""
        names = [unit.id.name for unit in self.predicted().units]
        self.wait(lambda: all(self.applied(name, commit) for name in names), seconds, "every Kustomization ready")

    def wait_failed(self, name: str, commit: str, seconds: float = WAIT_SECONDS) -> str:
        """Wait until a Kustomization failed at ``commit``; what it says."""

        def failed() -> bool:
            value = self.kustomization(name)
            found = condition(value, "Ready")
            attempted = str(value.get("status", {}).get("lastAttemptedRevision"))
            return (
                found.get("status") == "False" and commit in attempted and found.get("reason") != "DependencyNotReady"
            )

        self.wait(failed, seconds, f"Kustomization {name} fails")
        return str(condition(self.kustomization(name), "Ready").get("message"))

    def wait(self, test: Any, seconds: float, what: str) -> None:
        """Wait for something.

        Raises:
            FleetError: it did not happen; says what Flux's objects say.
        """
        if not self.recorder.wait(test, seconds):
            raise FleetError(f"not in {seconds} seconds: {what}\n{self.report()}")

    def report(self) -> str:
        """What is not ready, and why."""
        lines: list[str] = list(self.double.errors[-3:])
        for group, kinds in (
            (SOURCES, ("GitRepository", "HelmRepository", "OCIRepository", "HelmChart")),
            (KUSTOMIZATIONS, ("Kustomization",)),
            (HELM, ("HelmRelease",)),
        ):
            for kind in kinds:
                for value in self.recorder.all(group, kind):
                    if not is_ready(group, kind, value):
                        found = condition(value, "Ready")
                        lines.append(
                            f"{kind} {value['metadata']['name']}: {found.get('reason')}: {found.get('message')}"
                        )
        for name in CONTROLLERS:
            log = self.server.folder / f"{name}.log"
            text = log.read_text("utf-8", "replace") if log.exists() else "no log"
            lines += [f"{name}: {line[:600]}" for line in text.splitlines() if '"level":"error"' in line][-3:]
        return "\n".join(lines)


def _artifact(value: Mapping[str, Any] | None) -> Any:
    return ((value or {}).get("status") or {}).get("artifact", {}).get("revision")


def nimfleet(*words: str, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """The command, as people run it."""
    program = PROJECT / ".venv" / "bin" / "nimfleet"
    # What it leaves when it is killed is beside the repository, which goes, too.
    variables = {**os.environ, "TMPDIR": str(cwd.parent)}
    done = subprocess.run([str(program), *words], cwd=cwd, env=variables, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise FleetError(f"nimfleet {' '.join(words)}: {done.stdout}{done.stderr}")
    return done


def copied(environment: str, folder: Path, url: str) -> None:
    """One of this project's environments as a repository of its own, with Flux's URL replaced in environment.yaml."""
    target = folder / "clusters" / environment
    target.mkdir(parents=True)
    text = (PROJECT / "clusters" / environment / "environment.yaml").read_text("utf-8")
    old = "url: ssh://git@github.com/example/nim-gitops"
    assert old in text
    (target / "environment.yaml").write_text(text.replace(old, f"url: {url}"), encoding="utf-8")
    custom = PROJECT / "clusters" / environment / "custom"
    if custom.exists():
        shutil.copytree(custom, target / "custom")


def redirect(folder: Path, web: Web) -> None:
    """Have the environment's charts come from ``web``: a Component in ``custom/sources``, as a user of a mirror has."""
    target = folder / "custom" / "sources"
    target.mkdir(parents=True, exist_ok=True)
    patches: list[dict[str, Any]] = []
    for path in sorted((folder / "sources").glob("*.yaml")):
        for document in parse(path.read_text("utf-8"), path.name).documents:
            value: Any = document.value
            if value["kind"] in {"HelmRepository", "OCIRepository"}:
                oci = value["kind"] == "OCIRepository"
                spec = {"url": web.oci_url(value["spec"]["url"].rpartition("/")[2]), "insecure": True} if oci else {
                    "url": web.helm_url
                }  # fmt: skip
                head = {"apiVersion": value["apiVersion"], "kind": value["kind"]}
                name = {"name": value["metadata"]["name"], "namespace": value["metadata"]["namespace"]}
                patches.append({"patch": dump({**head, "metadata": name, "spec": spec})})
    component = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", "patches": patches}
    (target / "kustomization.yaml").write_text(dump(component), encoding="utf-8")


@contextlib.contextmanager
def flux(environment: str, make: Any, secrets: Mapping[str, tuple[str, ...]]) -> Iterator[Fleet]:
    """A control plane with Flux, and a repository with one environment that is not applied yet.

    ``make(folder, url)`` writes the repository; ``secrets`` are made by hand, by namespace.
    """
    programs = controllers()
    assert programs is not None
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(running())
        # Inside the folder that is gone even after a crash.
        served = server.folder / "git"
        served.mkdir()
        web = stack.enter_context(serving(served))
        for project in FLUX:
            server.install(crds(project, newest(project)))
        for name in CONTROLLERS:
            _start(server, programs[name])
        server.post(
            "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": FLUX_NAMESPACE}}
        )
        recorder = Recorder(server)
        stack.callback(recorder.close)
        double = Double(server, recorder, {**secrets, FLUX_NAMESPACE: (FLUX_NAMESPACE,)})
        stack.callback(double.close)
        repository = Repository.at(server.folder / "repository", served / "fleet.git")
        make(repository.folder, web.git_url("fleet.git"))
        nimfleet("render", environment, cwd=repository.folder)
        redirect(repository.folder / "clusters" / environment, web)
        fleet = Fleet(environment, repository, server, recorder, double, web)
        fleet.render()
        yield fleet


def bootstrap(fleet: Fleet) -> str:
    """What a person does: push, and `kubectl apply` Flux's entry. Waits until everything is ready; the commit."""
    commit = fleet.repository.push(f"Add {fleet.environment}")
    text = (fleet.folder / "flux-entry.yaml").read_text("utf-8")
    for document in parse(text, "flux-entry.yaml").documents:
        apply(fleet.server, document.value)
    root = (KUSTOMIZATIONS, "Kustomization", FLUX_NAMESPACE)
    fleet.wait(lambda: fleet.get(*root) is not None, WAIT_SECONDS, "the entry is there")
    fleet.wait_ready(commit)
    return commit


def apply(server: ApiServer, value: Any) -> None:
    """`kubectl apply --server-side`."""
    resource = server.resource(value)
    assert resource is not None, value
    path = resource.path(value["metadata"].get("namespace", ""), value["metadata"]["name"])
    answer = server.request(
        "PATCH",
        f"{path}?fieldManager=e2e&fieldValidation=Strict",
        json.dumps(value).encode(),
        "application/apply-patch+yaml",
    )
    assert answer.status in (200, 201), answer.message


def _start(server: ApiServer, program: Path) -> None:
    arguments = [
        "--events-addr=",
        "--metrics-addr=0",
        "--health-addr=0",
        "--log-level=info",
        # How soon Flux looks again whether what it waits for is there. What it does then is the same.
        "--requeue-dependency=250ms",
        "--min-retry-delay=50ms",
    ]
    if program.name == "source-controller":
        (port,) = server.processes.ports(1)
        storage = server.folder / "artifacts"
        storage.mkdir()
        address = f"127.0.0.1:{port}"
        arguments += [f"--storage-path={storage}", f"--storage-addr={address}", f"--storage-adv-addr={address}"]
    server.start([str(program), *arguments], {"RUNTIME_NAMESPACE": FLUX_NAMESPACE})


def key_of(item: Any) -> Key:
    """The recorder's key of one of nimfleet's objects."""
    found: Key = item.id.unversioned
    return found
