"""Nobody installs the CRDs of a controller.

## What it checks

In a whole cluster, a release of a chart that needs its own CRDs brings them, or somebody else does: another
chart, a CustomResourceDefinition among the objects, or `[[external]]` in nimfleet.toml. Charts differ:
cert-manager wants `crds.enabled: true`, others have a crds/ folder that `install.crds: Skip` leaves out, and
Karpenter's CRDs are a chart of their own.

## Why it matters

The controller does not start without its kinds, and no object of them can be applied.

## Example

```yaml
kind: HelmRelease
metadata:
  name: cert-manager
spec:
  values: {}
```

## Use instead

```yaml
values:
  crds:
    enabled: true
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.crds import brought_otherwise, facts_of, left_out, others_of
from nimfleet.cluster.helm.releases import releases, sees_all
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.helm import on
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "helm/crds-missing",
    subject=Cluster,
    severity=Severity.ERROR,
    source="the charts' templates and crds/ folders; Flux, HelmRelease spec.install.crds",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Releases without CRDs."""
    if not sees_all(cluster):
        return
    for release in releases(cluster):
        facts = facts_of(release)
        why = left_out(release, facts) if facts is not None and release.whole else ""
        if facts is None or not why or brought_otherwise(cluster, release, facts):
            continue
        others = others_of(release, facts)
        instead = f", or install the chart {others[0]}, too" if others else ""
        message = f"nobody installs the CRDs of {release.chart} ({facts.crd} and others): {why}{instead}"
        path = facts.switches[0].path if facts.switches else ()
        if path and get(release.values, *path) is not None:
            item, pointer = release.at(*path)
            yield hit(item, message, pointer)
        elif "Skip" in why:
            yield on(release, message, "install", "crds")
        else:
            yield on(release, message, "values")
