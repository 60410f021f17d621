"""A Deployment counts as failed before its startup probe has given up.

## What it checks

`progressDeadlineSeconds` of a Deployment whose containers ask for GPUs (default 600) is not shorter than what
their startup probes grant.

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

from nimfleet.cluster.helm.duration import in_words
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import GPU, count
from nimfleet.cluster.storage.budget import granted
from nimfleet.manifest.walk import get, integer, items, mapping
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.storage import hit

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
        value = item.value
        deadline = integer(get(value, "spec", "progressDeadlineSeconds"), _DEFAULT)
        for at, container in items(value, "spec", "template", "spec", "containers"):
            probe = mapping(container.get("startupProbe"))
            if not probe or not count(container.get("resources"), GPU) or granted(probe) <= deadline:
                continue
            written = get(value, "spec", "progressDeadlineSeconds") is not None
            message = (
                f"the startup probe grants {in_words(granted(probe))}, and the rollout counts as failed after "
                f"{in_words(deadline)}: set `progressDeadlineSeconds` to more than {granted(probe)}"
            )
            yield hit(item, ("spec", "progressDeadlineSeconds") if written else (*at, "startupProbe"), message)
            break
