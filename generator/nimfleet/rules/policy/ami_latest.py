"""The AMI of nodes changes whenever AWS publishes one.

## What it checks

`amiSelectorTerms` of an EC2NodeClass: an alias with a version (not `@latest`), no pattern in a name, and no
SSM parameter that means the recommended or latest one. Asked in profile production.

## Why it matters

Every new AMI makes all nodes drift in all clusters at the same time, in production as early as in development,
and without a commit that could be reverted. With it come other versions of the kernel and of the NVIDIA driver.

## Example

```yaml
kind: EC2NodeClass
spec:
  amiSelectorTerms:
    - alias: al2023@latest
```

## Use instead

```yaml
amiSelectorTerms:
  - alias: al2023@v20260903
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import items, text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/ami-latest",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Karpenter: Managing AMIs (pin a version in production); NodeClasses, spec.amiSelectorTerms",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """AMIs that move."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for item in cluster.kind("karpenter.k8s.aws", "EC2NodeClass"):
        for pointer, term in items(item.value, "spec", "amiSelectorTerms"):
            alias, name, parameter = (text(term.get(key)) for key in ("alias", "name", "ssmParameter"))
            if alias.endswith("@latest") and not alias.startswith("windows"):
                message = (
                    f"`{alias}` moves with every release of AWS, and all nodes drift at once; pin a version, such as "
                    f"`{alias.removesuffix('latest')}v20260903`"
                )
                yield hit(item, message, (*pointer, "alias"))
            elif "*" in name:
                message = f"`{name}` takes the newest AMI that matches, and all nodes drift at once; name one AMI"
                yield hit(item, message, (*pointer, "name"))
            elif "/recommended" in parameter or "/latest" in parameter:
                message = (
                    f"`{parameter}` moves with every release of AWS, and all nodes drift at once; name the parameter of a "
                    "release"
                )
                yield hit(item, message, (*pointer, "ssmParameter"))
