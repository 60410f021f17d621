"""Encrypted secrets are applied without being decrypted.

## What it checks

A Flux Kustomization that applies an object which SOPS has encrypted has `spec.decryption` with `provider: sops`.

## Why it matters

Flux applies the encrypted text itself: the API server refuses the unknown field `sops`, or pods get `ENC[…]` as their
password.

## Example

```yaml
kind: Kustomization
metadata: {name: secrets}
spec:
  path: ./clusters/dev/custom/secrets
```

## Use instead

```yaml
kind: Kustomization
metadata: {name: secrets}
spec:
  path: ./clusters/dev/custom/secrets
  decryption:
    provider: sops
    secretRef: {name: sops-age}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import may_be_patched
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.secrets.kubernetes import is_sops


@rule(
    "secret/not-decrypted",
    subject=Cluster,
    severity=Severity.ERROR,
    source="fluxcd/kustomize-controller, docs/spec/v1/kustomizations.md, Decryption",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Kustomizations without decryption."""
    for unit in subject.units:
        if text(get(unit.kustomization.value, "spec", "decryption", "provider")) == "sops" or may_be_patched(
            subject, unit
        ):
            continue
        for item in unit.objects:
            if item.id.kind == "Secret" and is_sops(item.value):
                message = (
                    f"{item.id} is encrypted by SOPS, but `{unit.id.name}` applies it without `decryption`: add "
                    "`decryption: {provider: sops, secretRef: {name: sops-age}}`"
                )
                yield hit(unit.kustomization, message, ("spec",))
                break
