"""A service of a NIMPipeline depends on one that is not there.

## What it checks

`dependencies` of the enabled services of a NIMPipeline: name and port, or the address in `envValue`, are those of a
Service. Each enabled service of the pipeline has one of its own name, and its port is `expose.service.port`.

## Why it matters

The operator checks nothing of it and hands `envValue` to the container, which then calls an address where nothing
answers.

## Example

```yaml
kind: NIMPipeline
spec:
  services:
    - name: llm
      enabled: false
    - name: rag
      enabled: true
      dependencies:
        - name: llm
          port: 8000
          envName: LLM_URL
          envValue: http://llm:8000
```

## Use instead

```yaml
- name: llm
  enabled: true
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/pipeline-dependency",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, internal/controller/nimpipeline_controller.go, injectDependencies: "
        "envValue is handed on as it is"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "pipeline-dependency", "nothing answers there")
