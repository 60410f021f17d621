"""The objects in an API server against those that nimfleet predicts, field by field."""

from __future__ import annotations

import base64
import copy
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from apiserver import ApiServer
from definitions import store
from fleet import key_of
from recorder import Key

from nimfleet.cluster.model import Cluster, Unit
from nimfleet.repository.model import KubeObject
from nimfleet.schema.check import normalise
from nimfleet.secrets.kubernetes import ENCRYPTED, is_sops

LABEL = "kustomize.toolkit.fluxcd.io"
_SERVERS = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")
_FINALIZED = {
    ("source.toolkit.fluxcd.io", "GitRepository"),
    ("source.toolkit.fluxcd.io", "HelmRepository"),
    ("source.toolkit.fluxcd.io", "OCIRepository"),
    ("kustomize.toolkit.fluxcd.io", "Kustomization"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
}
_REQUESTED = "reconcile.fluxcd.io/requestedAt"
_DECRYPTED = "what SOPS has encrypted"


def differences(cluster: Cluster, server: ApiServer, orphans: Collection[Key] = ()) -> Iterator[str]:
    """Every field that is not as predicted, every object that is missing, and every object that Flux applied and that
    nobody predicted, save for ``orphans``."""
    appliers = {key_of(item): unit for unit in cluster.units for item in unit.objects}
    server.discover()
    for item in cluster.objects:
        resource = server.resource(item.value)
        if resource is None:
            yield f"{item.id}: its kind is not served"
            continue
        answer = server.request("GET", resource.path(item.id.namespace, item.id.name))
        if answer.status != 200:
            yield f"{item.id}: {answer.status} {answer.message}"
            continue
        wanted = expected(cluster, item, appliers.get(key_of(item)))
        yield from (f"{item.id}: {line}" for line in _differ(wanted, _actual(answer.body, item), ""))
    yield from _unexpected(cluster, server, orphans)


def expected(cluster: Cluster, item: KubeObject, unit: Unit | None) -> Any:
    """What the server makes of a predicted object: nimfleet's own defaults, Flux's labels, and what is listed here."""
    value: Any = copy.deepcopy(item.value)
    identity = item.id
    schema = store().find(identity.group, identity.version, identity.kind, cluster.pins)
    if schema is not None:
        value = copy.deepcopy(normalise(value, schema))
    metadata = value["metadata"]
    if unit is not None:
        owner = {f"{LABEL}/name": unit.id.name, f"{LABEL}/namespace": unit.id.namespace}
        metadata["labels"] = {**metadata.get("labels", {}), **owner}
    if (identity.group, identity.kind) in _FINALIZED:
        metadata["finalizers"] = ["finalizers.fluxcd.io"]
    if (identity.group, identity.kind) == ("", "Namespace"):
        metadata["labels"] = {**metadata.get("labels", {}), "kubernetes.io/metadata.name": identity.name}
        value["spec"] = {"finalizers": ["kubernetes"]}
    if (identity.group, identity.kind) == ("", "Secret"):
        value = _stored(value)
    return value


def _stored(secret: dict[str, Any]) -> dict[str, Any]:
    """A Secret as Flux decrypts it and the server keeps it: all in ``data``, and without SOPS' own block. What an encrypted
    value says is not known here."""
    value = {key: part for key, part in secret.items() if key not in ("data", "stringData", "sops")}
    texts = {key: base64.b64encode(part.encode()).decode() for key, part in secret.get("stringData", {}).items()}
    data = {**secret.get("data", {}), **texts}
    return {"type": "Opaque", **value, "data": data | dict.fromkeys(_encrypted(secret), _DECRYPTED)}


def _encrypted(value: Any) -> set[str]:
    """The keys of a Secret that SOPS has encrypted."""
    if not is_sops(value):
        return set()
    entries = {**value.get("data", {}), **value.get("stringData", {})}
    return {key for key, part in entries.items() if part.startswith(ENCRYPTED)}


def _actual(body: dict[str, Any], item: KubeObject) -> Any:
    """What is stored, without what only the server knows, ``status``, and the request to reconcile that tests make."""
    value = {key: part for key, part in body.items() if key != "status"}
    metadata = {key: part for key, part in body["metadata"].items() if key not in _SERVERS}
    annotations = {key: part for key, part in metadata.pop("annotations", {}).items() if key != _REQUESTED}
    if annotations or "annotations" in item.value["metadata"]:
        metadata["annotations"] = annotations
    encrypted = _encrypted(item.value)
    if encrypted:
        data = body.get("data", {})
        plain = {
            key for key in encrypted & data.keys() if not base64.b64decode(data[key]).startswith(ENCRYPTED.encode())
        }
        value["data"] = data | dict.fromkeys(plain, _DECRYPTED)
    return {**value, "metadata": metadata}


def _differ(wanted: Any, actual: Any, at: str) -> Iterator[str]:
    if isinstance(wanted, Mapping) and isinstance(actual, Mapping):
        for key in sorted({*wanted, *actual}):
            if key not in actual:
                yield f"{at}.{key} is not there, and should be {wanted[key]!r}"
            elif key not in wanted:
                yield f"{at}.{key} is {actual[key]!r}, and nothing predicts it"
            else:
                yield from _differ(wanted[key], actual[key], f"{at}.{key}")
    elif isinstance(wanted, list) and isinstance(actual, list) and len(wanted) == len(actual):
        for index, (one, other) in enumerate(zip(wanted, actual, strict=True)):
            yield from _differ(one, other, f"{at}[{index}]")
    elif wanted != actual or isinstance(wanted, bool) is not isinstance(actual, bool):
        yield f"{at} is {actual!r}, and should be {wanted!r}"


def _unexpected(cluster: Cluster, server: ApiServer, orphans: Collection[Key]) -> Iterator[str]:
    """Objects with Flux's label that nobody predicted."""
    predicted = {*orphans, *(key_of(item) for item in cluster.objects)}
    seen: set[str] = set()
    for (api_version, kind), resource in sorted(server.resources.items()):
        path = f"{resource.prefix}/{resource.plural}"
        group = api_version.rpartition("/")[0]
        answer = server.request("GET", f"{path}?labelSelector={LABEL}%2Fname")
        for value in answer.body.get("items", ()) if answer.status == 200 else ():
            metadata = value["metadata"]
            key = (group, kind, metadata.get("namespace", ""), metadata["name"])
            if key not in predicted and metadata["uid"] not in seen:
                seen.add(metadata["uid"])
                owner = metadata["labels"][f"{LABEL}/name"]
                yield f"{kind} {metadata['name']}: Kustomization {owner} applied it, and nothing predicts it"
