"""What to say of a reference that leads nowhere."""

from __future__ import annotations

from nimfleet.cluster.model import Cluster, World
from nimfleet.cluster.references.model import Reach, Reference, Thing
from nimfleet.cluster.references.resolve import Dangling, Fault
from nimfleet.suggest import listing

_KEYS = {"Service": "port", "Gateway": "listener"}


def sentence(cluster: Cluster, found: Dangling, consequence: str) -> str:
    """Two or three sentences: what is wrong, what comes of it, what to do, and who else lacks the same."""
    said = _said(cluster, found, consequence)
    sources = list(dict.fromkeys(str(other.source.id) for other in found.others))
    others = [name for name in sources if name != str(found.reference.source.id)]
    if not others:
        return said
    more = f" and {len(others) - 2} more" if len(others) > 3 else ""
    named = ", ".join(others[:2] if more else others)
    return f"{said}{'' if said.endswith('?') else '.'} The same goes for {named}{more}"


def _said(cluster: Cluster, found: Dangling, consequence: str) -> str:
    reference, thing = found.reference, found.thing
    what = f"{reference.target.kind} `{reference.name}`"
    where = f" in namespace `{reference.namespace}`" if reference.namespace else ""
    if found.fault is Fault.KEY and found.key is not None and thing is not None:
        return _about_key(found, what, where, consequence)
    if found.fault is Fault.TYPE and thing is not None:
        return (
            f"{what}{where} has the type `{thing.type}`, and only `kubernetes.io/dockerconfigjson` serves to pull images: "
            f"{consequence}"
        )
    if found.fault is Fault.ELSEWHERE and thing is not None:
        return (
            f"{what} is in namespace `{thing.namespace}`, and {_who(reference)} looks for it in `{reference.namespace}`: "
            f"{consequence}. {_together(reference, thing)}"
        )
    if found.fault is Fault.GENERATED and thing is not None:
        return (
            f"kustomize calls the generated {reference.target.kind} `{thing.name}`, and does not change this name along with it: "
            f"{consequence}. Set `disableNameSuffixHash: true` in the generator's `options`"
        )
    if found.fault is Fault.OTHER_KIND and thing is not None:
        return (
            f"`{reference.name}` is {_a(thing.target.kind)}, and {_a(reference.target.kind)} is asked for: {consequence}. "
            f"Ask for the kind {thing.target.kind}"
        )
    if found.fault is Fault.UNLISTED and thing is not None and thing.source is not None:
        file = thing.source.place(()).file
        return (
            f"Flux does not apply {what}{where}, as the kustomization beside `{file}` does not list that file: {consequence}. "
            f"Add `{file.rpartition('/')[2]}` to its `resources`"
        )
    if found.fault is Fault.OFF:
        return f"service `{reference.name}` of this pipeline is off (`enabled: true` is not set): {consequence}"
    said = f"there is no {what}{where}: {consequence}."
    if found.near:
        return f"{said} Did you mean `{found.near}`?"
    if cluster.world is World.COMPLETE and reference.target.reach is Reach.COMMON:
        bringer = _BRINGERS.get((reference.target.kind, reference.name))
        return f"{said} {bringer or declare(reference)}"
    return said.rstrip(".")


_BRINGERS = {
    ("IngressClass", "alb"): "The chart aws-load-balancer-controller brings it",
    ("IngressClass", "nginx"): "The chart ingress-nginx brings it",
    (
        "RuntimeClass",
        "nvidia",
    ): "The chart gpu-operator brings it; EKS images for GPUs need none, so that it can be left out",
    (
        "StorageClass",
        "gp3",
    ): "EKS makes only `gp2`: declare a StorageClass of this name with the provisioner ebs.csi.aws.com",
}


def declare(reference: Reference) -> str:
    """How to say in nimfleet.toml that it comes from elsewhere."""
    parts = [f'kind = "{reference.target.kind}"', f'name = "{reference.name}"']
    if reference.namespace:
        parts.append(f'namespace = "{reference.namespace}"')
    keys = [key.name for key in reference.keys if "|" not in key.name]
    if keys and reference.target.kind in ("Secret", "ConfigMap"):
        parts.append("keys = [" + ", ".join(f'"{key}"' for key in keys) + "]")
    return f"If it comes from elsewhere, say so in nimfleet.toml: `[[external]]` with {', '.join(parts)}"


def _who(reference: Reference) -> str:
    return f"{reference.source.id.kind} `{reference.source.id.name}`"


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "AEIOU" else f"a {kind}"


def _together(reference: Reference, thing: Thing) -> str:
    if reference.role in ("address", "host", "dependency"):
        return f"Its address is `{reference.name}.{thing.namespace}.svc`"
    if reference.says_namespace:
        return f"Set `namespace: {thing.namespace}` beside the name"
    return "Put both into one namespace"


def _about_key(found: Dangling, what: str, where: str, consequence: str) -> str:
    assert found.key is not None  # noqa: S101 - of the caller
    word = _KEYS.get(found.reference.target.kind, "key")
    names = found.key.name.split("|")
    lack = f"no {word} `{names[0]}`" if len(names) == 1 else "neither " + " nor ".join(f"`{name}`" for name in names)
    has = listing(f"`{key}`" for key in (found.thing.keys if found.thing and found.thing.keys else ()))
    said = f"{what}{where} has {lack} (it has {has})"
    written = found.key.pointer != found.reference.pointer or found.reference.role in ("address", "host", "dependency")
    if not written:
        return f"{said}, which is what is taken from it: {consequence}"
    return f"{said}: {consequence}" + (f". Did you mean `{found.near}`?" if found.near else "")
