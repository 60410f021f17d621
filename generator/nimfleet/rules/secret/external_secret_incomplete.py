"""An ExternalSecret that fetches nothing.

## What it checks

An ExternalSecret has `data` or `dataFrom`, and each of their entries a store: `secretStoreRef`, or `sourceRef` of its
own.

## Why it matters

The webhook of external-secrets refuses it, or the object stays in `SecretSyncedError`; the Secret that pods wait for
is never made.

## Example

```yaml
kind: ExternalSecret
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: aws-secrets-manager}
  target: {name: ngc-api-secret}
```

## Use instead

Keep the key in a store and name it, or encrypt the Secret with SOPS (`make secrets` does either).

```yaml
kind: ExternalSecret
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: aws-secrets-manager}
  data:
    - secretKey: key
      remoteRef: {key: nvidia-nim-eks/ngc, property: NGC_API_KEY}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.manifest.walk import get, items, mapping, sequence, text
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.secret import hit
from nimfleet.rules.subjects import ExternalSecretManifest


@rule(
    "secret/external-secret-incomplete",
    subject=ExternalSecretManifest,
    severity=Severity.ERROR,
    source=(
        "external-secrets v2.9.0, apis/externalsecrets/v1/externalsecret_validator.go, "
        "validateExternalSecret; pkg/controllers/externalsecret/externalsecret_controller_secret.go"
    ),
)
def check(subject: ExternalSecretManifest) -> Iterator[Hit]:
    """What is missing."""
    spec, pointer = subject.spec, subject.pointer
    if not isinstance(spec, dict):
        return
    entries = [*items(spec, "data"), *items(spec, "dataFrom")]
    if not entries:
        if not sequence(spec.get("data")) and not sequence(spec.get("dataFrom")):
            message = (
                "this ExternalSecret has neither `data` nor `dataFrom`: it fetches nothing, and is refused; add `data`"
            )
            yield hit(subject.document, message, pointer)
        return
    if text(get(spec, "secretStoreRef", "name")):
        return
    for where, entry in entries:
        source = mapping(entry.get("sourceRef"))
        if not (source.get("storeRef") or source.get("generatorRef")):
            message = "neither this entry has a `sourceRef` nor the ExternalSecret a `secretStoreRef`: name the store"
            yield hit(subject.document, message, (*pointer, *where))
            return
