"""A real kube-apiserver with its etcd, as plain processes on 127.0.0.1, in a folder that is gone afterwards.

Other programs can be started beside them, with a kubeconfig for the server.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import secrets
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from supervisor import remove

PROJECT = Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 300
"""In which the server comes up, or serves a new kind; without load both take a few."""
REQUEST_SECONDS = 120
NAMESPACE = "verdict"

# Admission that asks for what only a whole cluster has. What is left judges objects by themselves.
_NO_ADMISSION = (
    "ServiceAccount",
    "Priority",
    "RuntimeClass",
    "DefaultStorageClass",
    "DefaultIngressClass",
    "LimitRanger",
    "ResourceQuota",
    "StorageObjectInUseProtection",
)


class ServerError(RuntimeError):
    """The control plane did not come up, or answered what it should not."""


class EndedError(ServerError):
    """A program that should run has ended."""


def binaries() -> Path | None:
    """The folder with ``kube-apiserver`` and ``etcd``, newest version first; None before ``tools/e2e/build.sh``."""
    built = (PROJECT / ".cache" / "e2e").glob("*/kube-apiserver")
    found = [path.parent for path in built if (path.parent / "etcd").exists()]
    return max(found, key=lambda path: [int(part) for part in path.name.split(".")], default=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """HTTP status and body of one request."""

    status: int
    body: dict[str, Any]

    @property
    def message(self) -> str:
        return str(self.body.get("message", ""))


@dataclass(frozen=True, slots=True)
class Resource:
    """Where objects of a kind are posted."""

    prefix: str
    plural: str
    namespaced: bool

    @property
    def everywhere(self) -> str:
        """The objects of all namespaces."""
        return f"{self.prefix}/{self.plural}"

    def path(self, namespace: str, name: str = "") -> str:
        middle = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced else ""
        return f"{self.prefix}{middle}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


class Processes:
    """What runs in ``folder``, and ends when we do in whatever way."""

    def __init__(self, folder: Path, supervisor: subprocess.Popen[bytes], held: contextlib.ExitStack) -> None:
        self.folder = folder
        self._supervisor = supervisor
        self._held = held

    def start(self, *commands: Sequence[str], variables: Mapping[str, str] | None = None) -> None:
        """Start programs; the output of each is in ``folder``/<program>.log.

        Raises:
            EndedError: one that was started before has ended.
        """
        processes = [{"command": list(command), "variables": dict(variables or {})} for command in commands]
        assert self._supervisor.stdin is not None
        try:
            self._supervisor.stdin.write(json.dumps(processes).encode() + b"\n")
            self._supervisor.stdin.flush()
        except BrokenPipeError:
            self._supervisor.wait()
            self.check()

    def check(self) -> None:
        """See that all are running.

        Raises:
            EndedError: one has ended; says what its log says last.
        """
        for ended in sorted(self.folder.glob("*.ended")):
            log = ended.with_suffix(".log").read_text("utf-8", "replace")
            raise EndedError(f"{ended.stem} has ended ({ended.read_text('utf-8')}), and said last:\n{log[-2000:]}")
        if self._supervisor.poll() is not None:
            raise EndedError(f"whoever watches over {self.folder} has ended, and with it what ran there")

    def ports(self, count: int) -> list[int]:
        """Free ports of 127.0.0.1, which nobody else is given until these processes end."""
        sockets = [socket.socket() for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        found: list[int] = [one.getsockname()[1] for one in sockets]
        for one in sockets:
            if sys.platform == "linux":
                # Linux lets another socket with this option listen where this one is only bound, and gives the port
                # to nobody who asks for any, or connects.
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                self._held.callback(one.close)
            else:
                one.close()
        return found


class ApiServer:
    """A running server. Requests may come from many threads: each keeps a connection of its own."""

    def __init__(self, port: int, token: str, certificate: Path, processes: Processes) -> None:
        self._port = port
        self._token = token
        self._certificate = certificate
        self._context = ssl.create_default_context(cafile=str(certificate))
        self._local = threading.local()
        self._resources: Mapping[tuple[str, str], Resource] = {}
        self._learning = threading.Lock()
        self.version = ""
        self.processes = processes

    @property
    def folder(self) -> Path:
        """Where its processes work, which is gone when they are."""
        return self.processes.folder

    def start(self, command: Sequence[str], variables: Mapping[str, str] | None = None) -> None:
        """Start a program that ends when the server does; its output is in ``folder``/<program>.log.

        ``KUBECONFIG``, ``HOME`` and ``TMPDIR`` lie in ``folder``."""
        kubeconfig = self.folder / "kubeconfig"
        if not kubeconfig.exists():
            kubeconfig.touch(mode=0o600)
            kubeconfig.write_text(json.dumps(self._kubeconfig()), encoding="utf-8")
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        own = {"KUBECONFIG": str(kubeconfig), "HOME": str(temporary), "TMPDIR": str(temporary)}
        self.processes.start(command, variables={**own, **(variables or {})})

    def _kubeconfig(self) -> dict[str, Any]:
        cluster = {"server": f"https://127.0.0.1:{self._port}", "certificate-authority": str(self._certificate)}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "e2e", "cluster": cluster}],
            "users": [{"name": "e2e", "user": {"token": self._token}}],
            "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": "e2e"}}],
            "current-context": "e2e",
        }

    def lines(self, path: str) -> tuple[http.client.HTTPSConnection, http.client.HTTPResponse]:
        """A GET that is answered line by line, such as a watch; the caller closes the connection."""
        connection = http.client.HTTPSConnection("127.0.0.1", self._port, timeout=600, context=self._context)
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        try:
            connection.request("GET", path, headers=headers)
            return connection, connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def request(self, method: str, path: str, body: bytes | None = None, content: str = "application/json") -> Answer:
        """One request; a connection that the server has closed meanwhile is opened again.

        Raises:
            EndedError: nobody answers, for the server or a program beside it has ended.
        """
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": content, "Accept": "application/json"}
        for attempt in (1, 2, 3):
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = http.client.HTTPSConnection(
                    "127.0.0.1", self._port, timeout=REQUEST_SECONDS, context=self._context
                )
                self._local.connection = connection
            try:
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                raw = response.read()
            except (http.client.HTTPException, OSError):
                connection.close()
                self._local.connection = None
                # Who was killed has closed its connections before anybody is told.
                for _ in range(20 if attempt == 3 else 1):
                    self.processes.check()
                    time.sleep(0.05)
                if attempt == 3:
                    raise
                continue
            try:
                parsed = json.loads(raw)
            except ValueError:
                parsed = {"message": raw.decode("utf-8", "replace")}
            return Answer(response.status, parsed if isinstance(parsed, dict) else {"message": str(parsed)})
        raise AssertionError("unreachable")

    def post(self, path: str, value: Mapping[str, Any]) -> Answer:
        """Create ``value`` for real."""
        return self.request("POST", path, json.dumps(value).encode())

    def discover(self) -> None:
        """Learn what is served, by apiVersion and kind.

        Raises:
            ServerError: the server does not say.
        """
        self._learn(["v1", *self._versions()])
        self.version = str(self._said("/version")["gitVersion"])

    def _said(self, path: str) -> dict[str, Any]:
        answer = self.request("GET", path)
        if answer.status != 200:
            raise ServerError(f"{path}: {answer.status} {answer.message}")
        return answer.body

    def _versions(self) -> list[str]:
        """What the server lists, but for the core."""
        groups = self._said("/apis")["groups"]
        return [version["groupVersion"] for group in groups for version in group["versions"]]

    def _learn(self, versions: Iterable[str]) -> None:
        found: dict[tuple[str, str], Resource] = {}
        for api_version in versions:
            prefix = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
            # One that has just been announced may have nothing to say yet.
            for item in self.request("GET", prefix).body.get("resources", ()):
                if "/" not in item["name"] and "create" in item["verbs"]:
                    found[api_version, item["kind"]] = Resource(prefix, item["name"], item["namespaced"])
        with self._learning:  # others may be reading what was known before
            self._resources = {**self._resources, **found}

    def await_kind(self, api_version: str, kind: str) -> Resource:
        """Wait until a kind is served and known; where it is.

        Raises:
            ServerError: it is not, in time.
        """
        # The server serves a kind before it says so: whoever looks in between finds no such kind.
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self._learn([api_version])
            found = self._resources.get((api_version, kind))
            if found is not None and self.request("GET", f"{found.everywhere}?limit=1").status == 200:
                return found
            time.sleep(0.05)
        raise ServerError(f"{api_version} {kind} is not served {READY_SECONDS} seconds after it was announced")

    @property
    def resources(self) -> Mapping[tuple[str, str], Resource]:
        """By apiVersion and kind, what :meth:`discover` has found."""
        return self._resources

    def resource(self, value: Any) -> Resource | None:
        """Where ``value`` belongs by its apiVersion and kind; None when nothing is served for them."""
        if not isinstance(value, Mapping):
            return None
        key = (value.get("apiVersion"), value.get("kind"))
        return self._resources.get(key) if all(isinstance(part, str) for part in key) else None  # type: ignore[arg-type]

    def install(self, crds: Iterable[Mapping[str, Any]]) -> None:
        """Create CRDs and wait until each served version answers, and everybody is told that it does.

        Raises:
            ServerError: one is refused, or does not get established in time.
        """
        kinds = set()
        for crd in crds:
            answer = self.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
            if answer.status != 201:
                raise ServerError(f"{crd['metadata']['name']} is refused: {answer.message}")
            spec = crd["spec"]
            served = [version["name"] for version in spec["versions"] if version["served"]]
            kinds |= {(f"{spec['group']}/{version}", spec["names"]["kind"]) for version in served}
        for kind in sorted(kinds):
            self.await_kind(*kind)
        deadline = time.monotonic() + READY_SECONDS
        while missing := {api_version for api_version, _ in kinds} - set(self._versions()):
            if time.monotonic() > deadline:
                raise ServerError(f"the server does not list {sorted(missing)}")
            time.sleep(0.05)


@contextlib.contextmanager
def running(folder: Path | None = None, flags: Sequence[str] = ()) -> Iterator[ApiServer]:
    """Start a control plane from the binaries in ``folder`` (default: the newest built), and end it; ``flags`` are
    given to kube-apiserver.

    Raises:
        ServerError: there are no binaries, or it does not get ready.
    """
    folder = folder or binaries()
    if folder is None:
        raise ServerError("kube-apiserver is not built: run tools/e2e/build.sh")
    with contextlib.ExitStack() as stack:
        for attempt in (1, 2, 3):
            # Where ports are not held, somebody else may take one before etcd does.
            with contextlib.ExitStack() as this:
                processes = this.enter_context(supervised())
                commands, secure, token = _prepare(folder, processes)
                processes.start(commands[0], [*commands[1], *flags])
                try:
                    server = _wait(processes, secure, token)
                except EndedError:
                    if attempt == 3:
                        raise
                    continue
                stack.enter_context(this.pop_all())
                break
        yield server


@contextlib.contextmanager
def supervised() -> Iterator[Processes]:
    """A new folder and the programs in it; both are gone afterwards, and should we be killed."""
    # By name, and made not before there is somebody to remove it.
    work = Path(tempfile.gettempdir()) / f"nimfleet-e2e-{secrets.token_hex(8)}"
    with contextlib.ExitStack() as held:
        supervisor = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("supervisor.py")), str(work)],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C ends us, and by that the supervisor's input
        )
        try:
            work.mkdir(mode=0o700)
            yield Processes(work, supervisor, held)
        finally:
            assert supervisor.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                supervisor.stdin.close()
            supervisor.wait()
            # It may have been killed itself.
            remove(work)


def _prepare(folder: Path, processes: Processes) -> tuple[list[list[str]], int, str]:
    client, peer, secure = processes.ports(3)
    work = processes.folder
    token = secrets.token_hex(16)
    (work / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n', encoding="utf-8")
    (work / "tokens.csv").chmod(0o600)
    (work / "accounts.key").write_text(_private_key(), encoding="ascii")
    (work / "accounts.key").chmod(0o600)
    etcd = [
        str(folder / "etcd"),
        f"--data-dir={work / 'data'}",
        f"--listen-client-urls=http://127.0.0.1:{client}",
        f"--advertise-client-urls=http://127.0.0.1:{client}",
        f"--listen-peer-urls=http://127.0.0.1:{peer}",
        f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
        f"--initial-cluster=default=http://127.0.0.1:{peer}",
        "--unsafe-no-fsync",
        "--log-level=error",
    ]
    server = [
        str(folder / "kube-apiserver"),
        f"--etcd-servers=http://127.0.0.1:{client}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={secure}",
        f"--cert-dir={work / 'certificates'}",
        "--endpoint-reconciler-type=none",
        f"--disable-admission-plugins={','.join(_NO_ADMISSION)}",
        "--allow-privileged=true",
        "--authorization-mode=RBAC",
        f"--token-auth-file={work / 'tokens.csv'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={work / 'accounts.key'}",
        f"--service-account-signing-key-file={work / 'accounts.key'}",
        "--service-cluster-ip-range=10.0.0.0/16",
        "--max-requests-inflight=0",
        "--max-mutating-requests-inflight=0",
        "--enable-priority-and-fairness=false",
        "--v=0",
    ]
    return [etcd, server], secure, token


def _wait(processes: Processes, port: int, token: str) -> ApiServer:
    """The server, once it is ready and has our namespace.

    Raises:
        EndedError: a program has ended.
        ServerError: the server is not ready in time; says what the logs say last.
    """
    certificate = processes.folder / "certificates" / "apiserver.crt"
    deadline = time.monotonic() + READY_SECONDS
    server: ApiServer | None = None
    while time.monotonic() < deadline:
        time.sleep(0.1)
        processes.check()
        if server is None:
            if not certificate.exists():
                continue
            with contextlib.suppress(ssl.SSLError, OSError):
                server = ApiServer(port, token, certificate, processes)
            continue
        with contextlib.suppress(OSError, http.client.HTTPException):
            if server.request("GET", "/readyz").status == 200:
                server.discover()
                namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
                # Conflict: an answer was lost, and the request was made again.
                if server.post("/api/v1/namespaces", namespace).status in (201, 409):
                    return server
    logs = sorted(processes.folder.glob("*.log"))
    said = "\n".join(f"{log.name}: {log.read_text('utf-8', 'replace')[-1000:]}" for log in logs)
    raise ServerError(f"the API server is not ready after {READY_SECONDS} seconds:\n{said}")


def _private_key() -> str:
    """A new P-256 private key as PEM (RFC 5915; the public half is computed by whoever reads it)."""
    number = os.urandom(32)
    curve = bytes.fromhex("06082a8648ce3d030107")
    body = bytes.fromhex("020101") + b"\x04\x20" + number + b"\xa0" + bytes([len(curve)]) + curve
    der = b"\x30" + bytes([len(body)]) + body
    label = "EC PRIVATE KEY"
    return f"-----BEGIN {label}-----\n{base64.b64encode(der).decode()}\n-----END {label}-----\n"
