"""A version of a custom resource is taken away that is still needed.

## What it checks

A CustomResourceDefinition that the base has loses a version, or no longer serves it, while objects here are
written in it; or it loses the version that objects are stored in.

## Why it matters

Objects in a version that is not served cannot be applied. A version in which objects are stored cannot be removed:
the API server refuses the CRD until they have been stored anew and `status.storedVersions` says so.

## Example

```yaml
kind: CustomResourceDefinition
spec:
  versions:
    - name: v1        # v1beta1, in which objects are stored, is gone
      served: true
      storage: true
```

## Use instead

In steps: serve both and store the new one; write all objects in the new version; store them anew (kube-storage-
version-migrator, or an update of each); take the old version out of `status.storedVersions`; then remove it.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update, at, items, text
from nimfleet.rules.transition.frozen import stuck
from nimfleet.rules.transition.words import some


@rule(
    "transition/crd-version",
    subject=Update,
    severity=Severity.ERROR,
    source="Kubernetes: ValidateCustomResourceDefinitionUpdate (status.storedVersions); versions of CRDs",
)
def check(subject: Update) -> Iterator[Hit]:
    """Versions that went, and who needs them."""
    identity = subject.after.id
    if (identity.group, identity.kind) != ("apiextensions.k8s.io", "CustomResourceDefinition"):
        return
    group, kind = text(subject.new, "spec", "group"), text(subject.new, "spec", "names", "kind")
    now = {text(item, "name"): index for index, item in enumerate(items(at(subject.new, "spec", "versions")))}
    for version in items(at(subject.old, "spec", "versions")):
        name = text(version, "name")
        index = now.get(name)
        if index is None and at(version, "storage") is True:
            message = (
                f"version {name} of {identity.name} is gone, in which {subject.base} stores objects: {stuck(subject)}; "
                "store the new version first, have all objects stored anew, and remove the old one then"
            )
            yield Hit(subject.place(("spec", "versions")), message, str(identity), ("spec", "versions"))
            continue
        gone = index is None or at(subject.new, "spec", "versions", index, "served") is not True
        users = [item for item in subject.cluster.has(group, kind) if item.id.version == name]
        if at(version, "served") is True and gone and users:
            pointer = ("spec", "versions") if index is None else ("spec", "versions", index, "served")
            message = (
                f"version {name} of {identity.name} is no longer served, and still used by {some(users)}: Flux "
                "would fail to apply it every time; write all objects in another version first"
            )
            yield Hit(subject.place(pointer), message, str(identity), pointer)
