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
from nimfleet.cluster.flux.graph import depends_on, graph_of
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.flux import listed, short
from nimfleet.rules.hits import hit
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
        if any((other.namespace, other.name) not in graph.releases for other in depends_on(release)):
            continue  # it waits for ever, which is told, and perhaps the right name is all that it lacks
        lacks: dict[KubeObject, list[str]] = {}
        for group in needs_of(chart, release):
            makers = graph.crd_releases.get(group, ())
            if not makers or release in makers or any(crd_group == group for crd_group, _ in graph.crds):
                continue
            if not any(graph.release_before(release, maker) for maker in makers):
                lacks.setdefault(makers[0], []).append(group)
        for maker, groups in lacks.items():
            same = maker.id.namespace == release.id.namespace
            entry = f"`name: {maker.id.name}`" + ("" if same else f" and `namespace: {maker.id.namespace}`")
            message = (
                f"chart {chart} needs the CRDs of {listed(groups)}, which {short(maker)} brings, but nothing makes it "
                f"wait for that; add {entry} to `dependsOn`"
            )
            yield hit(release, message, ("spec", "dependsOn"))
