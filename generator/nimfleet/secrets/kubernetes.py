"""What Secrets and objects like them hold, as it is written and as it is meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, mapping
from nimfleet.secrets.docker import KEYS, Credentials, credentials
from nimfleet.secrets.encoded import decoded
from nimfleet.secrets.named import named
from nimfleet.secrets.names import is_public, is_sensitive
from nimfleet.secrets.placeholder import is_fill_in, is_placeholder, is_reference

ENCRYPTED = "ENC[AES256_GCM,"
"""How a value begins that SOPS has encrypted."""


@dataclass(frozen=True, slots=True)
class SecretValue:
    """One entry of a Secret: ``written`` as it stands, ``plain`` what the container will see of it."""

    pointer: Pointer
    key: str
    written: str
    plain: str

    @property
    def reference(self) -> bool:
        """Whether something will fill it in."""
        return is_reference(self.plain.strip()) or is_reference(self.written.strip())

    @property
    def placeholder(self) -> bool:
        """Whether a person should have filled it in."""
        if self._config:
            return credentials(self.plain) is Credentials.PLACEHOLDER
        if self.reference:
            return False
        value = self.plain.strip()
        if is_public(self.key) or len(value) < 3:
            return False
        return is_fill_in(value) or (is_sensitive(self.key) and is_placeholder(value))

    @property
    def real(self) -> bool:
        """Whether it is something that must not be read by everybody."""
        if self._config:
            return credentials(self.plain) is Credentials.REAL
        if self.written.startswith(ENCRYPTED):
            return False
        if self.reference or is_public(self.key):
            # A whole file of settings, or an address, may hold one besides.
            return next(named(self.plain), None) is not None
        return bool(self.plain.strip()) and not is_placeholder(self.plain)

    @property
    def docker_config(self) -> bool:
        """Whether it is credentials of a registry."""
        return self._config and self.real

    @property
    def _config(self) -> bool:
        return self.key in KEYS or self.plain.lstrip().startswith('{"auths"')


def secret_values(value: Any, *prefix: str) -> Iterator[SecretValue]:
    """The entries of ``data`` and ``stringData`` of the Secret (or template of one) at ``prefix``."""
    for field in ("data", "stringData"):
        for key, entry in mapping(get(value, *prefix, field)).items():
            if isinstance(entry, bool) or not isinstance(entry, str | int | float):
                continue
            written = str(entry)
            plain = written
            if field == "data" and not written.startswith(ENCRYPTED):
                # What is no base64 was meant to be plain; the schema says that it cannot stand there.
                known = decoded(written)
                plain = (known if known is not None else "" if _binary(written) else written).removesuffix("\n")
            yield SecretValue((*prefix, field, key), str(key), written, plain)


def is_sops(value: Any) -> bool:
    """Whether SOPS has encrypted the document, wholly or in part."""
    return isinstance(get(value, "sops"), dict)


def _binary(written: str) -> bool:
    """Whether this is base64 of something that is no text: keystores, certificates; nobody can judge it."""
    run = "".join(written.split())
    return len(run) >= 64 and run.rstrip("=").replace("+", "").replace("/", "").isalnum()
