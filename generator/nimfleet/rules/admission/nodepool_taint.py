"""A taint of a NodePool is there twice, or is none.

## What it checks

No two entries of `taints` and `startupTaints` of a NodePool, taken together, have the same key and effect;
the name in a key, and the value, have at most 63 characters.

## Why it matters

The API server takes the NodePool, but Karpenter's own validation fails: the NodePool is not ready, and no
node is made of it.

## Example

```yaml
kind: NodePool
spec:
  template:
    spec:
      taints:
        - {key: nvidia.com/gpu, effect: NoSchedule}
      startupTaints:
        - {key: nvidia.com/gpu, effect: NoSchedule}
```

## Use instead

```yaml
taints:
  - {key: nvidia.com/gpu, effect: NoSchedule}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, sequence, text
from nimfleet.rules.admission.names import qualified_name_problem
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedNodePool


@rule(
    "admission/nodepool-taint",
    subject=AdmittedNodePool,
    severity=Severity.ERROR,
    source="Karpenter 1.14, sigs.k8s.io/karpenter pkg/apis/v1/nodeclaim_validation.go, validateTaintsField",
)
def check(subject: AdmittedNodePool) -> Iterator[Hit]:
    """Pairs of key and effect that were there before, and names that are too long."""
    seen: set[tuple[str, str]] = set()
    for name in ("taints", "startupTaints"):
        for index, taint in enumerate(sequence(get(subject.spec, "template", "spec", name))):
            key, effect = text(get(taint, "key")), text(get(taint, "effect"))
            at = ("template", "spec", name, index)
            if key and (key, effect) in seen:
                message = f"a second taint {key}:{effect} in taints and startupTaints: Karpenter takes each once"
                yield hit(subject, message, *at)
            seen.add((key, effect))
            for part, value in (("key", key), ("value", text(get(taint, "value")))):
                problem = qualified_name_problem(value) if value else ""
                if problem:
                    yield hit(subject, f"'{value}' cannot be the {part} of a taint: {problem}", *at, part)
