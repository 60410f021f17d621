"""yamllint has a remark on the style of a file.

## What it checks

Runs yamllint with the configuration that the repository has at its root (`.yamllint`, `.yamllint.yaml` or
`.yamllint.yml`), else with yamllint's defaults but for lines up to 160 characters, no `---` needed, and no
remarks on truthy keys. Generated files that are exactly what nimfleet renders are not looked at again.

## Why it matters

Consistent files make small diffs; some remarks, such as values that read as booleans, are mistakes that
wait to happen.

## Example

```yaml
metadata:
    name: nim
    labels:
      app:   nim
```

## Use instead

```yaml
metadata:
  name: nim
  labels:
    app: nim
```

Or change the rule in `.yamllint.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.repository.model import Place
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import StyledText


@rule(
    "yaml/style",
    subject=StyledText,
    severity=Severity.WARNING,
    source="yamllint, https://yamllint.readthedocs.io",
)
def check(subject: StyledText) -> Iterator[Hit]:
    """Each remark, as yamllint says it."""
    for line, column, words, name in subject.remarks:
        yield Hit(Place(subject.file, line, column), f"{words} (yamllint: {name})")
