"""An image pull secret is of a type that is not read.

## What it checks

Secrets that `imagePullSecrets`, `pullSecrets` and `pullSecret` name: their type is `kubernetes.io/dockerconfigjson`.
An ExternalSecret makes an `Opaque` one when its template names no type.

## Why it matters

The kubelet passes over a Secret of another type, and pulls without credentials: ImagePullBackOff.

## Example

```yaml
kind: ExternalSecret
metadata:
  name: ngc-secret
spec:
  target:
    template:
      data:
        .dockerconfigjson: '...'
```

## Use instead

```yaml
target:
  template:
    type: kubernetes.io/dockerconfigjson
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/pull-secret-type",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Kubernetes 1.34: kubelet reads docker credentials only from Secrets of the types dockerconfigjson "
        "and dockercfg"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "pull-secret-type", "nvcr.io and the like refuse, and the pod stays in ImagePullBackOff")
