"""Two HelmReleases are the same Helm release.

## What it checks

No two HelmReleases of a cluster have the same Helm release name (`releaseName`, or `targetNamespace` and the
object's name) and the same storage namespace.

## Why it matters

Each of them upgrades what the other has installed, for ever.

## Example

```yaml
kind: HelmRelease
metadata:
  name: gpu-plugin
spec:
  releaseName: nvidia-device-plugin   # as another HelmRelease
```

## Use instead

Another `releaseName`, or one HelmRelease.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.releases import Release, releases
from nimfleet.cluster.helm.units import together
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.helm import on
from nimfleet.rules.registry import Hit, rule


@rule(
    "helm/duplicate-release",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Helm: a release is known by its name and the namespace of its storage",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Every HelmRelease after the first one of a name."""
    first: dict[tuple[str, str], Release] = {}
    for release in releases(cluster):
        if release.spec.get("kubeConfig") or "${" in release.name:
            continue
        other = first.setdefault((release.storage, release.name), release)
        if other is release or other.object.id == release.object.id or not together(cluster, release, other):
            continue
        message = (
            f"HelmReleases `{other.object.id.name}` and `{release.object.id.name}` are both the Helm release "
            f"`{release.name}` of namespace `{release.storage}`: each overwrites the other; give one another `releaseName`"
        )
        yield on(release, message, "releaseName")
