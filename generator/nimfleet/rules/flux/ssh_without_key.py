"""A GitRepository is fetched through SSH without a key.

## What it checks

A GitRepository whose `url` begins with `ssh://` has a `secretRef`.

## Why it matters

Flux cannot fetch it, also when the repository is public, and nothing that comes from it is applied.

## Example

```yaml
kind: GitRepository
spec:
  url: ssh://git@github.com/example/fleet
```

## Use instead

```yaml
kind: GitRepository
spec:
  url: ssh://git@github.com/example/fleet
  secretRef:
    name: flux-system   # with identity and known_hosts
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.charts import SOURCES
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/ssh-without-key",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Flux, source-controller 1.9: authentication options of a GitRepository; SSH needs identity and known_hosts"
    ),
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Repositories through SSH without a secret."""
    for item in subject.kind(SOURCES, "GitRepository"):
        spec = get(item.value, "spec")
        provider = text(get(spec, "provider")) or "generic"
        if text(get(spec, "url")).startswith("ssh://") and provider == "generic" and not get(spec, "secretRef"):
            message = "Flux cannot fetch this through SSH without a key; add `secretRef` with identity and known_hosts"
            yield hit(item, message, ("spec", "url"))
