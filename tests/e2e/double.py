"""Plays the controllers whose pods do not run here, as far as Flux waits for what they do.

Whose chart is not installed, or whose Deployment is not ready, does nothing. Conditions are the controllers' own: an
object becomes ready when what it names is.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from apiserver import ApiServer
from recorder import NIM, Key, Recorder, is_ready

STORES = "external-secrets.io"
KARPENTER = "karpenter.sh"
NODE_CLASS = "karpenter.k8s.aws"
CERTIFICATES = "cert-manager.io"
_SINCE = "2026-01-01T00:00:00Z"
_INTERVAL = 0.25

Object = Mapping[str, Any]


class Double:
    """A thread. ``failing`` are objects (kind and name) that end in failure; ``secrets`` are made by hand: namespace
    to names, as soon as the namespace is there."""

    def __init__(self, server: ApiServer, recorder: Recorder, secrets: Mapping[str, tuple[str, ...]]) -> None:
        self.failing: set[tuple[str, str]] = set()
        self.errors: list[str] = []
        self._server = server
        self._recorder = recorder
        self._secrets = secrets
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        played: tuple[tuple[str, str, str, Callable[[Object], bool]], ...] = (
            ("external-secrets", STORES, "SecretStore", lambda _: True),
            ("external-secrets", STORES, "ClusterSecretStore", lambda _: True),
            ("external-secrets", STORES, "ExternalSecret", self._external_secret),
            ("karpenter", NODE_CLASS, "EC2NodeClass", lambda _: True),
            ("karpenter", KARPENTER, "NodePool", self._node_pool),
            ("cert-manager", CERTIFICATES, "Issuer", lambda _: True),
            ("cert-manager", CERTIFICATES, "ClusterIssuer", lambda _: True),
            ("cert-manager", CERTIFICATES, "Certificate", lambda _: True),
            ("k8s-nim-operator", NIM, "NIMCache", self._cache),
            ("k8s-nim-operator", NIM, "NIMService", lambda value: self._serves(value, value["spec"])),
            ("k8s-nim-operator", NIM, "NIMPipeline", self._pipeline),
        )
        while not self._stop.wait(_INTERVAL):
            try:
                self._hands()
                for deployment in self._recorder.all("apps", "Deployment"):
                    if not is_ready("apps", "Deployment", deployment):
                        self._deployed(deployment)
                for chart, group, kind, test in played:
                    if self._runs(chart):
                        for value in self._recorder.all(group, kind):
                            self._play(group, kind, value, test)
            except Exception as error:  # a thread's exception is seen by nobody else
                self.errors.append(f"{type(error).__name__}: {error}")

    def _play(self, group: str, kind: str, value: Object, test: Callable[[Object], bool]) -> None:
        if "deletionTimestamp" in value["metadata"]:
            return
        if (kind, value["metadata"]["name"]) in self.failing:
            if (value.get("status") or {}).get("state") != "Failed":
                self._patch(value, {"state": "Failed", "conditions": [_condition(value, "Ready", "False", "Failed")]})
        elif not is_ready(group, kind, value) and test(value):
            status: dict[str, Any] = {"conditions": [_condition(value, "Ready", "True", "Ready")]}
            if group == NIM:
                status["state"] = "Ready"
            self._patch(value, status)

    def _runs(self, chart: str) -> bool:
        """Whether the Deployment of a chart's controller is ready."""
        return any(
            value["metadata"].get("labels", {}).get("app.kubernetes.io/name") == chart
            and is_ready("apps", "Deployment", value)
            for value in self._recorder.all("apps", "Deployment")
        )

    def _deployed(self, value: Object) -> None:
        count = value["spec"].get("replicas", 1)
        status = {
            "observedGeneration": value["metadata"]["generation"],
            **dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), count),
            "conditions": [
                {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": ""},
                {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", "message": ""},
            ],
        }
        self._patch(value, status)

    def _hands(self) -> None:
        for namespace, names in self._secrets.items():
            if self._recorder.get(("", "Namespace", "", namespace)) is not None:
                for name in names:
                    self._secret(namespace, name, "made by hand")

    def _secret(self, namespace: str, name: str, by: str) -> None:
        if self._recorder.get(("", "Secret", namespace, name)) is None:
            metadata = {"name": name, "annotations": {"e2e/by": by}}
            value = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"key": "not-a-key"}}
            self._server.post(f"/api/v1/namespaces/{namespace}/secrets", value)

    def _external_secret(self, value: Object) -> bool:
        spec, namespace = value["spec"], value["metadata"]["namespace"]
        reference = spec["secretStoreRef"]
        kind = reference.get("kind", "SecretStore")
        store: Key = (STORES, kind, "" if kind == "ClusterSecretStore" else namespace, reference["name"])
        if not self._ready(store):
            return False
        self._secret(namespace, spec.get("target", {}).get("name") or value["metadata"]["name"], "external-secrets")
        return True

    def _node_pool(self, value: Object) -> bool:
        reference = value["spec"]["template"]["spec"]["nodeClassRef"]
        return self._ready((reference["group"], reference["kind"], "", reference["name"]))

    def _cache(self, value: Object) -> bool:
        """Its secrets are there, its volume can be made and its job's pod gets a node."""
        spec, namespace = value["spec"], value["metadata"]["namespace"]
        names = [source.get(key) for source in spec["source"].values() for key in ("pullSecret", "authSecret")]
        storage_class = spec["storage"].get("pvc", {}).get("storageClass")
        return (
            self._secrets_there(namespace, names)
            and (
                not storage_class
                or self._recorder.get(("storage.k8s.io", "StorageClass", "", storage_class)) is not None
            )
            and self._placed(spec)
        )

    def _serves(self, value: Object, spec: Object) -> bool:
        """A service waits for its cache, its secrets and a node with GPUs."""
        namespace = value["metadata"]["namespace"]
        cache = spec.get("storage", {}).get("nimCache", {}).get("name")
        names = [spec.get("authSecret"), *spec["image"].get("pullSecrets", ())]
        return (
            (not cache or self._ready((NIM, "NIMCache", namespace, cache)))
            and self._secrets_there(namespace, names)
            and self._placed(spec)
            and self._runs("nvidia-device-plugin")
        )

    def _pipeline(self, value: Object) -> bool:
        services: Iterator[Object] = (one["spec"] for one in value["spec"]["services"] if one.get("enabled"))
        return all(self._serves(value, spec) for spec in services)

    def _secrets_there(self, namespace: str, names: list[Any]) -> bool:
        return all(self._recorder.get(("", "Secret", namespace, name)) is not None for name in names if name)

    def _placed(self, spec: Object) -> bool:
        pool = spec.get("nodeSelector", {}).get("karpenter.sh/nodepool")
        return not pool or self._ready((KARPENTER, "NodePool", "", pool))

    def _ready(self, key: Key) -> bool:
        value = self._recorder.get(key)
        return value is not None and is_ready(key[0], key[1], value)

    def _patch(self, value: Object, status: dict[str, Any]) -> None:
        resource = self._server.resource(value)
        assert resource is not None
        path = resource.path(value["metadata"].get("namespace", ""), value["metadata"]["name"])
        # Only if nobody has changed it since, or what is said would be of another spec.
        body = {"metadata": {"resourceVersion": value["metadata"]["resourceVersion"]}, "status": status}
        answer = self._server.request(
            "PATCH", f"{path}/status", json.dumps(body).encode(), "application/merge-patch+json"
        )
        if answer.status not in (200, 404, 409):
            self.errors.append(f"{path}: {answer.message}")


def _condition(value: Object, name: str, status: str, reason: str) -> dict[str, Any]:
    return {
        "type": name,
        "status": status,
        "reason": reason,
        "message": "",
        "lastTransitionTime": _SINCE,
        "observedGeneration": value["metadata"]["generation"],
    }
