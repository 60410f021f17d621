"""An autoscaler needs a metric that nothing serves.

## What it checks

Metrics of type Pods, Object and External of HorizontalPodAutoscalers, and of `scale.hpa` of NIMServices, in a whole cluster:
a HelmRelease of prometheus-adapter is there, and has a rule that serves a metric of this name (`rules.custom` or
`rules.external`, where `rules.default` is off). Where something else may serve metrics (a chart that nimfleet does not know,
an APIService, KEDA for external ones), nothing is reported.

## Why it matters

The autoscaler shows `<unknown>` and never scales: neither up under load nor down afterwards.

## Example

```yaml
kind: HelmRelease   # of prometheus-adapter
spec:
  values:
    rules:
      default: false
      custom:
        - seriesQuery: 'vllm:kv_cache_usage_perc{namespace!="",pod!=""}'
          name:
            as: kv_cache_usage_perc
---
kind: NIMService
spec:
  scale:
    hpa:
      metrics:
        - type: Pods
          pods:
            metric:
              name: gpu_cache_usage_perc
```

## Use instead

```yaml
pods:
  metric:
    name: kv_cache_usage_perc
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.references.metrics import ADAPTER, Asked, asked, served
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.suggest import listing, nearest


@rule(
    "reference/metric",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Kubernetes 1.34: autoscaling/v2, metrics; prometheus-adapter, docs/config.md: name.matches and name.as",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Metrics that are not served; one finding for each name."""
    groups: dict[tuple[str, str], list[Asked]] = {}
    for metric in asked(cluster):
        groups.setdefault((metric.group, metric.name), []).append(metric)
    for (group, name), entries in groups.items():
        names = served(cluster, group)
        if names is not None and name not in names:
            first = entries[0]
            others = list(dict.fromkeys(str(entry.object.id) for entry in entries if entry.object is not first.object))
            more = f". The same goes for {', '.join(others)}" if others else ""
            yield hit(first.object, f"{_said(name, names)}{more}", first.pointer)


def _said(name: str, names: frozenset[str]) -> str:
    said = f"nothing serves the metric `{name}`, so that the autoscaler shows `<unknown>` and never scales"
    if not names:
        return f"{said}; add a release of {ADAPTER} with a rule `as: {name}`"
    near = nearest(name, names)
    if near is not None:
        return f"{said}. {ADAPTER} serves `{near}`: use that name, or serve it `as: {name}`"
    return f"{said}; {ADAPTER} serves {listing(f'`{other}`' for other in sorted(names))}: add a rule `as: {name}`"
