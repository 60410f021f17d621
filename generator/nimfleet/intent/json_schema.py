"""The published JSON Schema of environment.yaml, from which editors complete and check."""

from __future__ import annotations

from typing import Any

from nimfleet.catalog.model import Catalog
from nimfleet.intent.models import Environment

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def environment_schema(catalog: Catalog) -> dict[str, Any]:
    """JSON Schema (2020-12) of environment.yaml, with the catalog's models, instance types and charts as choices."""
    schema = Environment.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    definitions["Model"]["properties"]["model"]["enum"] = sorted(catalog.models)
    types = definitions["Pool"]["properties"]["instanceTypes"]
    _branch(types, "array")["items"]["enum"] = sorted(catalog.instances)
    schema["properties"]["charts"]["propertyNames"] = {"enum": sorted(catalog.charts)}
    _drop_titles(schema)
    return {"$schema": DRAFT, "title": "nimfleet environment, version 1", **schema}


def _branch(schema: dict[str, Any], kind: str) -> dict[str, Any]:
    branch: dict[str, Any] = next(option for option in schema["anyOf"] if option.get("type") == kind)
    return branch


def _drop_titles(schema: Any) -> None:
    """pydantic titles repeat the names of fields."""
    if isinstance(schema, dict):
        if isinstance(schema.get("title"), str):
            del schema["title"]
        for name, value in schema.items():
            if name == "properties" and isinstance(value, dict):
                for inner in value.values():
                    _drop_titles(inner)
            else:
                _drop_titles(value)
    elif isinstance(schema, list):
        for value in schema:
            _drop_titles(value)
