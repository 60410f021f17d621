"""The NIM services and caches of a cluster: which model each runs, and on how many GPUs, according to whom.

Tensor parallelism is said in several places that nobody compares: the GPUs that a pod requests, the profile that a
service names, the filter of its cache. A :class:`Claim` is one of them, with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nimfleet.catalog.load import load_catalog
from nimfleet.catalog.model import Gpu, Model, Profile, line_of
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.nim import NIM, nim_services
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, integer, items, mapping, sequence, text
from nimfleet.plan.fit import profiles_of
from nimfleet.repository.model import KubeObject
from nimfleet.schema.quantity import parse_quantity

GPU = "nvidia.com/gpu"
NEURON = "aws.amazon.com/neuron"
PROFILE_VARIABLE = "NIM_MODEL_PROFILE"
ARGUMENTS_VARIABLE = "NIM_PASSTHROUGH_ARGS"

_PARALLEL = re.compile(r"(?:^|-)tp(\d{1,3})(?:-pp(\d{1,3}))?(?=-|$)")
_PRECISION = re.compile(r"(?:^|-)(fp32|bf16|fp16|fp8|int4|mxfp4|nvfp4)(?=-|$)")
_ENGINES = ("tensorrt_llm", "vllm", "sglang", "tensorrt", "onnx")
_ARGUMENT = re.compile(r"(?:^|\s)(?:--tensor-parallel-size|-tp)[=\s]+(\d{1,3})(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a profile; None where nothing is. ``gpus`` are product names as written."""

    engine: str | None = None
    precision: str | None = None
    tensor: int | None = None
    qos: str | None = None
    gpus: tuple[str, ...] = ()

    def admits(self, profile: Profile) -> bool:
        """Whether ``profile`` is what is asked for; what its source does not say cannot be held against it."""
        pairs = (
            (self.engine, profile.engine),
            (self.precision, profile.precision),
            (self.tensor, profile.tensor_parallelism),
            (self.qos, profile.qos),
        )
        return all(asked is None or has is None or asked == has for asked, has in pairs)


@dataclass(frozen=True, slots=True)
class NamedProfile:
    """A profile by its name (``vllm-bf16-tp2-pp1``), taken apart; None for what the name does not say."""

    engine: str | None
    precision: str | None
    tensor: int
    pipeline: int


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """Somebody says on how many GPUs a replica runs: ``tensor`` GPUs on each of ``pipeline`` stages. ``text`` is how it
    reads in a message."""

    tensor: int
    pipeline: int
    text: str
    object: KubeObject
    pointer: Pointer


@dataclass(frozen=True, slots=True, eq=False)
class CacheFacts:
    """A NIMCache. ``puller`` is the image that fills it; ``source`` is ``ngc``, ``hf``, ``dataStore`` or ``""``;
    ``profiles`` are those that it names (empty: it filters); ``endpoint`` says that it takes weights from a URL, for which
    there are no profiles."""

    object: KubeObject
    puller: str
    source: str
    endpoint: bool
    model: Model | None
    line: str | None
    wish: Wish
    profiles: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ServiceFacts:
    """A NIMService, or an enabled service of a NIMPipeline, whose spec is at ``pointer`` of ``object``.

    ``gpus`` is what one of its pods requests (None: nothing that can be counted; the operator or a claim decides, or
    requests and limits differ);
    ``nodes`` the pods that serve one replica together. ``cache`` is None when it uses none, or one that is not
    here. ``wish`` is what the profile that runs must be, of the cache's filter and of what the service names.
    """

    object: KubeObject
    pointer: Pointer
    name: str
    namespace: str
    spec: Mapping[str, Any]
    model: Model | None
    line: str | None
    cache: CacheFacts | None
    gpus: int | None
    gpus_pointer: Pointer
    nodes: int
    claims: tuple[Claim, ...]
    wish: Wish


def services(cluster: Cluster) -> tuple[ServiceFacts, ...]:
    """All services of a cluster, in the order of its objects. Use it through ``cluster.once``."""
    known = cluster.once(caches)
    return tuple(
        _service(each.object, each.pointer, each.name, each.spec, known)
        for each in cluster.once(nim_services)
        if each.name and each.spec
    )


def services_by_pod(cluster: Cluster) -> Mapping[tuple[int, str], ServiceFacts]:
    """The services by ``(id(owner), name)``, as a PodSet names them. Use it through ``cluster.once``."""
    return {(id(service.object), service.name): service for service in cluster.once(services)}


def caches(cluster: Cluster) -> Mapping[tuple[str, str], CacheFacts]:
    """All NIMCaches by namespace and name. Use it through ``cluster.once``."""
    return {
        (item.id.namespace or "default", item.id.name): _cache(item)
        for item in cluster.kind(NIM, "NIMCache")
        if isinstance(item.value, dict)
    }


