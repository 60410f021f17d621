"""The chart's own schema refuses the values.

## What it checks

The values of a HelmRelease against the values.schema.json of its chart, for cert-manager and external-secrets
in the versions that nimfleet knows: unknown keys where the schema is closed, and types.

## Why it matters

Helm checks the values before it renders anything, and refuses the installation or upgrade.

## Example

```yaml
kind: HelmRelease
spec:
  values:
    crds:
      enable: true   # of cert-manager
```

## Use instead

```yaml
values:
  crds:
    enabled: true
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from nimfleet.catalog.chart_values import chart_values
from nimfleet.cluster.helm.releases import Layer, releases
from nimfleet.cluster.helm.shapes import known, without_nulls
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.suggest import did_you_mean


@cache
def _validator(chart: str) -> Any:
    found = chart_values(chart)
    return jsonschema_rs.Draft7Validator(dict(found.schema)) if found and found.schema else None


def _messages(path: Pointer, error: Any, schema: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """Places and words for one error; unknown keys are named one by one."""
    kind = error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        for part in path:
            schema = get(schema, "properties", part) or {}
        known_keys = get(schema, "properties") or {}
        for key in sorted(kind.unexpected):
            dotted = ".".join(map(str, (*path, key)))
            yield (*path, key), f"has no value `{dotted}`, and its schema refuses it.{did_you_mean(key, known_keys)}"
        return
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Type):
        types = " or ".join(kind.types)
        yield path, f"wants {types} for `{'.'.join(map(str, path))}`, and its schema refuses anything else"
        return
    yield path, f"refuses `{'.'.join(map(str, path))}`: {error.message}"


def _where(layers: tuple[Layer, ...], path: Pointer) -> Layer:
    """The strongest layer that sets the value."""
    return next((layer for layer in reversed(layers) if get(layer.values, *path) is not None), layers[-1])


@rule(
    "helm/values-schema",
    subject=Cluster,
    severity=Severity.ERROR,
    source="the chart's own values.schema.json (catalog/data/chart_values/)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Errors of the chart's schema."""
    for release in releases(cluster):
        about = known(release) if release.layers else None
        if about is None or not about.exact or about.values.schema is None:
            continue
        for error in _validator(release.chart).iter_errors(without_nulls(release.values)):
            for path, message in _messages(tuple(error.instance_path), error, about.values.schema):
                layer = _where(release.layers, path)
                pointer = (*layer.pointer, *(path if layer.precise else ()))
                yield hit(layer.object, f"the chart {release.chart} {about.values.version} {message}", pointer)
