"""A change that makes Flux delete an object and create it anew.

## What it checks

A part that cannot be changed differs, and Flux was told to force its way: `force: true` in the Kustomization, or
`kustomize.toolkit.fluxcd.io/force: enabled` on the object, also on the one that the cluster still has.

## Why it matters

Flux deletes the object and creates it anew. For a StorageClass that is harmless; a Deployment's pods are all gone
for a while; a claim takes its data with it, a CRD every object of its kind.

## Example

```yaml
kind: Deployment
metadata:
  name: web
  annotations:
    kustomize.toolkit.fluxcd.io/force: enabled
spec:
  selector:
    matchLabels: {app: web-2}   # was web
```

## Use instead

Where the gap is not meant: another name, and the old object removed later. Without force Flux would say that it
cannot, and change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.manifest.pointer import dotted
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import NIM, Update
from nimfleet.rules.transition.frozen import frozen

_CONSEQUENCES = {
    (
        "",
        "PersistentVolumeClaim",
    ): "its data is lost where the reclaim policy is Delete, and pods that use it hold it up",
    ("", "PersistentVolume"): "the claim that is bound to it is lost",
    ("", "Service"): "it has no address for a moment, and then another",
    ("", "Secret"): "pods that start meanwhile wait for it",
    ("", "ConfigMap"): "pods that start meanwhile wait for it",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "every object of its kind goes with it",
    ("apps", "DaemonSet"): "all its pods are gone until new ones are ready",
    ("apps", "Deployment"): "all its pods are gone until new ones are ready",
    ("apps", "StatefulSet"): "all its pods are gone until new ones are ready; its claims stay",
    ("batch", "Job"): "it runs again",
    ("storage.k8s.io", "StorageClass"): "volumes that exist do not change",
    (NIM, "NIMCache"): "the model is downloaded again, and its old volume is lost where the reclaim policy is Delete",
    (NIM, "NIMService"): "it answers nothing until its pods are ready again",
    (NIM, "NIMPipeline"): "its services answer nothing until their pods are ready again",
}


@rule(
    "transition/recreated",
    subject=Update,
    severity=Severity.WARNING,
    source="Flux: server-side apply, ForceSelector and Kustomization spec.force",
)
def check(subject: Update) -> Iterator[Hit]:
    """Objects with a refused difference that Flux forces."""
    after = subject.after
    if not subject.forced:
        return
    differences = [
        *(found.pointer for found in frozen(subject) if found.rule != "nim-change-ignored" and found.forceable),
        *(found.pointer for found in subject.broken),
    ]
    if differences:
        where = differences[0]
        if after.marked("force", "enabled"):
            asked = "annotation"
        elif subject.before.marked("force", "enabled"):
            asked = "the annotation that the object has in the cluster"
        else:
            asked = f"spec.force of {after.flux}"
        consequence = _CONSEQUENCES.get((after.id.group, after.id.kind), "it is gone for a moment")
        message = (
            f"{dotted(where)} of {after.id.kind} cannot be changed once it exists (differs from {subject.base}): "
            f"as it is told to ({asked}), Flux deletes the object and creates it anew; {consequence}"
        )
        yield Hit(subject.place(where), message, str(after.id), where)