def model_of_image(repository: str) -> Model | None:
    """The catalog's model of an image, wherever it is mirrored: publisher and name are its last two parts."""
    return _models().get("/".join(repository.lower().rsplit("/", 2)[-2:]))


def profile_named(name: str) -> NamedProfile | None:
    """What the name of a profile says; None for a digest or anything else without tensor parallelism."""
    parallel = _PARALLEL.search(name)
    if parallel is None or int(parallel[1]) == 0:
        return None
    precision = _PRECISION.search(name)
    engine = next((engine for engine in _ENGINES if name.startswith(f"{engine}-")), None)
    return NamedProfile(engine, precision[1] if precision else None, int(parallel[1]), int(parallel[2] or 1) or 1)


def recorded_profiles(model: Model, line: str, wish: Wish) -> tuple[Profile, ...]:
    """Profiles that the catalog records of a line, as far as ``wish`` admits them; none where it records none."""
    if all(profile.line != line for profile in model.profiles):
        return ()
    return tuple(profile for profile in profiles_of(model, line) if wish.admits(profile))


def count(resources: Any, name: str) -> int | None:
    """How many whole devices ``name`` a ResourceRequirements asks for; None when it does not say."""
    for part in ("limits", "requests"):
        value = get(resources, part, name)
        if value is not None and not isinstance(value, bool):
            quantity = parse_quantity(str(value))
            return quantity.integer if quantity is not None else None
    return None


def unequal(resources: Any, name: str) -> bool:
    """Whether requests and limits both name a device, with different amounts."""
    request, limit = get(resources, "requests", name), get(resources, "limits", name)
    return request is not None and limit is not None and parse_quantity(str(request)) != parse_quantity(str(limit))


def split_image(image: str) -> tuple[str, str]:
    """Repository and tag of an image reference, without a digest; the tag is ``""`` when there is none."""
    image = image.partition("@")[0]
    repository, colon, tag = image.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (image, "")


@lru_cache(maxsize=256)
def gpus_called(product: str) -> frozenset[str]:
    """Names of the GPUs that a product means: those that are called so or, if none is, that have it in their name."""
    wanted = _plain(product)
    names = {gpu.name: [_plain(name) for name in _names(gpu)] for gpu in load_catalog().gpus.values()}
    exact = frozenset(name for name, calls in names.items() if wanted in calls)
    return exact or frozenset(name for name, calls in names.items() if any(wanted in call for call in calls) and wanted)


def _names(gpu: Gpu) -> list[str]:
    given = (gpu.name, gpu.karpenter_name, gpu.nim_profile_tag, gpu.gfd_product, gpu.product)
    return [name for each in given if each for name in (each, each.removeprefix("NVIDIA-").removeprefix("NVIDIA "))]


