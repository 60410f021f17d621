"""A generated file is not what environment.yaml renders to.

## What it checks

The environment is rendered in memory and compared, byte for byte, with the generated files on disk. The
first line that differs is reported.

## Why it matters

The next `nimfleet render` would undo a change that was made by hand, perhaps in production at night; or
environment.yaml was changed and the tree was not rendered, so that the cluster does not get what the file
says.

## Example

```yaml
# clusters/prod/models/llama/nimservice.yaml, edited by hand
spec:
  replicas: 3
```

## Use instead

```yaml
# clusters/prod/environment.yaml
models:
  llama:
    replicas: 3
```

Then run `nimfleet render`. What environment.yaml cannot say goes into a patch under `custom/`.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import Drift


@rule(
    "drift/edited",
    subject=Drift,
    severity=Severity.ERROR,
    source="`nimfleet render`: the tree is a function of environment.yaml and nimfleet's version",
)
def check(subject: Drift) -> Iterator[Hit]:
    """Files of this kind of drift."""
    if subject.kind == "line-ends":
        yield Hit(
            subject.place,
            "this generated file has CRLF line ends, and rendering writes LF; run `nimfleet render`, and let "
            ".gitattributes keep them (`* text=auto eol=lf`)",
        )
    elif subject.kind == "edited":
        yield Hit(
            subject.place,
            f"this generated file is not what {subject.environment} and custom/ render to, from this line on; run "
            "`nimfleet render`, and put a change that was made here into environment.yaml or custom/ first",
        )
