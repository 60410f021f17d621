"""A value is set that the chart does not have.

## What it checks

The keys under `values` of a HelmRelease, and in the ConfigMaps of `valuesFrom` that are here, against the keys
of the chart's own values.yaml. Where the pinned version is not the one that nimfleet knows, but has the same
first number, only evident slips are reported. Open mappings (labels, resources, tolerations, a subchart's
values) are not judged.

## Why it matters

Helm ignores values that no template reads, without a word: the setting is written down, reviewed, and does
nothing.

## Example

```yaml
kind: HelmRelease
spec:
  values:
    settings:
      clustername: prod
```

## Use instead

```yaml
values:
  settings:
    clusterName: prod
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.releases import releases
from nimfleet.cluster.helm.required import unset
from nimfleet.cluster.helm.shapes import known, unknown_keys
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "helm/unknown-value",
    subject=Cluster,
    severity=Severity.WARNING,
    source="the chart's own values.yaml (catalog/data/chart_values/)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Keys that the chart does not have."""
    for release in releases(cluster):
        about = known(release) if release.layers else None
        if about is None or (about.exact and (about.values.schema or {}).get("additionalProperties") is False):
            continue  # where a schema closes the values, Helm refuses them: helm/values-schema says so
        # A slip in a value that is needed is helm/required-value.
        needed = {".".join(path) for path, _ in unset(cluster, release)}
        for layer in release.layers:
            for fault in unknown_keys(layer.values, about.values.values):
                if (not about.exact and not fault.sure) or fault.hint in needed:
                    continue
                meant = f" Did you mean `{fault.hint}`?" if fault.hint else ""
                if fault.hint == ".".join(fault.path):
                    meant = " Write a mapping for each dot."
                # Of another version it is told only where it is surely a slip; which one was looked at must be seen.
                version = about.values.version if about.exact else release.version
                judged = "" if about.exact else f" (nor is it in {about.values.version}, whose values are known)"
                message = (
                    f"the chart {release.chart} {version} has no value `{'.'.join(fault.path)}`{judged}, "
                    f"and Helm ignores what a chart does not read.{meant}"
                )
                yield hit(layer.object, message, (*layer.pointer, *(fault.path if layer.precise else ())))
