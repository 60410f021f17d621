"""Karpenter and its CRDs have different versions.

## What it checks

The pinned versions of karpenter and karpenter-crd are the same.

## Why it matters

The controller reads fields that its CRDs do not have, or writes some that the API server drops.

## Example

```yaml
kind: OCIRepository
metadata:
  name: karpenter-crd
spec:
  ref:
    tag: 1.13.0   # karpenter is at 1.14.1
```

## Use instead

```yaml
ref:
  tag: 1.14.1
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.releases import releases_of
from nimfleet.cluster.helm.version import is_exact, same
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "helm/crd-version",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Karpenter, upgrade guide: karpenter-crd is upgraded with karpenter, to the same version",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """CRDs of another version than the controller."""
    controllers = [release for release in releases_of(cluster, "karpenter") if is_exact(release.version)]
    if len(controllers) != 1:
        return
    version = controllers[0].version
    for release in releases_of(cluster, "karpenter-crd"):
        if is_exact(release.version) and not same(release.version, version):
            message = f"karpenter-crd is {release.version}, and karpenter {version}: pin both to one version"
            yield hit(release.version_object, message, release.version_pointer)
