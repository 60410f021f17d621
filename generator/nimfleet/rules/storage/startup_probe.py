"""A model needs longer to start than its startup probe grants.

## What it checks

The time that a NIMService needs to read its model from its cache and start the engine, against its startup
probe (the operator's default: 20 minutes). Without a cache, the download from NGC comes on top, as NIM does it
while it starts. Sizes are the smallest that the model can have.

The rates are those of `nimfleet plan` for EFS (100 MiB/s) and NGC (50 MiB/s), 125 MiB/s for EBS, and faster
ones where nothing is known.

## Why it matters

The kubelet kills the container shortly before it is ready, and it begins again, for ever.

## Example

```yaml
kind: NIMService
spec:
  image:
    repository: nvcr.io/nim/mistralai/mixtral-8x22b-instruct-v01
  storage:
    emptyDir: {}   # and the default startup probe
```

## Use instead

```yaml
startupProbe:
  enabled: true
  probe:
    httpGet:
      path: /v1/health/ready
      port: 8000
    initialDelaySeconds: 30
    periodSeconds: 10
    failureThreshold: 900
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.duration import in_words
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import services
from nimfleet.cluster.storage.budget import budget_of, failures_for, probe_seconds
from nimfleet.manifest.walk import get, mapping
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "storage/startup-probe",
    subject=Cluster,
    severity=Severity.WARNING,
    source=(
        "plan/startup.py (assumptions: NGC 50 MiB/s, EFS 100 MiB/s, engine 5 minutes); NIM operator "
        "3.1.2, default startup probe 30 s + 120 x 10 s"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Probes that give up before the model can be ready."""
    for service in cluster.once(services):
        granted = probe_seconds(service.spec)
        budget = budget_of(cluster, service) if granted is not None else None
        if granted is None or budget is None:
            continue
        storage = mapping(service.spec.get("storage"))
        cached = bool(mapping(storage.get("nimCache")) or mapping(storage.get("pvc")))
        wanted = budget.load if cached else budget.fetch + budget.load
        if wanted <= granted:
            continue
        what = "to read" if cached else "to download and read"
        message = (
            f"NIMService `{service.name}` needs about {in_words(wanted)} {what} {budget.gib:.0f} GiB and start, and its "
            f"startup probe gives up after {in_words(granted)}: "
            f"set `failureThreshold: {failures_for(service.spec, wanted * 3 // 2)}`"
        )
        pointer = (*service.pointer, "startupProbe", "probe", "failureThreshold")
        if get(service.spec, "startupProbe", "probe", "failureThreshold") is None:
            pointer = (*service.pointer, "startupProbe") if service.spec.get("startupProbe") else service.pointer
        yield hit(service.object, message, pointer)
