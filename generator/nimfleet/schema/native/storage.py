"""Volumes, their claims and classes (pkg/apis/core/validation, pkg/apis/storage/validation)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.metadata import label_key_problem
from nimfleet.schema.native.common import (
    LABEL,
    SUBDOMAIN,
    Object,
    Problem,
    items,
    labels,
    mapping,
    node_term,
    one_of,
    quantity,
    say,
    selector,
)

_ACCESS_MODES: Final = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
_SOURCES: Final = (
    "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte", "cephfs",
    "iscsi", "cinder", "fc", "flexVolume", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume",
    "azureDisk", "scaleIO", "local", "storageos", "csi",
)  # fmt: skip
_DATA_SOURCES: Final = (("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot"))
_LONGEST_DRIVER: Final = 63
_MOST_PARAMETERS: Final = 512
_PARAMETER_BYTES: Final = 256 * 1024


def claim(value: Object) -> Iterator[Problem]:
    yield from claim_spec(mapping(value.get("spec")), ("spec",))


def claim_spec(spec: Object, where: Pointer, *, template: bool = False) -> Iterator[Problem]:
    """The spec of a claim, alone or in the ``template`` of something."""
    yield from _modes(items(spec.get("accessModes")), (*where, "accessModes"))
    yield from selector(spec.get("selector"), (*where, "selector"))
    size = mapping(mapping(spec.get("resources")).get("requests")).get("storage", _NONE)
    place = (*where, "resources", "requests", "storage")
    if size is _NONE:
        yield say(place, "is required")
    else:
        yield from _positive(size, place)
    yield from one_of(spec.get("volumeMode"), ("Block", "Filesystem"), (*where, "volumeMode"))
    if spec.get("volumeMode") == "":
        yield say((*where, "volumeMode"), "must not be empty")
    yield from _class(spec.get("storageClassName"), (*where, "storageClassName"))
    yield from _class(spec.get("volumeAttributesClassName"), (*where, "volumeAttributesClassName"))
    yield from _data_sources(spec, where, template=template)


def _data_sources(spec: Object, where: Pointer, *, template: bool) -> Iterator[Problem]:
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    if mapping(reference).get("namespace"):
        reference = None  # dropped, for no cluster has that switched on
    if reference is None:
        # Alone, the dataSource of a claim is dropped when it is what it cannot be.
        value = mapping(source)
        if template and source is not None:
            yield from _data_source(value, (*where, "dataSource"))
            return
        if (value.get("apiGroup") or "", value.get("kind")) in _DATA_SOURCES and not value.get("name"):
            yield say((*where, "dataSource", "name"), "is required")
        return
    yield from _data_source(mapping(reference), (*where, "dataSourceRef"))
    if source is not None:
        yield from _data_source(mapping(source), (*where, "dataSource"))
        if any(mapping(source).get(field) != mapping(reference).get(field) for field in ("apiGroup", "kind", "name")):
            yield say((*where, "dataSource"), "must be the same as dataSourceRef")


_NONE: Final = object()


def _modes(modes: list[Any], where: Pointer) -> Iterator[Problem]:
    if not modes:
        yield say(where, "must hold at least one mode")
    for index, mode in enumerate(modes):
        if mode not in _ACCESS_MODES:
            shown = ", ".join(f"`{option}`" for option in _ACCESS_MODES)
            yield say((*where, index), f"must be one of {shown}, found `{mode or ''}`")
    if "ReadWriteOncePod" in modes and set(modes) & set(_ACCESS_MODES[:3]):
        yield say(where, "must not hold other modes beside `ReadWriteOncePod`")


def _positive(size: Any, pointer: Pointer) -> Iterator[Problem]:
    """Null is zero to the server."""
    parsed = quantity(size)
    if parsed is not None and parsed.value <= 0:
        yield say(pointer, f"must be greater than zero, found `{size}`")


def _class(name: Any, pointer: Pointer) -> Iterator[Problem]:
    if isinstance(name, str) and name and not SUBDOMAIN.fullmatch(name):
        yield say(pointer, f"must be a DNS subdomain, found `{name}`")


def _data_source(source: Object, where: Pointer) -> Iterator[Problem]:
    group = source.get("apiGroup")
    for field in ("kind", "name"):
        if not source.get(field):
            yield say((*where, field), "is required")
    if not group and source.get("kind") != "PersistentVolumeClaim":
        yield say((*where, "apiGroup"), "is required for all kinds but PersistentVolumeClaim")
    yield from _class(group, (*where, "apiGroup"))


def volume(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    yield from _modes(items(spec.get("accessModes")), ("spec", "accessModes"))
    capacity = mapping(spec.get("capacity"))
    if list(capacity) != ["storage"]:
        yield say(("spec", "capacity"), f"must have storage and nothing else, found {', '.join(capacity) or 'nothing'}")
    for name, size in capacity.items():
        yield from _positive(size, ("spec", "capacity", name))
    policies = ("Delete", "Recycle", "Retain")
    yield from one_of(spec.get("persistentVolumeReclaimPolicy"), policies, ("spec", "persistentVolumeReclaimPolicy"))
    yield from one_of(spec.get("volumeMode"), ("Block", "Filesystem"), ("spec", "volumeMode"))
    if spec.get("volumeMode") == "":
        yield say(("spec", "volumeMode"), "must not be empty")
    yield from _class(spec.get("storageClassName"), ("spec", "storageClassName"))
    attributes = spec.get("volumeAttributesClassName")
    if attributes is not None:
        if not SUBDOMAIN.fullmatch(str(attributes)):
            yield say(("spec", "volumeAttributesClassName"), f"must be a DNS subdomain, found `{attributes}`")
        if spec.get("csi") is None:
            yield say(("spec", "csi"), "is required beside volumeAttributesClassName")
    given = [source for source in _SOURCES if spec.get(source) is not None]
    # The server does not look whether there was another before a flexVolume.
    counted = given[given.index("flexVolume") :] if "flexVolume" in given else given
    if len(counted) != 1 or len([source for source in given if source != "flexVolume"]) > 1:
        yield say(("spec",), f"must have exactly one kind of volume, found {' and '.join(given) or 'none'}")
    for source in given[:1]:
        yield from _source(source, mapping(spec[source]), ("spec", source))
    affinity = spec.get("nodeAffinity")
    terms = items(mapping(mapping(affinity).get("required")).get("nodeSelectorTerms"))
    if affinity is not None or "local" in given:
        yield from _node_affinity(terms, ("spec", "nodeAffinity", "required"))


def _source(source: str, value: Object, where: Pointer) -> Iterator[Problem]:
    """The kinds of volume that a cluster on AWS has; of the others only what their schemas say."""
    required = {
        "csi": ("driver", "volumeHandle"),
        "nfs": ("server", "path"),
        "local": ("path",),
        "hostPath": ("path",),
        "awsElasticBlockStore": ("volumeID",),
    }
    for field in required.get(source, ()):
        if not value.get(field):
            yield say((*where, field), "is required")
    path = value.get("path")
    if isinstance(path, str) and source in ("local", "hostPath") and ".." in path.split("/"):
        yield say((*where, "path"), f"must not contain `..`, found `{path}`")
    if isinstance(path, str) and source == "nfs" and path and not path.startswith("/"):
        yield say((*where, "path"), f"must be absolute, found `{path}`")
    driver = value.get("driver")
    if source == "csi" and isinstance(driver, str) and driver:
        lower = driver.lower()
        if len(driver) > _LONGEST_DRIVER or not SUBDOMAIN.fullmatch(lower):
            yield say(
                (*where, "driver"), f"must be a DNS name of at most {_LONGEST_DRIVER} characters, found `{driver}`"
            )
    if source != "csi":
        return
    for field, reference in value.items():
        if field.endswith("SecretRef") and field != "nodeStageSecretRef" and reference is not None:
            for name, form in (("name", SUBDOMAIN), ("namespace", LABEL)):
                text = mapping(reference).get(name)
                if not isinstance(text, str) or not form.fullmatch(text):
                    yield say((*where, field, name), f"must be a DNS name, found `{text or ''}`")


def _node_affinity(terms: list[Any], where: Pointer) -> Iterator[Problem]:
    if not terms:
        yield say(where, "must hold at least one term")
    for index, term in enumerate(terms):
        yield from node_term(mapping(term), (*where, "nodeSelectorTerms", index))


def storage_class(value: Object) -> Iterator[Problem]:
    provisioner = value.get("provisioner")
    if not provisioner:
        yield say(("provisioner",), "is required")
    elif isinstance(provisioner, str) and (problem := label_key_problem(provisioner.lower())):
        yield say(("provisioner",), f"{problem}, found `{provisioner}`")
    yield from one_of(value.get("reclaimPolicy"), ("Delete", "Retain"), ("reclaimPolicy",))
    yield from one_of(value.get("volumeBindingMode"), ("Immediate", "WaitForFirstConsumer"), ("volumeBindingMode",))
    if value.get("volumeBindingMode") == "":
        yield say(("volumeBindingMode",), "must not be empty")
    parameters = mapping(value.get("parameters"))
    if "" in parameters:
        yield say(("parameters", ""), "has no name")
    size = sum(len(str(part or "").encode()) for pair in parameters.items() for part in pair)
    if len(parameters) > _MOST_PARAMETERS or size > _PARAMETER_BYTES:
        yield say(("parameters",), f"must have at most {_MOST_PARAMETERS} entries and {_PARAMETER_BYTES} bytes")
    seen: list[Any] = [{}]  # nothing must be said in a term that has no expressions
    for index, term in enumerate(items(value.get("allowedTopologies"))):
        expressions = [mapping(entry) for entry in items(mapping(term).get("matchLabelExpressions"))]
        place: Pointer = ("allowedTopologies", index, "matchLabelExpressions")
        yield from _topology(expressions, place)
        known = {str(entry.get("key") or ""): {*map(str, items(entry.get("values")))} for entry in expressions}
        if known in seen:
            yield say(place, "repeats an earlier one")
        seen.append(known)


def _topology(expressions: list[Object], where: Pointer) -> Iterator[Problem]:
    keys = [entry.get("key") or "" for entry in expressions]
    for index, entry in enumerate(expressions):
        place = (*where, index)
        key, values = keys[index], items(entry.get("values"))
        yield from ((pointer[:-1], text) for pointer, text in labels({key: ""}, (*place, "key")))
        if key in keys[:index]:
            yield say((*place, "key"), f"`{key}` is there twice")
        if not values:
            yield say((*place, "values"), "must hold at least one")
        for at, text in enumerate(values):
            if text in values[:at]:
                yield say((*place, "values", at), f"`{text}` is there twice")
