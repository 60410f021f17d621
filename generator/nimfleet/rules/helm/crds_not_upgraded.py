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

from nimfleet.cluster.helm.crds import brought_otherwise, facts_of, left_out, others_of, policy
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
        facts = facts_of(release)
        if facts is None or not facts.folder or not release.whole or left_out(release, facts):
            continue
        action = policy(release, "upgrade")
        if action == "CreateReplace" or brought_otherwise(cluster, release, facts):
            continue
        if facts.upgrade is not None and facts.upgrade.on(release.values):
            continue
        if others_of(release, facts) and not sees_all(cluster):
            continue  # the chart that has them may be elsewhere
        message = (
            f"an upgrade leaves the CRDs of {release.chart} as they are (`upgrade.crds` is `{action}`): "
            "set it to `CreateReplace`"
        )
        yield on(release, message, "upgrade", "crds")
