"""A HelmRepository's type and the scheme of its URL disagree.

## What it checks

A HelmRepository with an `oci://` URL has `type: oci`, and one with `type: oci` has such a URL.

## Why it matters

Flux does not fetch the index of such a repository: the source is never ready, and no chart of it is installed.

## Example

```yaml
kind: HelmRepository
spec:
  url: oci://public.ecr.aws/karpenter
```

## Use instead

```yaml
type: oci
url: oci://public.ecr.aws/karpenter
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.releases import SOURCES
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "helm/repository-type",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Flux, source-controller, HelmRepository spec.type and spec.url",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Repositories of the wrong type."""
    for item in cluster.kind(SOURCES, "HelmRepository"):
        value = item.value
        url, kind = text(get(value, "spec", "url")), text(get(value, "spec", "type"))
        if url.startswith("oci://") and kind != "oci":
            message = f"`{url}` is an OCI registry, but `type` is {f'`{kind}`' if kind else 'not set'}: set `type: oci`"
            yield hit(item, message, ("spec", "type") if kind else ("spec", "url"))
        elif kind == "oci" and url.startswith(("http://", "https://")):
            message = f"`type: oci`, but `{url}` is no `oci://` URL: remove `type`, or give the registry's URL"
            yield hit(item, message, ("spec", "type"))
