"""A HelmRelease may be installed before the CRDs that its chart needs.

## What it checks

For HelmReleases of known charts whose values ask for objects of others (certificates of cert-manager for webhooks,
ServiceMonitors): the release that brings these CRDs is certain to be ready before, through `dependsOn` of the
releases or of the Kustomizations that apply them.

## Why it matters

Helm fails with `no matches for kind`. Flux remediates as often as `install.remediation.retries` allows (by default
not once), then gives up until somebody changes the release.

## Example

```yaml
kind: HelmRelease
metadata:
  name: k8s-nim-operator
spec:
  values:
    operator:
      admissionController:
        enabled: true   # with a certificate of cert-manager
```

## Use instead

```yaml
kind: HelmRelease
metadata:
  name: k8s-nim-operator
spec:
  dependsOn:
    - name: cert-manager
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.charts import needs_of
from nimfleet.cluster.flux.graph import graph_of
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import hit, short
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/release-not-ordered",
    subject=Cluster,
    severity=Severity.WARNING,
    source="The charts' templates and values; Flux, helm-controller 1.6: install.remediation",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Releases whose needs are met by another release at some time, but not certainly before."""
    graph = graph_of(subject)
    if not graph.units:
        return
    for release, chart in graph.charts.items():
        for group in needs_of(chart, release):
            makers = graph.crd_releases.get(group, ())
            if not makers or release in makers or any(crd_group == group for crd_group, _ in graph.crds):
                continue
            if not any(graph.release_before(release, maker) for maker in makers):
                maker = makers[0]
                same = maker.id.namespace == release.id.namespace
                entry = f"`name: {maker.id.name}`" + ("" if same else f" and `namespace: {maker.id.namespace}`")
                message = (
                    f"chart {chart} needs the CRDs of {group}, which {short(maker)} brings, but nothing makes it wait for that; "
                    f"add {entry} to `dependsOn`"
                )
                yield hit(release, message, "spec", "dependsOn")
