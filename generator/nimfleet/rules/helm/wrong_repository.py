"""A chart is looked for in a repository that does not have it.

## What it checks

The chart of a HelmRelease is known, and its source is a public repository that holds other charts, one that its
project has left, or nearly the URL of the right one; or the source is a page of a project on GitHub. Mirrors and
private registries are not judged.

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

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from nimfleet.cluster.helm.releases import SOURCES, Release, releases
from nimfleet.cluster.helm.sources import REPOSITORIES, RETIRED, homes, normal
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_ALIKE = 0.93
_PAGE = re.compile(r"(?:https?|oci)://(?:www\.)?github\.com/[^/]+/[^/]+(?:/(?:tree|blob)/.*)?")


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
    if _PAGE.fullmatch(url):
        return "it is a page to read, and has no charts"
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
        if not fault or release.source is None:
            continue
        right = _right_source(cluster, release)
        item, pointer = _place(cluster, release, release.source, right)
        if (id(item), release.chart) in seen:
            continue
        seen.add((id(item), release.chart))
        yield hit(
            item,
            f"HelmRelease `{release.object.id.name}` takes the chart {release.chart} from `{normal(release.url)}`: "
            f"{fault}{_instead(release, right)}",
            pointer,
        )


def _right_source(cluster: Cluster, release: Release) -> KubeObject | None:
    """A HelmRepository of the cluster that has the chart."""
    right = homes(release.chart)
    for source in cluster.kind(SOURCES, "HelmRepository") if right else ():
        url = normal(text(get(source.value, "spec", "url")))
        if url in right and source.id.namespace == release.object.id.namespace:
            return source
    return None


def _place(
    cluster: Cluster, release: Release, source: KubeObject, right: KubeObject | None
) -> tuple[KubeObject, Pointer]:
    """Where the source is chosen, if another one is right, or this one is for another release; else its URL."""
    used = any(other.source is source and not _fault(other) for other in releases(cluster))
    if release.source_kind == "HelmRepository" and (used or right is not None):
        return release.chart_object, (*release.chart_pointer[:-1], "sourceRef", "name")
    return source, ("spec", "url")


def _instead(release: Release, right: KubeObject | None) -> str:
    """Where the chart is."""
    if right is not None:
        return f"; take it from HelmRepository `{right.id.name}`"
    known = homes(release.chart)
    return f"; {release.chart} is at `{known[0]}`" if known else ""
