"""The file has conflict markers of an unfinished merge.

## What it checks

No line may begin with `<<<<<<<`, `|||||||` or `>>>>>>>`. The first one is reported; the file is not read
further.

## Why it matters

`git merge` and `copier update` leave both sides in the file for a person to choose. Committed as it is, the
file is not YAML, and Flux stops syncing.

## Example

```yaml
<<<<<<< before updating
replicas: 2
=======
replicas: 3
>>>>>>> after updating
```

## Use instead

Keep the side that is right, delete the marker lines, and run `nimfleet render` when the file is an
environment.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import TextProblem
from nimfleet.rules.yaml import hit_of


@rule(
    "yaml/conflict-marker",
    subject=TextProblem,
    severity=Severity.ERROR,
    source="git merge: conflict markers `<<<<<<<`, `|||||||`, `>>>>>>>`",
)
def check(subject: TextProblem) -> Iterator[Hit]:
    """Hits of problems with the code ``conflict-marker``."""
    if subject.problem.code == "conflict-marker":
        yield hit_of(subject.problem)
