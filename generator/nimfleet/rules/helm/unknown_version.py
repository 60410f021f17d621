"""A chart has no version that is written so.

## What it checks

The tag of an OCIRepository with a chart that nimfleet knows, from the registry of its project: it is a whole
version, and has a `v` in front where the project writes one, and none where it does not. The `version` in a
HelmRelease's own `chart` is a version or a range, and no word such as `latest`; whether it has a `v` does not
matter there.

## Why it matters

A tag is taken literally. There is none, Flux fetches nothing, and the release waits for its chart. Helm refuses a
word, because it can be compared with no version.

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
from nimfleet.cluster.helm.version import is_exact, is_part, is_variable, is_word, same_major
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


def _fault(release: Release) -> str:
    """What is wrong with the version, and what to write; ``""`` when nothing is, or nothing is known."""
    version = release.version
    if is_variable(version) or release.pinned:
        return ""
    if release.source_kind == "HelmRepository":
        if not is_word(version):
            return ""
        known = load_catalog().charts.get(release.chart)
        such = f", such as `{known.version}`" if known else ""
        return f"`{version}` is neither a version nor a range, and Helm refuses it: write a version{such}"
    if release.source_kind != "OCIRepository" or release.version_pointer[-1:] != ("tag",):
        return ""
    chart = load_catalog().charts.get(release.chart)
    # Some projects have changed their way with a new first number.
    if chart is None or not same_major(version, chart.version):
        return ""
    if normal(release.url).rpartition("/")[0] not in homes(release.chart):
        return ""
    if is_part(version):
        return f"there is no tag `{version}` of {release.chart}: a tag is a whole version, such as `{chart.version}`"
    bare = version.removeprefix("v")
    meant = f"v{bare}" if chart.version.startswith("v") else bare
    if meant == version or not is_exact(version):
        return ""
    way = "with" if meant.startswith("v") else "without"
    return f"there is no tag `{version}` of {release.chart}, whose versions are written {way} a `v`: write `{meant}`"


@rule(
    "helm/unknown-version",
    subject=Cluster,
    severity=Severity.ERROR,
    source="the versions of catalog/data/charts.json, as the projects' registries have them; Helm, semver ranges",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Versions that nobody finds; each place once."""
    seen = set()
    for release in releases(cluster):
        fault = _fault(release)
        if fault and id(release.version_object) not in seen:
            seen.add(id(release.version_object))
            yield hit(release.version_object, fault, release.version_pointer)
