"""A release that others wait for is tried only once.

## What it checks

Under the policy `production`, a HelmRelease that another one depends on, or that a Kustomization waits for, has
`install.remediation.retries` other than 0, or `install.strategy.name: RetryOnFailure`.

## Why it matters

Flux gives up on a release after its first failed installation, until its spec, chart or values change. One slow
pull of an image on a new cluster is enough, and everything behind it waits for a person.

## Example

```yaml
kind: HelmRelease
metadata:
  name: cert-manager
spec:
  interval: 1h
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

from nimfleet.cluster.helm.releases import Release, dependents, releases
from nimfleet.cluster.helm.units import checks_health, unit_of
from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get, integer
from nimfleet.report.finding import Severity
from nimfleet.rules.helm import on
from nimfleet.rules.registry import Hit, rule


def _waiting(cluster: Cluster, release: Release) -> str:
    """Who waits for the release; ``""`` when nobody is known to."""
    for other in dependents(cluster, release):
        return f"HelmRelease `{other.object.id.name}`"
    unit = unit_of(cluster, release.object)
    return f"Kustomization `{unit.id.name}`" if unit is not None and checks_health(unit, release.object) else ""


@rule(
    "helm/no-retries",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux, HelmRelease spec.install.remediation.retries (default 0) and spec.install.strategy",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Releases without retries that somebody waits for."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for release in releases(cluster):
        install = release.spec.get("install")
        if integer(get(install, "remediation", "retries")) or get(install, "strategy", "name") == "RetryOnFailure":
            continue
        waiting = _waiting(cluster, release)
        if waiting:
            message = (
                f"{waiting} waits for this release, which Flux gives up on when its first installation fails: "
                "set `install.remediation.retries`"
            )
            yield on(release, message, "install")
