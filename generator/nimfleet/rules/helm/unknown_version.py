"""A chart has no version that is written so.

## What it checks

The tag of an OCIRepository with a chart that nimfleet knows, from the registry of its project: it has a `v` in front
where the project writes one, and none where it does not. Versions in a HelmRelease's own `chart` are not judged,
because Helm finds them either way.

## Why it matters

A tag is taken literally. There is none, Flux fetches nothing, and the release waits for its chart.

## Example

```yaml
kind: OCIRepository
metadata:
  name: karpenter
spec:
  ref:
    tag: v1.14.1
  url: oci://public.ecr.aws/karpenter/karpenter
```

## Use instead

```yaml
ref:
  tag: 1.14.1
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.catalog.load import load_catalog
from nimfleet.cluster.helm.releases import Release, releases
from nimfleet.cluster.helm.sources import homes, normal
from nimfleet.cluster.helm.version import is_exact, same_major
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.helm import hit
from nimfleet.rules.registry import Hit, rule


def _meant(release: Release) -> str:
    """The tag as the project writes it; ``""`` when it is so, or nothing is known."""
    tag = release.version
    if release.source_kind != "OCIRepository" or release.version_pointer[-1:] != ("tag",) or not is_exact(tag):
        return ""
    if normal(release.url).rpartition("/")[0] not in homes(release.chart):
        return ""
    chart = load_catalog().charts.get(release.chart)
    # Some projects have changed their way with a new first number.
    if chart is None or release.pinned or not same_major(tag, chart.version):
        return ""
    bare = tag.removeprefix("v")
    meant = f"v{bare}" if chart.version.startswith("v") else bare
    return "" if meant == tag else meant


@rule(
    "helm/unknown-version",
    subject=Cluster,
    severity=Severity.ERROR,
    source="the versions of catalog/data/charts.json, as the projects' registries have them",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Tags with a `v` too many or too few; each place once."""
    seen = set()
    for release in releases(cluster):
        meant = _meant(release)
        if not meant or id(release.version_object) in seen:
            continue
        seen.add(id(release.version_object))
        way = "with" if meant.startswith("v") else "without"
        message = (
            f"there is no tag `{release.version}` of {release.chart}, whose versions are written {way} a `v`: "
            f"write `{meant}`"
        )
        yield hit(release.version_object, release.version_pointer, message)
