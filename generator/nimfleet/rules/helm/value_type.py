"""A value has a type that the chart's templates cannot take.

## What it checks

Values of a HelmRelease against the types in the chart's own values.yaml, where nimfleet knows the pinned
version: a mapping that is a text, a list that is a mapping, `"true"` in quotes, a word where Kubernetes counts.
What templates commonly take for each other is not reported. Charts with a values.schema.json are judged by `helm/values-schema`.

## Why it matters

The chart fails to render, or renders something else: to a template, the text `"false"` is true, and Helm leaves
a subchart on that is switched off so.

## Example

```yaml
kind: HelmRelease
spec:
  values:
    webhook:
      enabled: "false"
```

## Use instead

```yaml
values:
  webhook:
    enabled: false
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.releases import releases
from nimfleet.cluster.helm.shapes import known, wrong_types
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "helm/value-type",
    subject=Cluster,
    severity=Severity.ERROR,
    source="the chart's own values.yaml (catalog/data/chart_values/); Helm, chartutil.CoalesceTables",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Values of a wrong type."""
    for release in releases(cluster):
        about = known(release) if release.layers else None
        if about is None or not about.exact or about.values.schema is not None:
            continue
        for layer in release.layers:
            for fault in wrong_types(layer.values, about.values):
                message = (
                    f"`{'.'.join(fault.path)}` of the chart {release.chart} {about.values.version} is {fault.expected}, "
                    f"and {fault.found} is set: {fault.fix}"
                )
                yield hit(layer.object, message, (*layer.pointer, *(fault.path if layer.precise else ())))
