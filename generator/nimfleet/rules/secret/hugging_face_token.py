"""A Hugging Face token in plain text.

## What it checks

Tokens that begin with `hf_` or `api_org_` anywhere in a text file, also in base64.

## Why it matters

Git keeps it for ever, also when the line is deleted, in every clone and every fork. Whoever reads it can use it.

## Example

```yaml
env:
  - name: HF_TOKEN
    value: hf_…
```

## Use instead

```yaml
env:
  - name: HF_TOKEN
    valueFrom:
      secretKeyRef: {name: hf-token, key: HF_TOKEN}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.secret import leaked
from nimfleet.rules.subjects import FoundSecret
from nimfleet.secrets.shapes import Kind


@rule(
    "secret/hugging-face-token",
    subject=FoundSecret,
    severity=Severity.ERROR,
    source="Hugging Face Hub documentation, User access tokens",
)
def check(subject: FoundSecret) -> Iterator[Hit]:
    """Secrets of this kind."""
    remedy = "revoke it at huggingface.co/settings/tokens, and take the new one from a Secret by `secretKeyRef`"
    yield from leaked(subject, Kind.HUGGING_FACE_TOKEN, remedy)
