"""An image pull secret is of a type that is not read.

## What it checks

Secrets that `imagePullSecrets`, `pullSecrets` and `pullSecret` name: their type is `kubernetes.io/dockerconfigjson`. A
common slip is to name the Secret with the API key. An ExternalSecret that makes a pull secret without saying its type is
what `secret/external-secret-template` is about.

## Why it matters

The kubelet passes over a Secret of another type, and pulls without credentials: ImagePullBackOff.

## Example

```yaml
kind: ExternalSecret
metadata:
  name: ngc-api-secret
spec:
  data:
    - secretKey: NGC_API_KEY
---
kind: NIMService
spec:
  image:
    pullSecrets:
      - ngc-api-secret
```

## Use instead

```yaml
image:
  pullSecrets:
    - ngc-secret   # of the type kubernetes.io/dockerconfigjson
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
