"""CRDs stay old when the chart is upgraded.

## What it checks

Releases of charts that have their CRDs in a crds/ folder: `upgrade.crds` is `CreateReplace`, or a hook of the
chart, another chart or objects of the repository upgrade them.

## Why it matters

Helm installs what is in crds/ once and never touches it again, and Flux's default is the same. After the next
upgrade the controller is new and its CRDs are old: new fields vanish from objects without a word, or the
controller does not start.

## Example

```yaml
kind: HelmRelease
spec:
  chart:
    spec:
      chart: aws-load-balancer-controller
```

## Use instead

```yaml
install:
  crds: Create
upgrade:
  crds: CreateReplace
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.crds import CHARTS, brought_otherwise, policy
from nimfleet.cluster.helm.releases import releases, sees_all
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.helm import on
from nimfleet.rules.registry import Hit, rule


@rule(
    "helm/crds-not-upgraded",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Helm, charts' crds/ folder; Flux, HelmRelease spec.upgrade.crds (default Skip)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Releases whose CRDs nobody upgrades."""
    for release in releases(cluster):
        brings = CHARTS.get(release.chart)
        if brings is None or not brings.folder or not release.whole or brings.missing(release):
            continue
        action = policy(release, "upgrade")
        if action == "CreateReplace" or brought_otherwise(cluster, brings):
            continue
        if brings.hook is not None:
            path, default = brings.hook
            value = release.value(*path)
            if (default if value is None else value) is True:
                continue
        if brings.others and not sees_all(cluster):
            continue  # the chart that has them may be elsewhere
        message = (
            f"an upgrade leaves the CRDs of {release.chart} as they are (`upgrade.crds` is `{action}`): "
            "set it to `CreateReplace`"
        )
        yield on(release, message, "upgrade", "crds")
