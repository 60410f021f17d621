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
from typing import IO, Any
from urllib.parse import quote

PROJECT = Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 120
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

    def path(self, namespace: str, name: str = "") -> str:
        middle = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced else ""
        return f"{self.prefix}{middle}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


class ApiServer:
    """A running server. Requests may come from many threads: each keeps a connection of its own."""

    def __init__(self, port: int, token: str, certificate: Path) -> None:
        self._port = port
        self._token = token
        self._certificate = certificate
        self._context = ssl.create_default_context(cafile=str(certificate))
        self._local = threading.local()
        self._resources: dict[tuple[str, str], Resource] = {}
        self.version = ""
        self.folder = certificate.parent.parent
        """Where its processes work, which is gone when they are."""
        self.supervisor: IO[bytes] | None = None

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
        assert self.supervisor is not None
        process = {"command": list(command), "variables": {**own, **(variables or {})}}
        self.supervisor.write(json.dumps([process]).encode() + b"\n")
        self.supervisor.flush()

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
        connection.request(
            "GET", path, headers={"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        )
        return connection, connection.getresponse()

    def request(self, method: str, path: str, body: bytes | None = None, content: str = "application/json") -> Answer:
        """One request; a connection that the server has closed meanwhile is opened again."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": content, "Accept": "application/json"}
        for attempt in (1, 2, 3):
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = http.client.HTTPSConnection("127.0.0.1", self._port, timeout=60, context=self._context)
                self._local.connection = connection
            try:
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                raw = response.read()
            except (http.client.HTTPException, OSError):
                connection.close()
                self._local.connection = None
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
        """Learn what is served, by apiVersion and kind."""
        groups = self.request("GET", "/apis").body["groups"]
        prefixes = {"v1": "/api/v1"} | {
            version["groupVersion"]: f"/apis/{version['groupVersion']}"
            for group in groups
            for version in group["versions"]
        }
        for api_version, prefix in prefixes.items():
            for item in self.request("GET", prefix).body.get("resources", ()):
                if "/" not in item["name"] and "create" in item["verbs"]:
                    self._resources[api_version, item["kind"]] = Resource(prefix, item["name"], item["namespaced"])
        self.version = str(self.request("GET", "/version").body["gitVersion"])

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
        """Create CRDs and wait until each served version answers.

        Raises:
            ServerError: one is refused, or does not get established in time.
        """
        waiting = []
        for crd in crds:
            answer = self.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
            if answer.status != 201:
                raise ServerError(f"{crd['metadata']['name']} is refused: {answer.message}")
            spec = crd["spec"]
            waiting += [
                f"/apis/{spec['group']}/{version['name']}/{spec['names']['plural']}?limit=1"
                for version in spec["versions"]
                if version["served"]
            ]
        deadline = time.monotonic() + READY_SECONDS
        for path in waiting:
            while self.request("GET", path).status != 200:
                if time.monotonic() > deadline:
                    raise ServerError(f"{path} is not served {READY_SECONDS} seconds after its CRD was created")
                time.sleep(0.05)
        self.discover()


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
    failure = ""
    for _ in range(3):  # somebody else may take a free port before etcd does
        work = Path(tempfile.mkdtemp(prefix="nimfleet-e2e-"))
        commands, server = _prepare(folder, work)
        commands[-1] += flags
        supervisor = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("supervisor.py")), str(work)],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C ends us, and by that the supervisor's input
        )
        assert supervisor.stdin is not None
        try:
            processes = [{"command": command, "variables": {}} for command in commands]
            supervisor.stdin.write(json.dumps(processes).encode() + b"\n")
            supervisor.stdin.flush()
            instance = _wait(server, work)
            if isinstance(instance, ApiServer):
                instance.supervisor = supervisor.stdin
                yield instance
                return
            failure = instance
        finally:
            supervisor.stdin.close()
            supervisor.wait()
    raise ServerError(f"the API server did not get ready: {failure}")


def _prepare(folder: Path, work: Path) -> tuple[list[list[str]], tuple[int, str]]:
    client, peer, secure = free_ports(3)
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
    return [etcd, server], (secure, token)


def _wait(address: tuple[int, str], work: Path) -> ApiServer | str:
    """The server once it is ready and has our namespace; else what its log says last."""
    certificate = work / "certificates" / "apiserver.crt"
    deadline = time.monotonic() + READY_SECONDS
    server: ApiServer | None = None
    while time.monotonic() < deadline:
        time.sleep(0.1)
        if server is None:
            if not certificate.exists():
                continue
            with contextlib.suppress(ssl.SSLError, OSError):
                server = ApiServer(*address, certificate)
            continue
        with contextlib.suppress(OSError, http.client.HTTPException):
            if server.request("GET", "/readyz").status == 200:
                server.discover()
                namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
                if server.post("/api/v1/namespaces", namespace).status == 201:
                    return server
    logs = [work / "etcd.log", work / "kube-apiserver.log"]
    return " | ".join(text[-1000:] for log in logs if log.exists() and (text := log.read_text("utf-8", "replace")))


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody uses just now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _private_key() -> str:
    """A new P-256 private key as PEM (RFC 5915; the public half is computed by whoever reads it)."""
    number = os.urandom(32)
    curve = bytes.fromhex("06082a8648ce3d030107")
    body = bytes.fromhex("020101") + b"\x04\x20" + number + b"\xa0" + bytes([len(curve)]) + curve
    der = b"\x30" + bytes([len(body)]) + body
    label = "EC PRIVATE KEY"
    return f"-----BEGIN {label}-----\n{base64.b64encode(der).decode()}\n-----END {label}-----\n"
