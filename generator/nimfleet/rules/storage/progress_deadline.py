"""A Deployment counts as failed before its startup probe has given up.

## What it checks

`progressDeadlineSeconds` (default 600) of a Deployment that a Flux Kustomization waits for is not shorter than
what the startup probes of its containers grant.

## Why it matters

After that time Kubernetes reports the rollout as failed, Flux and `helm --wait` end with an error, and Helm may
roll back what was about to be ready.

## Example

```yaml
kind: Deployment
spec:
  template:
    spec:
      containers:
        - startupProbe:
            periodSeconds: 10
            failureThreshold: 180
```

## Use instead

```yaml
spec:
  progressDeadlineSeconds: 2400
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.duration import in_words
from nimfleet.cluster.helm.units import checks_health, unit_of
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.storage.budget import granted
from nimfleet.manifest.walk import get, integer, items, mapping
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_DEFAULT = 600


@rule(
    "storage/progress-deadline",
    subject=Cluster,
    severity=Severity.WARNING,
    source=("Kubernetes, Deployment progressDeadlineSeconds (default 600); Flux, health of Deployments (kstatus)"),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Deadlines before the startup probe's."""
    for item in cluster.kind("apps", "Deployment"):
        unit = unit_of(cluster, item)
        if unit is None or not checks_health(unit, item):
            continue
        value = item.value
        deadline = integer(get(value, "spec", "progressDeadlineSeconds"), _DEFAULT)
        for at, container in items(value, "spec", "template", "spec", "containers"):
            probe = mapping(container.get("startupProbe"))
            if not probe or granted(probe) <= deadline:
                continue
            written = get(value, "spec", "progressDeadlineSeconds") is not None
            message = (
                f"the startup probe grants {in_words(granted(probe))}, and the rollout, for which Kustomization "
                f"`{unit.id.name}` waits, counts as failed after {in_words(deadline)}: set `progressDeadlineSeconds` "
                f"to more than {granted(probe)}"
            )
            yield hit(item, message, ("spec", "progressDeadlineSeconds") if written else (*at, "startupProbe"))
            break
