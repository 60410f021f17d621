"""The folder of a whole cluster is removed.

## What it checks

A folder with an environment.yaml, or the one that a cluster's first Flux Kustomization applies, that the base has
and that is no longer here.

## Why it matters

Flux in that cluster fails to find its path, and changes nothing: everything runs on, and costs, and nothing in the
repository says so.

## Example

```yaml
# clusters/dev/ was deleted
```

## Use instead

First remove what is to go (the models, then what they need, in two commits), and see Flux delete it. Or end the
cluster itself. Then delete the folder.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Cluster
from nimfleet.rules.transition.words import count


@rule(
    "transition/environment-removed",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux: a Kustomization whose path does not exist is not reconciled",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Clusters that are gone."""
    if subject.removed:
        objects = sorted(subject.all_before(), key=lambda item: (item.object.folder, str(item.id)))
        message = (
            f"{subject.folder} is in {subject.base} but no longer here: Flux in that cluster finds no path, and leaves all "
            f"that it has applied as it is ({count(len(objects))}); remove what is to go first, or end the cluster"
        )
        yield Hit(subject.place_of(objects[0]), message, str(objects[0].id))
