"""A repository does not have a chart of this name.

## What it checks

The chart of a HelmRelease whose source is a well-known public repository: its name is one that the repository
has. Of repositories with many charts, only names that are nearly one of ours are reported. An OCIRepository's
URL has the chart's name at its end; a HelmRepository's URL has not.

## Why it matters

Flux finds no chart, and the release never becomes ready; what depends on it waits.

## Example

```yaml
kind: HelmRelease
spec:
  chart:
    spec:
      chart: nim-operator
      sourceRef:
        kind: HelmRepository
        name: nvidia   # https://helm.ngc.nvidia.com/nvidia
```

## Use instead

```yaml
chart: k8s-nim-operator
```
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from nimfleet.cluster.helm.releases import Release, releases
from nimfleet.cluster.helm.sources import REPOSITORIES, homes, normal
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.suggest import did_you_mean, listing

_ALIKE = 0.8


def _fault(release: Release) -> str:
    """What is wrong with the chart's name; ``""`` when nothing is, or nothing is known."""
    url = normal(release.url)
    repository, chart = url, release.chart
    if release.source_kind == "OCIRepository":
        if url in REPOSITORIES:
            charts = REPOSITORIES[url].charts
            return f"`{url}` is where charts lie, and not a chart: put its name behind it, one of {listing(charts)}"
        repository = url.rpartition("/")[0]
    elif url.startswith("oci://") and url.rpartition("/")[0] in REPOSITORIES and url.rpartition("/")[2] == chart:
        return f"Flux looks for `{url}/{chart}`: take `/{chart}` off the HelmRepository's URL"
    known = REPOSITORIES.get(repository)
    if known is None or not chart or "${" in chart or chart in known.charts or homes(chart):
        return ""
    if known.whole or get_close_matches(chart, sorted(known.charts), n=1, cutoff=_ALIKE):
        return f"`{repository}` has no chart `{chart}`.{did_you_mean(chart, known.charts)}"
    shorter = [name for name in known.charts if name.endswith(f"-{chart}")]
    return f"`{repository}` has no chart `{chart}`. Did you mean '{shorter[0]}'?" if len(shorter) == 1 else ""


@rule(
    "helm/unknown-chart",
    subject=Cluster,
    severity=Severity.ERROR,
    source="the charts that the public repositories hold (cluster/helm/sources.py)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Names of charts that a known repository does not have."""
    for release in releases(cluster):
        fault = _fault(release)
        if fault:
            yield hit(release.chart_object, fault, release.chart_pointer)
