"""A key is asked for that the Secret does not have.

## What it checks

Keys that variables, volumes, triggers and NeMo services take from a Secret whose keys can be seen here (encrypted
ones, too), and the keys that NIM takes without naming them: `NGC_API_KEY` (or `HF_TOKEN`) of `authSecret`.

## Why it matters

The container does not start, or the volume is not mounted.

## Example

```yaml
kind: ExternalSecret
metadata:
  name: ngc-api
spec:
  data:
    - secretKey: NGC_KEY
---
kind: NIMService
spec:
  authSecret: ngc-api
```

## Use instead

```yaml
data:
  - secretKey: NGC_API_KEY
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits, of_secret
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/secret-key",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Kubernetes 1.34: secretKeyRef and items of a volume; NVIDIA k8s-nim-operator 3.1.2: NGC_API_KEY of "
        "authSecret, HF_TOKEN for Hugging Face"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "secret-key", of_secret)
