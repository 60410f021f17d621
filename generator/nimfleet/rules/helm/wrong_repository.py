"""A chart is looked for in a repository that does not have it.

## What it checks

The chart of a HelmRelease is known, and its source is a public repository that holds other charts, one that its
project has left, or nearly the URL of the right one. Mirrors and private registries are not judged.

## Why it matters

Flux finds no chart of that name, or an old one that is not maintained any more.

## Example

```yaml
kind: HelmRepository
metadata:
  name: karpenter
spec:
  url: https://charts.karpenter.sh
```

## Use instead

```yaml
kind: HelmRepository
metadata:
  name: karpenter
spec:
  type: oci
  url: oci://public.ecr.aws/karpenter
```
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from nimfleet.cluster.helm.releases import Release, releases
from nimfleet.cluster.helm.sources import REPOSITORIES, RETIRED, homes, normal
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.helm import hit
from nimfleet.rules.registry import Hit, rule

_ALIKE = 0.93


def _fault(release: Release) -> str:
    """Why the repository is the wrong one; ``""`` when it is not, or is not known."""
    url = normal(release.url)
    if release.source_kind == "OCIRepository":
        url = url.rpartition("/")[0]
    right = homes(release.chart)
    if not url or url in right or "${" in url:
        return ""
    if url in RETIRED:
        return RETIRED[url]
    if not right:
        return ""
    if url in REPOSITORIES:
        return "it has no such chart"
    if f"{url}/{release.chart}" in right or any(url == f"{home}/{release.chart}" for home in right):
        return ""
    near = any(SequenceMatcher(None, url, home).ratio() >= _ALIKE for home in right)
    return "nobody is known to publish there" if near else ""


@rule(
    "helm/wrong-repository",
    subject=Cluster,
    severity=Severity.ERROR,
    source="the charts' own installation pages, as in catalog/data/charts.json",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Charts from repositories that do not have them."""
    seen = set()
    for release in releases(cluster):
        fault = _fault(release)
        if not fault or release.source is None or (id(release.source), release.chart) in seen:
            continue
        seen.add((id(release.source), release.chart))
        right = homes(release.chart)
        instead = f"; {release.chart} is at `{right[0]}`" if right else ""
        yield hit(
            release.source,
            ("spec", "url"),
            f"HelmRelease `{release.object.id.name}` takes the chart {release.chart} from `{normal(release.url)}`: "
            f"{fault}{instead}",
        )
