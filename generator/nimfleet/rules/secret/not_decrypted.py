"""Encrypted secrets are applied without being decrypted.

## What it checks

A Flux Kustomization that applies an object which SOPS has encrypted has `spec.decryption` with `provider: sops`, and the
object has no annotation that turns decryption off. (A SopsSecret is decrypted by its own operator.)

## Why it matters

Flux drops the field `sops` from kinds of Kubernetes, and applies the encrypted text itself: pods get `ENC[…]` as their
password. Only what no text can be (`data`, which is base64, or the JSON of a pull secret) is refused, and so is the
unknown field `sops` of a custom resource.

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

_SWITCH = ("metadata", "annotations", "kustomize.toolkit.fluxcd.io/decrypt")


@rule(
    "secret/not-decrypted",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "fluxcd/kustomize-controller 1.9.4, docs/spec/v1/kustomizations.md, Decryption; internal/decryptor; fluxcd/pkg "
        "ssa/normalize, which drops what a kind of Kubernetes does not have"
    ),
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Kustomizations without decryption, and objects that are left out of it."""
    for unit in subject.units:
        decrypts = text(get(unit.kustomization.value, "spec", "decryption", "provider")) == "sops"
        if not decrypts and may_be_patched(subject, unit):
            continue
        for item in unit.objects:
            if item.id.kind == "SopsSecret" or not is_sops(item.value):
                continue
            if not decrypts:
                message = (
                    f"{item.id} is encrypted by SOPS, but `{unit.id.name}` applies it without `decryption`: add "
                    "`decryption: {provider: sops, secretRef: {name: sops-age}}`"
                )
                yield hit(unit.kustomization, message, ("spec",))
                break
            if text(get(item.value, *_SWITCH)).lower() == "disabled":
                message = (
                    f"{item.id} is encrypted by SOPS, and this annotation keeps Flux from decrypting it: the encrypted text "
                    "itself would be applied; remove it"
                )
                yield hit(item, message, _SWITCH)
