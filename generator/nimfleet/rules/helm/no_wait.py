"""A release that others depend on does not wait for its own pods.

## What it checks

A HelmRelease that another one names in `dependsOn` has neither `install.disableWait` nor `upgrade.disableWait`.

## Why it matters

With it, the release is ready as soon as its objects are applied. The releases that depend on it begin before
its webhook or controller runs, which is what `dependsOn` was to prevent.

## Example

```yaml
kind: HelmRelease
metadata:
  name: cert-manager
spec:
  install:
    disableWait: true
```

## Use instead

```yaml
install:
  remediation:
    retries: 5
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.releases import dependents, releases
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.helm import on
from nimfleet.rules.registry import Hit, rule


@rule(
    "helm/no-wait",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux, HelmRelease spec.install.disableWait and spec.upgrade.disableWait",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Releases that do not wait, and that others wait for."""
    for release in releases(cluster):
        for action in ("install", "upgrade"):
            if get(release.spec, action, "disableWait") is not True:
                continue
            other = next(dependents(cluster, release), None)
            if other is not None:
                message = (
                    f"HelmRelease `{other.object.id.name}` depends on this one, which counts as ready before its pods "
                    f"are: remove `{action}.disableWait`"
                )
                yield on(release, message, action, "disableWait")
