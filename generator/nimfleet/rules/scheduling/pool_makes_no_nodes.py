"""A NodePool allows no instance type.

## What it checks

The requirements and labels of a NodePool, its `minValues` and what its EC2NodeClass allows leave at least one EC2
instance type, a capacity type (`reserved` needs `capacityReservationSelectorTerms`) and room for one pod beside the
daemons (`kubelet.maxPods`), and its zones are of the region of the cluster: the one that the environment names, else
that of most NodePools of a whole cluster. Limits do not count, as they may be there to stop a pool; values of one key
that exclude each other are `admission/nodepool-contradiction`.

## Why it matters

Karpenter takes requirements together, and makes no node where nothing meets them all. Every pod for this pool stays
Pending.

## Example

```yaml
kind: NodePool
spec:
  template:
    spec:
      requirements:
        - key: karpenter.k8s.aws/instance-family
          operator: In
          values: [g6]
        - key: kubernetes.io/arch
          operator: In
          values: [arm64]
```

## Use instead

```yaml
requirements:
  - key: karpenter.k8s.aws/instance-family
    operator: In
    values: [g6]
  - key: kubernetes.io/arch
    operator: In
    values: [amd64]
```
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, World
from nimfleet.cluster.scheduling.labels import ZONE, normal
from nimfleet.cluster.scheduling.model import Constraint, ConstraintKind, PoolVerdict
from nimfleet.cluster.scheduling.schedule import barren
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, integer, items, sequence, text
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.admission.names import WELL_KNOWN_VALUES
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.misfits import Reason, contradiction, misfits, quoted

_REGION = re.compile(r"([a-z]{2}(?:-[a-z]+)+-[0-9])(?:[a-z]|-[a-z]+-[0-9][a-z])")


@rule(
    "scheduling/pool-makes-no-nodes",
    subject=Cluster,
    severity=Severity.ERROR,
    source="karpenter-provider-aws 1.14.1, instance type reference; sigs.k8s.io/karpenter pkg/scheduling/requirements.go",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Pools whose own constraints contradict, and those whose zones are of another region; each once."""
    dead = cluster.once(barren)
    more = {id(misfit.verdict.object): misfit.verdict for misfit in cluster.once(misfits).get(Reason.POOL, ())}
    elsewhere = dict(_elsewhere(cluster))
    for pool in cluster.kind("karpenter.sh", "NodePool"):
        verdict = dead.get(id(pool)) or more.get(id(pool))
        if verdict is not None:
            if not _is_told(pool, verdict.conflict):
                yield _hit(pool, verdict)
        elif id(pool) in elsewhere:
            pointer, message = elsewhere[id(pool)]
            yield hit(pool, message, pointer)


def _hit(pool: KubeObject, verdict: PoolVerdict) -> Hit:
    explanation = verdict.explain()
    conflict, touched = explanation.conflict, explanation.touched
    places = touched if touched and all(each.object is pool for each in touched) else conflict
    fix = f"; {quoted(explanation.fix)}" if explanation.fix else "; change one of them"
    if any(each.kind is ConstraintKind.PODS for each in conflict):
        # Of a node without room, the types that remain are not what is wrong.
        conflict = tuple(each for each in conflict if each.kind is ConstraintKind.PODS)
        places = conflict
    message = f"NodePool `{verdict.pool}` can make no node: {contradiction(conflict)}{fix}"
    place = next((each for each in places if each.object is not None), None)
    if place is None or place.object is None:
        return hit(pool, message, ("spec",))
    return hit(place.object, message, place.pointer)


def _is_told(pool: KubeObject, conflict: tuple[Constraint, ...]) -> bool:
    """Whether other rules speak of it: requirements of one label without a common value (admission/nodepool-contradiction),
    values that there are not (admission/nodepool-requirement), and more minValues than values (schema/cel)."""
    keys = set()
    for constraint in conflict:
        known = WELL_KNOWN_VALUES.get(text(get(pool.value, *constraint.pointer[:5], "key")))
        if known is not None and known.isdisjoint(
            map(str, sequence(get(pool.value, *constraint.pointer[:5], "values")))
        ):
            return True
        if constraint.object is not pool or "requirements" not in constraint.pointer:
            labels = constraint.pointer[:4] == ("spec", "template", "metadata", "labels")
            if constraint.object is not pool or not labels:
                return False
            keys.add(normal(str(constraint.pointer[-1])))
            continue
        requirement = get(pool.value, *constraint.pointer[:5])
        keys.add(normal(text(get(requirement, "key"))))
        if constraint.kind is ConstraintKind.MIN_VALUES:
            if get(requirement, "operator") == "In" and len(sequence(get(requirement, "values"))) < integer(
                get(requirement, "minValues")
            ):
                return True
        elif get(requirement, "operator") not in ("In", "NotIn"):
            return False
    return len(conflict) > 1 and len(keys) == 1 and all(c.kind is not ConstraintKind.MIN_VALUES for c in conflict)


def _elsewhere(cluster: Cluster) -> Iterator[tuple[int, tuple[Pointer, str]]]:
    """Pools all of whose zones are of another region than the cluster."""
    found = []
    for pool in cluster.kind("karpenter.sh", "NodePool"):
        for path, requirement in items(pool.value, "spec", "template", "spec", "requirements"):
            if normal(text(requirement.get("key"))) == ZONE and requirement.get("operator") == "In":
                zones = [text(zone) for zone in sequence(requirement.get("values"))]
                regions = {match[1] if (match := _REGION.fullmatch(zone)) else "" for zone in zones}
                if zones and "" not in regions:
                    found.append((pool, path, regions, zones[0]))
    region = _region(cluster, [regions for _, _, regions, _ in found])
    for pool, path, regions, zone in found:
        if region and region not in regions:
            whose = "the cluster is in" if cluster.plan is not None else "the other zones here are of"
            message = (
                f"NodePool `{pool.id.name}` can make no node: its zones, such as `{zone}`, are of region "
                f"`{min(regions)}`, and {whose} `{region}`; name zones of `{region}`"
            )
            yield id(pool), (path, message)


def _region(cluster: Cluster, regions: list[set[str]]) -> str:
    """The region of the cluster: of the environment, else that of most pools; ``""`` where that is not clear. A folder may hold
    pools of several clusters."""
    if cluster.plan is not None:
        return cluster.plan.intent.cluster.region
    if cluster.world is not World.COMPLETE:
        return ""
    counts = Counter(region for each in regions for region in each).most_common(2)
    return counts[0][0] if len(counts) > 1 and counts[0][1] > counts[1][1] else ""
