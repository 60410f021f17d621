"""A variable of a Flux Kustomization has a name that no variable can have.

## What it checks

Keys of `postBuild.substitute` of a Kustomization consist of letters, digits and `_`, and do not begin with
a digit.

## Why it matters

The build fails every time, and nothing of the Kustomization is applied.

## Example

```yaml
kind: Kustomization
spec:
  postBuild:
    substitute:
      cluster-name: demo
```

## Use instead

```yaml
postBuild:
  substitute:
    cluster_name: demo
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, mapping
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedKustomization

_NAME = re.compile("[_A-Za-z][_A-Za-z0-9]*")


@rule(
    "admission/kustomization-variable",
    subject=AdmittedKustomization,
    severity=Severity.ERROR,
    source=("Flux, fluxcd/pkg kustomize, SubstituteVariables: names must match ^[_[:alpha:]][_[:alpha:][:digit:]]*$"),
)
def check(subject: AdmittedKustomization) -> Iterator[Hit]:
    """Names that Flux refuses."""
    for name in mapping(get(subject.spec, "postBuild", "substitute")):
        if not _NAME.fullmatch(str(name)):
            message = f"'{name}' is no name of a variable: letters, digits and _ make one, and no digit comes first"
            yield hit(subject, message, "postBuild", "substitute", name)
