"""A probe asks where the model does not answer.

## What it checks

The `httpGet` of the startup, liveness and readiness probes of a NIMService, or of an enabled service of a NIMPipeline:
its port is one of the service (`expose.service.port`, which is 8000 by default, `grpcPort` or `metricsPort`, or
`NIM_SERVER_PORT` of `env`), and its path is none that a NIM does not have, such as `/healthz`, or a misspelt one below
`/v1/health/`.

## Why it matters

The operator takes the probe as it is. Where nothing answers, a startup or liveness probe makes the kubelet kill the
model again and again, and a readiness probe keeps it out of its Service for ever.

## Example

```yaml
kind: NIMService
spec:
  expose:
    service:
      port: 8000
  startupProbe:
    probe:
      httpGet:
        path: /healthz
        port: 8080
```

## Use instead

```yaml
httpGet:
  path: /v1/health/ready
  port: api
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, mapping, sequence, text, whole
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService

_DEFAULT_PORT = 8000
_HEALTH = "/v1/health/"
_PATHS = ("/v1/health/live", "/v1/health/ready")
_OF_OTHERS = frozenset({"/", "/healthz", "/livez", "/readyz", "/health/live", "/health/ready", "/healthcheck"})
"""Usual paths of other servers. vLLM's own `/health` is left alone: images that wrap it may have it."""


@rule(
    "admission/nimservice-probe",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, api/apps/v1alpha1/nimservice_types.go: GetDefaultStartupProbe, GetStandardEnv; NVIDIA "
        "NIM for LLMs, health endpoints"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """Ports and paths of every probe."""
    ports = _ports(subject.spec)
    for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
        if get(subject.spec, kind, "enabled") is False:
            continue
        at = (kind, "probe", "httpGet")
        request = get(subject.spec, *at)
        if not isinstance(request, dict):
            continue
        # The API server's default of a path is the root.
        port, path = whole(request.get("port")), text(request.get("path")) or "/"
        if port is not None and ports and port not in ports:
            message = (
                f"the {_called(kind)} asks port {port}, and the model listens on {ports[0]}: write `port: {ports[0]}`"
            )
            yield hit(subject, message, *at, "port")
        if path in _OF_OTHERS or (path.startswith(_HEALTH) and path.rstrip("/") not in _PATHS):
            right = _PATHS[0] if kind == "livenessProbe" else _PATHS[1]
            message = f"the {_called(kind)} asks for `{path}`, which a NIM does not have: write `path: {right}`"
            yield hit(subject, message, *at, "path")


def _ports(spec: Any) -> list[int]:
    """Ports on which the model listens, the usual one first; empty where that is not known."""
    for entry in sequence(get(spec, "env")):
        if get(entry, "name") == "NIM_SERVER_PORT":
            value = text(get(entry, "value"))
            return [int(value)] if value.isascii() and value.isdecimal() else []
    service = mapping(get(spec, "expose", "service"))
    found = [whole(service.get(name)) for name in ("port", "grpcPort", "metricsPort")]
    return [found[0] or _DEFAULT_PORT, *(port for port in found[1:] if port is not None)]


def _called(kind: str) -> str:
    return f"{kind.removesuffix('Probe')} probe"
