"""Ask a real kube-apiserver which changes of living objects it refuses, as Flux would apply them, and record it.

Run by hand after `tools/e2e/build.sh`, when update_bases.yaml or update_mutations.py has changed:
`.venv/bin/python tests/transition/record_updates.py`.
"""

from __future__ import annotations

import copy
import json
import sys
from http.client import HTTPException
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "verdict"))

from apiserver import Answer, ApiServer, running
from update_mutations import RECORDED, Mutation, bases, mutations

_NAMESPACE = "verdict"
_TAKEN = (200, 201)
# Not about the change: what belongs to the cluster (claims grow only with a class, ports are somebody's).
_ELSEWHERE = ("already allocated", "only dynamically provisioned pvc")


def apply(server: ApiServer, value: Any, *, dry: bool) -> Answer:
    """Apply on the server's side, as kustomize-controller does."""
    resource = server.resource(value)
    assert resource is not None, value["kind"]
    query = "?fieldManager=kustomize-controller&force=true" + ("&dryRun=All" if dry else "")
    path = resource.path(_NAMESPACE, value["metadata"]["name"]) + query
    try:
        return server.request("PATCH", path, json.dumps(value).encode(), "application/apply-patch+yaml")
    except (HTTPException, OSError):
        return Answer(500, {"message": "the server hung up"})


def valid_alone(server: ApiServer, value: Any) -> bool:
    """Whether the server would take it as a new object."""
    fresh = copy.deepcopy(value)
    fresh["metadata"]["name"] = "fresh"
    if fresh["kind"] == "Service" and "spec" in fresh:
        fresh["spec"].pop("healthCheckNodePort", None)
        if str(fresh["spec"].get("clusterIP", "")).startswith("10."):
            fresh["spec"]["clusterIP"] = "10.0.99.1"
        for port in fresh["spec"].get("ports", ()):
            port.pop("nodePort", None)
    return apply(server, fresh, dry=True).status in _TAKEN


def bind(server: ApiServer, claim: Any) -> None:
    """Let a claim look bound, which decides what may change."""
    resource = server.resource(claim)
    assert resource is not None
    status = {"status": {"phase": "Bound", "capacity": {"storage": "5Gi"}}}
    path = resource.path(_NAMESPACE, claim["metadata"]["name"]) + "/status"
    server.request("PATCH", path, json.dumps(status).encode(), "application/merge-patch+json")


def asked(server: ApiServer, base: Any, mutation: Mutation) -> bool | None:
    """Whether the change is refused; None when it says nothing about changes."""
    value = mutation.of(base)
    if not valid_alone(server, value):
        return None
    answer = apply(server, value, dry=True)
    if answer.status >= 500 or any(words in answer.message for words in _ELSEWHERE):
        return None
    return answer.status not in _TAKEN


def main() -> None:
    lines = []
    with running() as server:
        lines.append(json.dumps({"server": server.version}))
        for base in bases().values():
            created = apply(server, base, dry=False)
            assert created.status in _TAKEN, created.message
            if base["kind"] == "PersistentVolumeClaim":
                bind(server, base)
            for mutation in mutations(base):
                refused = asked(server, base, mutation)
                if refused is not None:
                    lines.append(json.dumps([mutation.name, mutation.where, mutation.value, refused]))
    RECORDED.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines) - 1} changes recorded")


if __name__ == "__main__":
    main()
