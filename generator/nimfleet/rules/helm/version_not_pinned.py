"""A release takes whichever version of its chart is newest.

## What it checks

The version of the chart of a HelmRelease is one version: not empty, not `*`, not a range (`>=1.0`, `1.x`,
`^1.2`). Of an OCIRepository that a HelmRelease uses, `ref` has a `tag` other than `latest`, or a `digest`, and
no `semver`.

## Why it matters

The cluster changes without a commit, on the day that the chart's authors publish something: other CRDs, other
defaults, other images. Two clusters from the same commit differ, and going back in Git does not go back.

## Example

```yaml
kind: HelmRelease
spec:
  chart:
    spec:
      chart: karpenter
      version: ">=1.0.0"
```

## Use instead

```yaml
chart:
  spec:
    chart: karpenter
    version: "1.14.1"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.catalog.chart_values import chart_values
from nimfleet.cluster.helm.releases import Release, releases
from nimfleet.cluster.helm.version import is_exact, is_variable, is_word
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


def _fault(release: Release) -> str:
    """What is wrong with the version; ``""`` when nothing is."""
    version = release.version.strip()
    if release.pinned or (release.source is None and release.source_kind == "OCIRepository") or is_variable(version):
        return ""
    if release.source_kind == "OCIRepository":
        if release.version_pointer[-1] == "semver":
            return "" if is_exact(version) else f"`ref.semver` is the range `{version}`"
        if version in ("", "latest"):
            return "`ref` has no tag, which means `latest`" if not version else "`ref.tag` is `latest`"
        return ""
    if release.source_kind != "HelmRepository" or is_exact(version) or is_word(version):
        return ""  # of a word, helm/unknown-version speaks
    return f"`version` is the range `{version}`" if version else "there is no `version`"


@rule(
    "helm/version-not-pinned",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux, HelmRelease spec.chart.spec.version and OCIRepository spec.ref; Helm, semver ranges",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Versions that are not one version; each place once."""
    seen = set()
    for release in releases(cluster):
        fault = _fault(release)
        place = (id(release.version_object), release.version_pointer)
        if not fault or place in seen:
            continue
        seen.add(place)
        known = chart_values(release.chart)
        such = f", such as `{known.version}`" if known else ""
        message = (
            f"{fault}: HelmRelease `{release.object.id.name}` takes the newest {release.chart or 'chart'} "
            f"without a commit; pin one version{such}"
        )
        yield hit(release.version_object, message, release.version_pointer)
