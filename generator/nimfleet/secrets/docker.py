"""Registry credentials: ``config.json`` of docker, and the Secrets made of one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

from nimfleet.manifest.walk import get, mapping, text
from nimfleet.secrets.encoded import decoded
from nimfleet.secrets.placeholder import is_placeholder, is_reference
from nimfleet.secrets.shapes import Kind, Leak

KEYS = (".dockerconfigjson", ".dockercfg")
_AUTH = re.compile(r"""\\?["']auth\\?["']\s*:\s*\\?["'](?P<secret>[A-Za-z0-9+/=_-]{8,})""")


class Credentials(Enum):
    """What a docker config holds."""

    NONE = "none"
    PLACEHOLDER = "placeholder"
    REAL = "real"


def credentials(config: str) -> Credentials:
    """Whether there are credentials in the text of a docker config, or only something that stands for them."""
    try:
        value: Any = json.loads(config)
    except (ValueError, RecursionError):
        return Credentials.NONE
    found = Credentials.NONE
    auths = get(value, "auths")
    for entry in mapping(value if auths is None else auths).values():
        for password in _passwords(entry):
            if not is_placeholder(password):
                return Credentials.REAL
            if not is_reference(password):
                found = Credentials.PLACEHOLDER
    return found


def docker_auths(content: str) -> Iterator[Leak]:
    """User and password in base64 in a docker config that stands in any text."""
    if "auths" not in content:
        return
    for match in _AUTH.finditer(content):
        user, colon, password = (decoded(match["secret"]) or "").partition(":")
        if user and colon and not is_placeholder(password):
            yield Leak(match.start("secret"), match.end("secret"), Kind.DOCKER_CONFIG, "registry credentials", "", 1)


def _passwords(entry: Any) -> Iterator[str]:
    for key in ("password", "identitytoken", "registrytoken"):
        if value := text(get(entry, key)):
            yield value
    auth = text(get(entry, "auth"))
    plain = decoded(auth) if auth else None
    if plain is not None and ":" in plain:
        yield plain.partition(":")[2]
    elif auth:
        yield auth
