"""A .sops.yaml that leaves secrets plain, or encrypts too much.

## What it checks

Of `.sops.yaml`: there are creation rules; each has expressions that compile, names recipients, and says in one way only what
to encrypt; its `encrypted_regex` encrypts `data` and `stringData`, and not `kind` or `metadata`, which Flux wants in
plain text; and every file in a `custom/secrets` folder has a rule. A file named `.sops.yml` is none that SOPS reads.

## Why it matters

`sops encrypt` takes the first rule whose path fits, and does what it says: a wrong one leaves the key in plain text
in a file that looks encrypted, or makes a file of which nobody can tell what it is.

## Example

```yaml
creation_rules:
  - path_regex: .*\\.yaml$
    encrypted_regex: ^data$
    age: age1…
```

## Use instead

```yaml
creation_rules:
  - path_regex: clusters/[^/]+/custom/secrets/.*\\.ya?ml$
    encrypted_regex: ^(data|stringData)$
    age: age1…
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nimfleet.manifest.parse import Document
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.secret import hit
from nimfleet.rules.subjects import SopsConfig
from nimfleet.secrets.sops import CONFIG_NAME, CreationRule, creation_rules


@rule(
    "secret/sops-rule",
    subject=SopsConfig,
    severity=Severity.WARNING,
    source="getsops/sops, config/config.go; Flux documentation, Manage Kubernetes secrets with SOPS",
)
def check(subject: SopsConfig) -> Iterator[Hit]:
    """Faults of creation rules."""
    document = subject.document
    if document.file.rpartition("/")[2] != CONFIG_NAME:
        yield hit(document, f"SOPS reads only `{CONFIG_NAME}`, and ignores this file: rename it")
        return
    rules = list(creation_rules(document.value))
    if not rules:
        if not get(document.value, "destination_rules"):
            yield hit(
                document,
                "there are no `creation_rules`: SOPS does not know which keys encrypt which file",
                ("creation_rules",),
            )
        return
    for entry in rules:
        yield from _of_rule(document, entry, subject.secrets)
    uncovered = [path for path in subject.secrets if not any(entry.covers(path) for entry in rules)]
    if uncovered and not any(entry.fault for entry in rules):
        more = f" and {len(uncovered) - 1} more" if len(uncovered) > 1 else ""
        message = (
            f"no rule has a `path_regex` for `{uncovered[0]}`{more}: SOPS would refuse to encrypt it, so it stays plain"
        )
        yield hit(document, message, ("creation_rules",))


def _of_rule(document: Document, entry: CreationRule, secrets: Sequence[str]) -> Iterator[Hit]:
    if entry.fault:
        yield hit(
            document, f"`{entry.fault}` is no regular expression: SOPS refuses the file", (*entry.pointer, entry.fault)
        )
        return
    if not entry.recipients:
        message = "this rule names no recipients (`age`, `pgp`, `kms`): SOPS has no key to encrypt with"
        yield hit(document, message, entry.pointer)
    if len(entry.selectors) > 1:
        names = " and ".join(f"`{name}`" for name in entry.selectors)
        message = f"this rule has {names}, of which SOPS takes only one: it refuses to encrypt; keep `encrypted_regex`"
        yield hit(document, message, (*entry.pointer, entry.selectors[-1]))
        return
    regex: Pointer = (*entry.pointer, "encrypted_regex")
    # Rules for other files, such as values of charts, select what they want.
    covers = any(map(entry.covers, secrets))
    if not covers and (entry.encrypted is None or entry.encrypted.search("-") or len(entry.missed()) == 2):
        return
    if missed := entry.missed():
        fields = " and ".join(f"`{field}`" for field in missed)
        message = f"`encrypted_regex` leaves {fields} of a Secret in plain text: make it `^(data|stringData)$`"
        yield hit(document, message, regex)
    elif excess := entry.excess():
        fields = ", ".join(f"`{field}`" for field in excess)
        message = f"this rule also encrypts {fields}, which Flux wants in plain text: add `encrypted_regex: ^(data|stringData)$`"
        yield hit(document, message, regex)
