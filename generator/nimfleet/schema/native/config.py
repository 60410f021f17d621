"""ConfigMaps and Secrets (pkg/apis/core/validation)."""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.metadata import STANDARD_FINALIZERS, label_key_problem
from nimfleet.schema.native.common import CONFIG_KEY, Object, Problem, items, mapping, say

MAX_BYTES: Final = 1024 * 1024
_WANTED: Final = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
}
_FILLED: Final = frozenset(["ssh-privatekey"])
_JSON: Final = frozenset([".dockerconfigjson", ".dockercfg"])


def namespace(value: Object) -> Iterator[Problem]:
    for index, name in enumerate(items(mapping(value.get("spec")).get("finalizers"))):
        text = str(name or "")
        if problem := label_key_problem(text):
            yield say(("spec", "finalizers", index), f"{problem}, found `{text}`")
        elif "/" not in text and text not in STANDARD_FINALIZERS:
            yield say(
                ("spec", "finalizers", index), f"must be `kubernetes`, or begin with a domain and `/`, found `{text}`"
            )


def config_map(value: Object) -> Iterator[Problem]:
    data, binary = mapping(value.get("data")), mapping(value.get("binaryData"))
    yield from _keys(data, ("data",))
    yield from _keys(binary, ("binaryData",))
    for key in binary:
        if key in data:
            yield say(("binaryData", key), "is also a key of data")
    size = sum(len(str(text or "").encode()) for text in data.values())
    yield from _size(size + sum(_decoded_size(text) for text in binary.values()), "data and binaryData")


def secret(value: Object) -> Iterator[Problem]:
    """What a type wants is also asked for without any data: whoever leaves encrypted data out leaves out the type."""
    data, plain = mapping(value.get("data")), mapping(value.get("stringData"))
    yield from _keys(data, ("data",))
    yield from _keys(plain, ("stringData",))
    kept = {key: text for key, text in data.items() if key not in plain}
    size = sum(_decoded_size(text) for text in kept.values())
    yield from _size(size + sum(len(str(text or "").encode()) for text in plain.values()), "data and stringData")
    kind = value.get("type")
    for key in _WANTED.get(str(kind), ()):
        if (key not in data and key not in plain) or (key in _FILLED and not (plain.get(key) or data.get(key))):
            yield ("data",), f"data.{key} is required in a Secret of type {kind}"
        elif key in _JSON and not _is_json(plain, data, key):
            yield say(("stringData" if key in plain else "data", key), "must hold JSON")
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & {*data, *plain}:
        yield ("data",), f"data.username or data.password is required in a Secret of type {kind}"


def _is_json(plain: Object, data: Object, key: str) -> bool:
    try:
        json.loads(plain[key] if key in plain else b64decode(data[key] or ""))
    except (ValueError, TypeError, Base64Error):
        return False
    return True


def _keys(data: Object, where: Pointer) -> Iterator[Problem]:
    for key in data:
        if not CONFIG_KEY.fullmatch(key) or key == "." or key.startswith(".."):
            yield (
                (*where, key),
                f"key `{key}` of {where[0]} must be letters, digits, `-`, `_` and `.`, at most 253 of them",
            )


def _decoded_size(text: Any) -> int:
    return len(text) * 3 // 4 - text[-2:].count("=") if isinstance(text, str) else 0


def _size(size: int, what: str) -> Iterator[Problem]:
    if size > MAX_BYTES:
        yield (), f"{what} hold {size} bytes, at most {MAX_BYTES} are allowed"
