"""What Flux fetches, over HTTP on 127.0.0.1: a git repository, a Helm repository and an OCI registry with charts."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_CONFIG = "application/vnd.cncf.helm.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True, slots=True)
class Chart:
    """A packaged chart. ``metadata`` is its Chart.yaml."""

    metadata: dict[str, Any]
    archive: bytes


class Web:
    """What is served where. ``git`` is the folder of bare repositories; ``charts`` may be added to at any time."""

    def __init__(self, git: Path) -> None:
        self.git = git
        self.charts: dict[tuple[str, str], Chart] = {}
        """By name and version."""
        self.address = ""

    def git_url(self, name: str) -> str:
        """Of a repository."""
        return f"http://{self.address}/git/{name}"

    @property
    def helm_url(self) -> str:
        """Of the Helm repository with all charts."""
        return f"http://{self.address}/charts"

    def oci_url(self, chart: str) -> str:
        """Of one chart in the registry; it needs ``insecure: true``."""
        return f"oci://{self.address}/charts/{chart}"

    def index(self) -> bytes:
        """The Helm repository's index.yaml."""
        entries: dict[str, list[dict[str, Any]]] = {}
        for (name, version), chart in sorted(self.charts.items()):
            record = {
                **chart.metadata,
                "urls": [f"{self.helm_url}/{name}-{version}.tgz"],
                "digest": hashlib.sha256(chart.archive).hexdigest(),
                "created": "2026-01-01T00:00:00Z",
            }
            entries.setdefault(name, []).append(record)
        return json.dumps({"apiVersion": "v1", "entries": entries}).encode()

    def manifest(self, name: str, reference: str) -> tuple[bytes, dict[str, bytes]] | None:
        """The OCI manifest of a chart by tag or digest, and its blobs by digest; None when there is none."""
        for (own, version), chart in self.charts.items():
            if own == name:
                config = json.dumps(chart.metadata).encode()
                blobs = {_digest(config): config, _digest(chart.archive): chart.archive}
                descriptors = [
                    {"mediaType": kind, "digest": _digest(blob), "size": len(blob)}
                    for kind, blob in ((_CONFIG, config), (CHART_LAYER, chart.archive))
                ]
                manifest = json.dumps(
                    {"schemaVersion": 2, "mediaType": _MANIFEST, "config": descriptors[0], "layers": descriptors[1:]}
                ).encode()
                if reference in (version, _digest(manifest)):
                    return manifest, blobs
        return None


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web: Web

    def do_GET(self) -> None:
        parts = urlsplit(self.path).path.strip("/").split("/")
        match parts:
            case ["git", *_]:
                self._git(b"")
            case ["charts", "index.yaml"]:
                self._send(200, self.web.index(), "application/yaml")
            case ["charts", file]:
                found = [c for (n, v), c in self.web.charts.items() if file == f"{n}-{v}.tgz"]
                self._send(200, found[0].archive, "application/gzip") if found else self._missing()
            case ["v2"]:
                self._send(200, b"{}", "application/json")
            case ["v2", "charts", name, "manifests", reference]:
                manifest = self.web.manifest(name, reference)
                self._send(200, manifest[0], _MANIFEST) if manifest else self._missing()
            case ["v2", "charts", name, "tags", "list"]:
                tags = sorted(version for own, version in self.web.charts if own == name)
                self._send(200, json.dumps({"name": f"charts/{name}", "tags": tags}).encode(), "application/json")
            case ["v2", "charts", name, "blobs", digest]:
                versions = [version for own, version in self.web.charts if own == name]
                for version in versions:
                    manifest = self.web.manifest(name, version)
                    if manifest and digest in manifest[1]:
                        self._send(200, manifest[1][digest], "application/octet-stream")
                        return
                self._missing()
            case _:
                self._missing()

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b"".join(self._chunks())
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._git(body)

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _git(self, body: bytes) -> None:
        """Hand a request to git's own CGI program."""
        url = urlsplit(self.path)
        variables = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.web.git),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": url.path.removeprefix("/git"),
            "QUERY_STRING": url.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=variables, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
        status = int(headers.pop("Status", "200").split()[0])
        self._send(status, content, headers.get("Content-Type", "text/plain"))

    def _missing(self) -> None:
        self._send(404, b'{"errors": [{"code": "NOT_FOUND"}]}', "application/json")

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if kind == _MANIFEST:
            self.send_header("Docker-Content-Digest", _digest(content))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # all of Flux comes at once


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Web]:
    """Serve the bare repositories in ``folder`` on a free port of 127.0.0.1, and charts."""
    web = Web(folder)
    handler = type("Handler", (_Handler,), {"web": web})
    server = _Server(("127.0.0.1", 0), handler)
    web.address = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
