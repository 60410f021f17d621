"""Volumes of a pod (pkg/apis/core/validation). Of those that no cluster on AWS has, only what their schemas say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.native.common import (
    LABEL,
    LABEL_WORDS,
    SUBDOMAIN,
    Object,
    Problem,
    items,
    mapping,
    one_of,
    quantity,
    say,
)
from nimfleet.schema.native.environment import field_reference, resource_reference
from nimfleet.schema.native.storage import claim_spec

_HOST_PATH_TYPES: Final = (
    "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket",
)  # fmt: skip
_REQUIRED: Final = {
    "awsElasticBlockStore": ("volumeID",),
    "azureDisk": ("diskName", "diskURI"),
    "azureFile": ("secretName", "shareName"),
    "cephfs": ("monitors",),
    "cinder": ("volumeID",),
    "configMap": ("name",),
    "csi": ("driver",),
    "ephemeral": ("volumeClaimTemplate",),
    "gcePersistentDisk": ("pdName",),
    "gitRepo": ("repository",),
    "glusterfs": ("endpoints", "path"),
    "hostPath": ("path",),
    "iscsi": ("iqn", "targetPortal"),
    "nfs": ("server", "path"),
    "persistentVolumeClaim": ("claimName",),
    "photonPersistentDisk": ("pdID",),
    "portworxVolume": ("volumeID",),
    "rbd": ("image", "monitors"),
    "scaleIO": ("gateway", "system", "volumeName"),
    "secret": ("secretName",),
    "vsphereVolume": ("volumePath",),
}
_FIELDS: Final = frozenset(f"metadata.{name}" for name in ("annotations", "labels", "name", "namespace", "uid"))
_SWITCHED_OFF: Final = ("clusterTrustBundle", "podCertificate")
_LARGEST_MODE: Final = 0o777
_SHORTEST_TOKEN: Final = 600
_LONGEST_TOKEN: Final = 1 << 32


def volumes(entries: list[Object], where: Pointer) -> Iterator[Problem]:
    for index, volume in enumerate(entries):
        place = (*where, index)
        name = volume.get("name")
        if not isinstance(name, str) or not LABEL.fullmatch(name):
            yield say((*place, "name"), f"{LABEL_WORDS}, found `{name or ''}`")
        sources = sorted(key for key, value in volume.items() if key != "name" and value is not None)
        if len(sources) > 1:
            yield say(place, f"must have one source, found {' and '.join(sources)}")
        for source in sources:
            yield from _source(source, mapping(volume[source]), (*place, source))


def _source(source: str, value: Object, where: Pointer) -> Iterator[Problem]:
    for field in _REQUIRED.get(source, ()):
        if not value.get(field):
            yield say((*where, field), "is required")
    yield from _mode(value.get("defaultMode"), (*where, "defaultMode"))
    path = value.get("path")
    match source:
        case "secret" | "configMap":
            yield from _keys(items(value.get("items")), (*where, "items"))
        case "hostPath":
            yield from one_of(value.get("type"), _HOST_PATH_TYPES, (*where, "type"))
            if isinstance(path, str) and ".." in path.split("/"):
                yield say((*where, "path"), f"must not contain `..`, found `{path}`")
        case "nfs":
            if isinstance(path, str) and path and not path.startswith("/"):
                yield say((*where, "path"), f"must be absolute, found `{path}`")
        case "fc" if bool(value.get("targetWWNs")) == bool(value.get("wwids")):
            yield say(where, "must have exactly one of targetWWNs and wwids")
        case "fc" if value.get("targetWWNs") and value.get("lun") is None:
            yield say((*where, "lun"), "is required beside targetWWNs")
        case "flocker" if bool(value.get("datasetName")) == bool(value.get("datasetUUID")):
            yield say(where, "must have exactly one of datasetName and datasetUUID")
        case "emptyDir":
            size = quantity(value.get("sizeLimit"))
            if size is not None and size.value < 0:
                yield say((*where, "sizeLimit"), f"must not be negative, found `{value['sizeLimit']}`")
        case "csi":
            driver = value.get("driver")
            if isinstance(driver, str) and driver and not (len(driver) <= 63 and SUBDOMAIN.fullmatch(driver.lower())):
                yield say((*where, "driver"), f"must be a DNS name of at most 63 characters, found `{driver}`")
            secret = value.get("nodePublishSecretRef")
            if secret is not None and not mapping(secret).get("name"):
                yield say((*where, "nodePublishSecretRef", "name"), "is required")
        case "ephemeral" if value.get("volumeClaimTemplate"):
            spec = mapping(mapping(value["volumeClaimTemplate"]).get("spec"))
            yield from claim_spec(spec, (*where, "volumeClaimTemplate", "spec"), template=True)
        case "downwardAPI":
            for index, entry in enumerate(items(value.get("items"))):
                yield from _file(mapping(entry), (*where, "items", index))
        case "projected":
            yield from _projected([mapping(entry) for entry in items(value.get("sources"))], (*where, "sources"))


def _mode(mode: Any, pointer: Pointer) -> Iterator[Problem]:
    if isinstance(mode, int) and not 0 <= mode <= _LARGEST_MODE:
        yield say(pointer, f"must be between 0 and 0777 (octal), found {mode:#o}")


def _keys(entries: list[Any], where: Pointer) -> Iterator[Problem]:
    for index, entry in enumerate(entries):
        item, place = mapping(entry), (*where, index)
        if not item.get("key"):
            yield say((*place, "key"), "is required")
        yield from _relative(item.get("path"), (*place, "path"))
        yield from _mode(item.get("mode"), (*place, "mode"))


def _relative(path: Any, pointer: Pointer) -> Iterator[Problem]:
    if not path:
        yield say(pointer, "is required")
    elif isinstance(path, str) and (path.startswith(("/", "..")) or ".." in path.split("/")):
        yield say(pointer, f"must be relative, without `..`, found `{path}`")


def _file(entry: Object, where: Pointer) -> Iterator[Problem]:
    yield from _relative(entry.get("path"), (*where, "path"))
    yield from _mode(entry.get("mode"), (*where, "mode"))
    field, resource = entry.get("fieldRef"), entry.get("resourceFieldRef")
    if (field is None) == (resource is None):
        yield say(where, "must have exactly one of fieldRef and resourceFieldRef")
    if field is not None:
        yield from field_reference(mapping(field), (*where, "fieldRef"), _FIELDS)
    elif resource is not None:
        if not mapping(resource).get("containerName"):
            yield say((*where, "resourceFieldRef", "containerName"), "is required")
        yield from resource_reference(mapping(resource), (*where, "resourceFieldRef"))


def _projected(sources: list[Object], where: Pointer) -> Iterator[Problem]:
    seen: set[Any] = set()
    for index, entry in enumerate(sources):
        place = (*where, index)
        # The server drops sources of which the feature is switched off.
        given = [kind for kind, value in entry.items() if value is not None and kind not in _SWITCHED_OFF]
        if len(given) > 1:
            yield say(place, f"must have one source, found {' and '.join(given)}")
        for kind in given:
            value, at = mapping(entry[kind]), (*place, kind)
            if kind in ("secret", "configMap"):
                if not value.get("name"):
                    yield say((*at, "name"), "is required")
                yield from _keys(items(value.get("items")), (*at, "items"))
            elif kind == "downwardAPI":
                for number, file in enumerate(items(value.get("items"))):
                    yield from _file(mapping(file), (*at, "items", number))
            elif kind == "serviceAccountToken":
                yield from _token(value, at)
                continue
            for number, item in enumerate(items(value.get("items"))):
                path = mapping(item).get("path")
                if path and path in seen:
                    yield say((*at, "items", number, "path"), f"`{path}` is there twice")
                seen.add(path)


def _token(value: Object, where: Pointer) -> Iterator[Problem]:
    yield from _relative(value.get("path"), (*where, "path"))
    seconds = value.get("expirationSeconds")
    if isinstance(seconds, int) and not _SHORTEST_TOKEN <= seconds <= _LONGEST_TOKEN:
        yield say((*where, "expirationSeconds"), f"must be between {_SHORTEST_TOKEN} and 2^32, found {seconds}")
