"""A NIMService asks for a profile that its cache does not hold.

## What it checks

`storage.nimCache.profile` of a NIMService is among the profiles that the NIMCache lists under
`source.ngc.model.profiles`, where it lists any but `all`.

## Why it matters

Only listed profiles are downloaded. The operator finds no such profile and requests no GPU for it; the container is
told to start with something that is not there.

## Example

```yaml
kind: NIMCache
metadata:
  name: llama
spec:
  source:
    ngc:
      model:
        profiles:
          - 4f904d571fe60ff24695b5ee2aa42da58cb460787a968f1e8a09f5a7e862728d
---
kind: NIMService
spec:
  storage:
    nimCache:
      name: llama
      profile: 8835c31752fbc67ef658b20a9f78e056914fdef0660206d82f252d62fd96064d
```

## Use instead

Name one of the profiles that the cache lists, or leave `profile` out: NIM then chooses among those that are there.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.references.extract import references
from nimfleet.cluster.references.model import NIM_CACHE
from nimfleet.manifest.walk import get, sequence, text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.suggest import listing

_PROFILES = ("spec", "source", "ngc", "model", "profiles")


@rule(
    "reference/nim-cache-profile",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, getNIMCacheProfile: the profile is looked for among those that the cache holds"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Profiles that are not in the list."""
    for reference in cluster.once(references):
        if reference.target is not NIM_CACHE:
            continue
        pointer = (*reference.pointer[:-1], "profile")
        wanted = text(get(reference.source.value, *pointer))
        cache = cluster.find(*NIM_CACHE.key, reference.namespace, reference.name)
        if not wanted or cache is None:
            continue
        held = [entry for entry in sequence(get(cache.value, *_PROFILES)) if isinstance(entry, str)]
        if not held or "all" in held or wanted in held:
            continue
        message = (
            f"NIMCache `{reference.name}` does not hold the profile `{wanted}`, only {listing(f'`{one}`' for one in held)}: "
            f"name one of them, or leave `profile` out"
        )
        yield hit(reference.source, message, pointer)
