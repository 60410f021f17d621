"""A Kustomization gives up before the release that it waits for may be ready.

## What it checks

The `timeout` of a Kustomization that waits for HelmReleases (`wait`, or a health check) is not shorter than
that of each of them.

## Why it matters

The Kustomization fails while Helm is still at work, what depends on it does not begin, and people are alerted
about nothing.

## Example

```yaml
kind: Kustomization
spec:
  wait: true
  timeout: 5m   # and a HelmRelease with timeout: 15m
```

## Use instead

```yaml
wait: true
timeout: 20m
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.duration import in_words, seconds
from nimfleet.cluster.helm.releases import releases
from nimfleet.cluster.helm.units import checks_health, unit_of
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_DEFAULT = 5 * 60


@rule(
    "helm/timeout",
    subject=Cluster,
    severity=Severity.WARNING,
    source=("Flux, HelmRelease spec.timeout (default 5m) and Kustomization spec.timeout (default: its interval)"),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Kustomizations that are less patient than their releases; one hit each."""
    seen = set()
    for release in releases(cluster):
        unit = unit_of(cluster, release.object)
        if unit is None or id(unit) in seen or not checks_health(unit, release.object):
            continue
        wanted = seconds(release.spec.get("timeout")) or _DEFAULT
        spec = get(unit.kustomization.value, "spec")
        given = seconds(get(spec, "timeout"))
        patience = seconds(get(spec, "interval")) if given is None else given
        if patience is not None and patience < wanted:
            seen.add(id(unit))
            field = "interval" if given is None else "timeout"
            message = (
                f"this gives up after {in_words(patience)}, and HelmRelease `{release.object.id.name}`, which it waits "
                f"for, may take {in_words(wanted)}: set `timeout` to more than that"
            )
            yield hit(unit.kustomization, message, ("spec", field))
