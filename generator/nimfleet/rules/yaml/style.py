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
    """yamllint's remarks; syntax errors and duplicate keys have rules of their own."""
    from yamllint import linter  # noqa: PLC0415 - slow to import, and not needed when every file is generated

    if subject.text.lstrip("# \t").startswith("yamllint"):
        problems = linter.run(subject.text, subject.config, subject.file)
    else:
        # `run` without its search for syntax errors, which takes as long and has been done; only it knows
        # `# yamllint disable-file`.
        problems = linter.get_cosmetic_problems(subject.text, subject.config, subject.file)
    for problem in problems:
        if problem.rule is None or problem.rule == "key-duplicates":
            continue
        place = Place(subject.file, problem.line, problem.column)
        yield Hit(place, f"{problem.desc} (yamllint: {problem.rule})")
