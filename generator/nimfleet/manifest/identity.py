"""What Kubernetes tells objects apart by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class ObjectId:
    """Group, version, kind, namespace and name of one object; parts that are absent are ``""``."""

    group: str
    version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    @property
    def api_version(self) -> str:
        """``group/version``, or ``version`` alone in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def unversioned(self) -> tuple[str, str, str, str]:
        """Group, kind, namespace and name: the same object in whichever version it is written."""
        return (self.group, self.kind, self.namespace, self.name)

    @classmethod
    def of(cls, value: object) -> ObjectId | None:
        """Identity of a manifest, or None when it has no ``apiVersion`` and ``kind`` and so is not one."""
        if not isinstance(value, Mapping):
            return None
        api_version, kind = value.get("apiVersion"), value.get("kind")
        if not (isinstance(api_version, str) and isinstance(kind, str) and api_version and kind):
            return None
        group, _, version = api_version.rpartition("/")
        metadata = value.get("metadata")
        fields: Mapping[Any, Any] = metadata if isinstance(metadata, Mapping) else {}
        return cls(group, version, kind, _text(fields.get("namespace")), _text(fields.get("name")))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
