"""Everything that happens to the objects of a control plane, in the order in which it happened.

A resource version is the number of the change in etcd, so that those of all kinds can be compared.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apiserver import ApiServer, Resource, ServerError

Key = tuple[str, str, str, str]
"""Group, kind, namespace and name, as nimfleet's ObjectId.unversioned."""

NIM = "apps.nvidia.com"
_FROM_THE_START = (
    ("v1", "ConfigMap"),
    ("v1", "Namespace"),
    ("v1", "Secret"),
    ("apps/v1", "Deployment"),
    ("storage.k8s.io/v1", "StorageClass"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("policy/v1", "PodDisruptionBudget"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one object. ``kind`` is ADDED, MODIFIED or DELETED; ``value`` is the object after it."""

    version: int
    kind: str
    key: Key
    value: Mapping[str, Any]
    ready: bool

    @property
    def uid(self) -> str:
        """Another one when the object was made anew."""
        return str(self.value["metadata"]["uid"])


class Recorder:
    """Watches from a thread for each kind; kinds that a CRD brings are watched as soon as they are served."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._changed = threading.Condition()
        self._changes: list[Change] = []
        self._latest: dict[Key, Change] = {}
        self._connections: list[http.client.HTTPSConnection] = []
        self._watched: set[tuple[str, str]] = set()
        self._failures: list[str] = []
        self._ended = False
        for api_version, kind in _FROM_THE_START:
            self._watch(api_version, kind)

    def close(self) -> None:
        """End all watches."""
        self._ended = True
        for connection in self._connections:
            with contextlib.suppress(OSError, AttributeError):
                connection.sock.shutdown(2)

    def now(self) -> int:
        """The version of the last change that was seen."""
        with self._changed:
            return max((change.version for change in self._changes), default=0)

    def changes(self, key: Key, since: int = 0) -> list[Change]:
        """Those of one object, oldest first."""
        with self._changed:
            return [change for change in self._changes if change.key == key and change.version > since]

    def get(self, key: Key) -> Mapping[str, Any] | None:
        """An object as it is now; None when it is gone or never was."""
        with self._changed:
            change = self._latest.get(key)
        return None if change is None or change.kind == "DELETED" else change.value

    def all(self, group: str, kind: str) -> list[Mapping[str, Any]]:
        """The objects of a kind as they are now."""
        with self._changed:
            found = [c for k, c in self._latest.items() if k[:2] == (group, kind) and c.kind != "DELETED"]
        return [change.value for change in found]

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Whether ``condition`` came to hold; it is asked after each change.

        Raises:
            ServerError: a program has ended, or a kind is not watched any more: nothing would be seen.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            self._server.processes.check()
            if self._failures:
                raise ServerError(self._failures[0])
            with self._changed:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 1))
        return True

    def _watch(self, api_version: str, kind: str) -> None:
        with self._changed:
            if (api_version, kind) in self._watched:
                return
            self._watched.add((api_version, kind))
        threading.Thread(target=self._follow, args=(api_version, kind), daemon=True).start()

    def _follow(self, api_version: str, kind: str) -> None:
        try:
            self._watch_on(api_version.rpartition("/")[0], kind, self._server.await_kind(api_version, kind))
        except Exception as error:  # a thread's exception is seen by nobody else
            if not self._ended:
                with self._changed:
                    self._failures.append(f"{kind} is not watched any more: {type(error).__name__}: {error}")
                    self._changed.notify_all()

    def _watch_on(self, group: str, kind: str, resource: Resource) -> None:
        """Take what a watch tells, and begin another where the last one ended."""
        seen = ""
        while not self._ended:
            if not seen:
                seen = self._list(group, kind, resource)
            with contextlib.suppress(OSError, ValueError, AttributeError, http.client.HTTPException):
                for event in self._events(
                    f"{resource.everywhere}?watch=1&allowWatchBookmarks=true&resourceVersion={seen}"
                ):
                    if event["type"] == "ERROR":
                        seen = ""  # too old
                        break
                    if event["type"] != "BOOKMARK":
                        self._take(group, kind, event["type"], event["object"])
                    seen = event["object"]["metadata"]["resourceVersion"]
            time.sleep(0.05)

    def _list(self, group: str, kind: str, resource: Resource) -> str:
        """Take what there is now, and notice what is not there any more; the version of it all."""
        while (answer := self._server.request("GET", resource.everywhere)).status != 200:
            if self._ended:
                return ""
            time.sleep(0.05)
        version: str = answer.body["metadata"]["resourceVersion"]
        there = set()
        for value in answer.body["items"]:
            self._take(group, kind, "ADDED", value)
            there.add((value["metadata"].get("namespace", ""), value["metadata"]["name"]))
        for value in self.all(group, kind):
            if (value["metadata"].get("namespace", ""), value["metadata"]["name"]) not in there:
                metadata = {**value["metadata"], "resourceVersion": version}
                self._take(group, kind, "DELETED", {**value, "metadata": metadata})
        return version

    def _events(self, path: str) -> Iterator[dict[str, Any]]:
        connection, response = self._server.lines(path)
        self._connections.append(connection)
        try:
            if response.status == 200:
                for line in response:
                    yield json.loads(line)
            elif response.status == 410:
                yield {"type": "ERROR"}
        finally:
            connection.close()

    def _take(self, group: str, kind: str, what: str, value: dict[str, Any]) -> None:
        metadata = value["metadata"]
        value.setdefault("apiVersion", f"{group}/v1" if group else "v1")
        value.setdefault("kind", kind)
        key = (group, kind, metadata.get("namespace", ""), metadata["name"])
        change = Change(int(metadata["resourceVersion"]), what, key, value, is_ready(group, kind, value))
        with self._changed:
            last = self._latest.get(key)
            if last is not None and last.version >= change.version:
                return  # told once more
            self._changes.append(change)
            self._latest[key] = change
            self._changed.notify_all()
        if kind == "CustomResourceDefinition" and change.ready:
            spec = value["spec"]
            version = next(one["name"] for one in spec["versions"] if one["storage"])
            self._watch(f"{spec['group']}/{version}", spec["names"]["kind"])


def condition(value: Any, name: str) -> Mapping[str, Any]:
    """A condition of an object by its type; empty when it has none."""
    conditions = (value.get("status") or {}).get("conditions") or ()
    return next((one for one in conditions if one.get("type") == name), {})


def is_ready(group: str, kind: str, value: Mapping[str, Any]) -> bool:
    """Whether whoever works for the object says so, of its spec as it is."""
    status = value.get("status") or {}
    if group == NIM:
        return bool(status.get("state") == "Ready")
    if kind == "CustomResourceDefinition":
        return condition(value, "Established").get("status") == "True"
    if kind == "Deployment":
        return bool(status.get("readyReplicas")) and status.get("observedGeneration") == value["metadata"]["generation"]
    if "conditions" not in status:
        return False
    found = condition(value, "Ready")
    generation = value["metadata"].get("generation")
    observed = found.get("observedGeneration", status.get("observedGeneration", generation))
    return found.get("status") == "True" and observed == generation
