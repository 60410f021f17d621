"""Small CRDs for the schema tests, and a schema made from one without a store."""

from __future__ import annotations

from typing import Any

from nimfleet.schema.convert import convert
from nimfleet.schema.model import Schema


def crd(
    spec: dict[str, Any] | None = None,
    *,
    status: dict[str, Any] | None = None,
    subresource: bool = True,
    root: dict[str, Any] | None = None,
    kind: str = "Widget",
    group: str = "example.com",
    version: str = "v1",
    served: bool = True,
) -> dict[str, Any]:
    """A CRD with one version; ``spec`` and ``status`` are their schemas, ``root`` adds to the top."""
    properties: dict[str, Any] = {
        "apiVersion": {"type": "string", "description": "text"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
    }
    if spec is not None:
        properties["spec"] = spec
    if status is not None:
        properties["status"] = status
    entry: dict[str, Any] = {
        "name": version,
        "served": served,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": properties, **(root or {})}},
    }
    if subresource:
        entry["subresources"] = {"status": {}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.lower()}s.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": f"{kind.lower()}s"},
            "scope": "Namespaced",
            "versions": [entry],
        },
    }


def schema_of(definition: dict[str, Any]) -> Schema:
    """The schema of a CRD's only version."""
    (converted,) = convert(definition)
    return Schema(
        group=converted.group,
        version=converted.version,
        kind=converted.kind,
        plural=converted.plural,
        scope=converted.scope,
        served=converted.served,
        cel_rules=converted.cel_rules,
        release="test@1",
        path=None,
        load=lambda: converted.document,
    )


def spec_schema(**properties: Any) -> Schema:
    """The schema of a Widget whose spec has these properties."""
    return schema_of(crd({"type": "object", "properties": properties}))


def widget(spec: Any = None, **more: Any) -> dict[str, Any]:
    """A Widget document."""
    document: dict[str, Any] = {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "one"},
        **more,
    }
    if spec is not None:
        document["spec"] = spec
    return document