def _plain(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


@lru_cache(maxsize=1)
def _models() -> Mapping[str, Model]:
    return {"/".join(model.image.rsplit("/", 2)[-2:]): model for model in load_catalog().models.values()}


def _cache(item: KubeObject) -> CacheFacts:
    source = get(item.value, "spec", "source")
    kind = next((name for name in ("ngc", "hf", "dataStore") if isinstance(get(source, name), dict)), "")
    part = mapping(get(source, kind)) if kind else {}
    repository, tag = split_image(text(part.get("modelPuller")))
    # Pullers of Hugging Face and the data store are not the NIM that runs the model.
    model = model_of_image(repository) if kind == "ngc" else None
    asked = mapping(part.get("model"))
    return CacheFacts(
        object=item,
        puller=text(part.get("modelPuller")),
        source=kind,
        endpoint=bool(text(part.get("modelEndpoint"))),
        model=model,
        line=line_of(tag),
        wish=Wish(
            engine=text(asked.get("engine")).lower() or None,
            precision=text(asked.get("precision")).lower() or None,
            tensor=_number(asked.get("tensorParallelism")),
            qos=text(asked.get("qosProfile")).lower() or None,
            gpus=tuple(text(gpu.get("product")) for _, gpu in items(asked, "gpus") if text(gpu.get("product"))),
        ),
        profiles=tuple(name for name in sequence(asked.get("profiles")) if isinstance(name, str)),
    )


def _service(
    item: KubeObject,
    pointer: Pointer,
    name: str,
    spec: Mapping[str, Any],
    known: Mapping[tuple[str, str], CacheFacts],
) -> ServiceFacts:
    namespace = item.id.namespace or "default"
    repository, tag = text(get(spec, "image", "repository")), text(get(spec, "image", "tag")).partition("@")[0]
    cache = known.get((namespace, text(get(spec, "storage", "nimCache", "name"))))
    parallelism = mapping(get(spec, "multiNode", "parallelism"))
    pipeline = integer(parallelism.get("pipeline"), 1) if isinstance(spec.get("multiNode"), dict) else 1
    claims = tuple(_claims(item, pointer, spec, cache, max(pipeline, 1)))
    gpus = count(spec.get("resources"), GPU)
    if sequence(spec.get("draResources")) or unequal(spec.get("resources"), GPU):
        gpus = None
    part = "limits" if get(spec, "resources", "limits", GPU) is not None else "requests"
    wish = cache.wish if cache is not None else Wish()
    for named in _named(spec, cache):
        wish = Wish(named.engine or wish.engine, named.precision or wish.precision, named.tensor, wish.qos, wish.gpus)
    return ServiceFacts(
        object=item,
        pointer=pointer,
        name=name,
        namespace=namespace,
        spec=spec,
        model=model_of_image(repository),
        line=line_of(tag),
        cache=cache,
        gpus=gpus,
        gpus_pointer=(*pointer, "resources", part, GPU) if gpus is not None else pointer,
        nodes=max(pipeline, 1),
        claims=claims,
        wish=wish,
    )


def _named(spec: Mapping[str, Any], cache: CacheFacts | None) -> Iterator[NamedProfile]:
    """The profiles that must run, weakest first: the only one of the cache, then those that the service names."""
    names = list(cache.profiles) if cache is not None and len(cache.profiles) == 1 else []
    names.append(text(get(spec, "storage", "nimCache", "profile")))
    names += [text(entry.get("value")) for _, entry in items(spec, "env") if entry.get("name") == PROFILE_VARIABLE]
    for name in names:
        named = profile_named(name)
        if named is not None:
            yield named


def _claims(
    item: KubeObject, pointer: Pointer, spec: Mapping[str, Any], cache: CacheFacts | None, nodes: int
) -> Iterator[Claim]:
    """Everything that says how many GPUs a replica takes. Arguments for the engine come before profiles: they win."""
    for at, value in _arguments(spec):
        match = _ARGUMENT.search(value)
        if match is not None and int(match[1]):
            yield Claim(int(match[1]), nodes, f"the argument `{match[0].strip()}`", item, (*pointer, *at))
            return
    tensor = integer(get(spec, "multiNode", "parallelism", "tensor"))
    if tensor > 0:
        words = f"`multiNode.parallelism.tensor: {tensor}`"
        yield Claim(tensor, nodes, words, item, (*pointer, "multiNode", "parallelism", "tensor"))
    named = text(get(spec, "storage", "nimCache", "profile"))
    places: list[tuple[str, Pointer]] = [(named, (*pointer, "storage", "nimCache", "profile"))]
    places += [
        (text(entry.get("value")), (*pointer, *at, "value"))
        for at, entry in items(spec, "env")
        if entry.get("name") == PROFILE_VARIABLE
    ]
    for name, at in places:
        profile = profile_named(name)
        if profile is not None:
            yield Claim(profile.tensor, profile.pipeline, f"profile `{name}`", item, at)
    # A profile that the cache does not list is reference/nim-cache-profile's.
    if cache is not None and not (cache.profiles and any(name for name, _ in places)):
        yield from _claims_of_cache(cache)


def _claims_of_cache(cache: CacheFacts) -> Iterator[Claim]:
    at: Pointer = ("spec", "source", "ngc", "model")
    owner = f"NIMCache `{cache.object.id.name}`"
    if cache.profiles:
        named = [profile_named(name) for name in cache.profiles]
        sizes = {(name.tensor, name.pipeline) for name in named if name is not None}
        if len(sizes) == 1 and None not in named:
            tensor, pipeline = sizes.pop()
            words = f"profile `{cache.profiles[0]}` of {owner}"
            yield Claim(tensor, pipeline, words, cache.object, (*at, "profiles", 0))
    elif cache.wish.tensor is not None:
        words = f'`tensorParallelism: "{cache.wish.tensor}"` of {owner}'
        yield Claim(cache.wish.tensor, 1, words, cache.object, (*at, "tensorParallelism"))


def _arguments(spec: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """Arguments for the engine, which are stronger than the profile's tags (NIM 2.x, advanced configuration)."""
    arguments = [value if isinstance(value, str) else "" for value in sequence(spec.get("args"))]
    if arguments:
        yield ("args",), " ".join(arguments)
    for at, entry in items(spec, "env"):
        if entry.get("name") == ARGUMENTS_VARIABLE:
            yield (*at, "value"), text(entry.get("value"))


def _number(value: Any) -> int | None:
    found = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(found) if found.isascii() and found.isdigit() and len(found) < 4 and int(found) else None
