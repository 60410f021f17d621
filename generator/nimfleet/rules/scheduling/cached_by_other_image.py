"""A cache was filled by another image than its service runs.

## What it checks

The image of a NIMService (or of an enabled service of a NIMPipeline) is, by publisher, name and tag, the `modelPuller`
of the NIMCache from NGC that it uses. Mirrors are the same image.

## Why it matters

Profiles belong to a release of a NIM: another one has others, with other files. NIM finds none of its own in the
cache, and downloads its model at every start, from NGC and into every pod, or does not start where it may not.

## Example

```yaml
kind: NIMService
spec:
  image:
    repository: nvcr.io/nim/meta/llama-3.1-8b-instruct
    tag: "2.0.13"   # while the cache's modelPuller has the tag 1.3.3
```

## Use instead

```yaml
kind: NIMCache
spec:
  source:
    ngc:
      modelPuller: nvcr.io/nim/meta/llama-3.1-8b-instruct:2.0.13
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import services, split_image
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

# Tags that move, such as `latest` and `1.3`, may be the same release; policy/* speaks of them.
_RELEASE = re.compile(r"v?\d+\.\d+\.\d+")


@rule(
    "scheduling/cached-by-other-image",
    subject=Cluster,
    severity=Severity.WARNING,
    source=(
        "NVIDIA NIM for LLMs, model profiles and selection: the manifest with the profiles ships in the container image"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Names, then tags, that differ."""
    for service in cluster.once(services):
        cache = service.cache
        if cache is None or cache.source != "ngc" or cache.endpoint:
            continue
        repository = text(get(service.spec, "image", "repository"))
        tag = text(get(service.spec, "image", "tag")).partition("@")[0]
        cached, cached_tag = split_image(cache.puller)
        if not (repository and tag and cached and cached_tag) or "${" in f"{repository}{tag}{cache.puller}":
            continue
        if ":" in repository.rpartition("/")[2] or "@" in repository:
            continue  # admission/nimservice-image
        if _name(repository) != _name(cached):
            part, mine, other = "repository", repository, cached
        elif tag != cached_tag and _RELEASE.match(tag) and _RELEASE.match(cached_tag):
            part, mine, other = "tag", tag, cached_tag
        else:
            continue
        message = (
            f"NIMService `{service.name}` runs the {part} `{mine}`, and NIMCache `{cache.object.id.name}` was filled "
            f"by `{other}`, whose "
            "profiles are others: use the same image in both"
        )
        yield hit(service.object, message, (*service.pointer, "image", part))


def _name(repository: str) -> str:
    """Publisher and name, which mirrors keep."""
    return "/".join(repository.lower().rsplit("/", 2)[-2:])
