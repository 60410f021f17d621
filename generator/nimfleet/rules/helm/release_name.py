"""Helm refuses the name of a release.

## What it checks

`releaseName` of a HelmRelease has lower case letters, digits, `-` and `.`, and begins and ends with a letter or
digit.

## Why it matters

The API server takes the name, and Helm refuses it: nothing is ever installed.

## Example

```yaml
kind: HelmRelease
spec:
  releaseName: NIM_Operator
```

## Use instead

```yaml
releaseName: nim-operator
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nimfleet.cluster.helm.releases import releases
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.helm import on
from nimfleet.rules.registry import Hit, rule

_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")


@rule(
    "helm/release-name",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Helm, chartutil.ValidateReleaseName",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Names that Helm does not take."""
    for release in releases(cluster):
        name = release.spec.get("releaseName")
        if isinstance(name, str) and name and "${" not in name and _NAME.fullmatch(name) is None:
            better = re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")
            instead = f", such as `{better}`" if better else ""
            yield on(
                release,
                f"Helm refuses the release name `{name}`: write it in lower case with `-`{instead}",
                "releaseName",
            )
